import { describe, expect, it } from 'vitest'
import { rewriteStatement } from '../../src/engine/rewrite/rewrite.ts'

const rewrite = (sql: string): Promise<string> =>
  rewriteStatement(sql, {
    functions: new Set(['diff', 'history']),
    optional: new Map([
      ['diff', { positional: 2, names: ['table_name'] }],
      ['history', { positional: 1, names: ['table_name', 'since'] }],
    ]),
    claims: () => false,
    serialize: async () => undefined,
    pushdown: false,
    params: undefined,
  })

describe('arguments behind the positional ones get their names', () => {
  it.each([
    ["from diff('a', 'b', 'c')", "from diff('a', 'b', table_name := 'c')"],
    ["from main.diff('a','b','c')", "from main.diff('a','b',table_name := 'c')"],
    ["FROM DIFF('a', 'b', $3)", "FROM DIFF('a', 'b', table_name := $3)"],
    [
      "from diff(concat('a', 'x'), ('b'), lower('C')) d",
      "from diff(concat('a', 'x'), ('b'), table_name := lower('C')) d",
    ],
    ["from history('a', 'b', 'c')", "from history('a', table_name := 'b', since := 'c')"],
    [
      "from diff('a', 'b', 'c') join history('d', 'e')",
      "from diff('a', 'b', table_name := 'c') join history('d', table_name := 'e')",
    ],
    ["create view v as from diff('a', 'b', 'c')", "create view v as from diff('a', 'b', table_name := 'c')"],
  ])('%s', async (sql, expected) => {
    expect(await rewrite(sql)).toBe(expected)
  })
})

describe('nothing else is touched', () => {
  it.each([
    "from diff('a', 'b')",
    "from diff('a', 'b', table_name := 'c')",
    "from diff('a', 'b', table_name => 'c')",
    "from diff('a', 'b', 'c', 'd')",
    "from history('a')",
    'from history()',
    "from diff('a', 'b', 'c'",
    'select \'diff(a, b, c)\' as "diff(a, b, c)", diff from history',
    "select other('a', 'b', 'c') from diff",
  ])('%s', async (sql) => {
    expect(await rewrite(sql)).toBe(sql)
  })
})
