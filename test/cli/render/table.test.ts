/** Goldens drawn by duckdb-cli 1.5.6 (`duckdb -cmd '.maxwidth N' -c SQL`), the SQL beside each. */

import { describe, expect, test } from 'vitest'
import { fitColumns } from '../../../src/cli/render/table-layout.ts'
import { displayWidth, truncate } from '../../../src/cli/render/width.ts'
import { col, result } from '../vectors.ts'
import { render, trimmed } from './render.ts'

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

describe('table', () => {
  // select 1 as a, 'hello' as b, null as c, 1.5::decimal(9,2) d, true e, [1,2,null] f, {'x':1,'y':'it''s'} g,
  //   map{'k':1} h, date '2020-01-01' i, timestamp '2020-01-01 10:00:00.5' j, '\xAA\x00abc'::blob k,
  //   170141183460469231731687303715884105727::hugeint l
  test('draws every kind of value as the DuckDB CLI does', async () => {
    const text = await render(
      result([
        col('a', 'INTEGER', [1]),
        col('b', 'VARCHAR', ['hello']),
        col('c', 'INTEGER', [null]),
        col('d', 'DECIMAL(9,2)', [150n]),
        col('e', 'BOOLEAN', [true]),
        col('f', 'INTEGER[]', [[1, 2, null]]),
        col('g', 'STRUCT(x INTEGER, y VARCHAR)', [{ x: 1, y: "it's" }]),
        col('h', 'MAP(VARCHAR, INTEGER)', [[{ key: 'k', value: 1 }]]),
        col('i', 'DATE', [18262]),
        col('j', 'TIMESTAMP', [1577872800500000n]),
        col('k', 'BLOB', [new Uint8Array([0xaa, 0, 0x61, 0x62, 0x63])]),
        col('l', 'HUGEINT', ['170141183460469231731687303715884105727']),
      ]),
      'table',
    )
    expect(text).toBe(`\
┌───────┬─────────┬───────┬──────────────┬─────────┬──────────────┬──────────────────────────────┬───────────────────────┬────────────┬───────────────────────┬─────────────┬─────────────────────────────────────────┐
│   a   │    b    │   c   │      d       │    e    │      f       │              g               │           h           │     i      │           j           │      k      │                    l                    │
│ int32 │ varchar │ int32 │ decimal(9,2) │ boolean │   int32[]    │ struct(x integer, y varchar) │ map(varchar, integer) │    date    │       timestamp       │    blob     │                 int128                  │
├───────┼─────────┼───────┼──────────────┼─────────┼──────────────┼──────────────────────────────┼───────────────────────┼────────────┼───────────────────────┼─────────────┼─────────────────────────────────────────┤
│     1 │ hello   │  NULL │         1.50 │ true    │ [1, 2, NULL] │ {'x': 1, 'y': 'it\\'s'}       │ {k=1}                 │ 2020-01-01 │ 2020-01-01 10:00:00.5 │ \\xAA\\x00abc │ 170141183460469231731687303715884105727 │
└───────┴─────────┴───────┴──────────────┴─────────┴──────────────┴──────────────────────────────┴───────────────────────┴────────────┴───────────────────────┴─────────────┴─────────────────────────────────────────┘
`)
  })

  // select range as n, 'row '||range as t, range*1.5 as d from range(100)
  test.each([7, 20, 23, 2048])(
    'shows the first and the last 20 of 100 rows, in batches of %i',
    async (size) => {
      const n = range(100)
      const text = await render(
        result(
          [
            col('n', 'BIGINT', n),
            col(
              't',
              'VARCHAR',
              n.map((i) => `row ${i}`),
            ),
            col(
              'd',
              'DECIMAL(21,1)',
              n.map((i) => BigInt(i * 15)),
              { kind: 'decimal', precision: 21, scale: 1 },
            ),
          ],
          size,
        ),
        'table',
      )
      const lines = text.split('\n')
      expect(lines).toHaveLength(3 + 1 + 20 + 3 + 20 + 1 + 1 + 1)
      expect(lines.slice(0, 5).join('\n')).toBe(`\
┌───────┬─────────┬───────────────┐
│   n   │    t    │       d       │
│ int64 │ varchar │ decimal(21,1) │
├───────┼─────────┼───────────────┤
│     0 │ row 0   │           0.0 │`)
      expect(lines.slice(23, 28).join('\n')).toBe(`\
│    19 │ row 19  │          28.5 │
│     · │   ·     │            ·  │
│     · │   ·     │            ·  │
│     · │   ·     │            ·  │
│    80 │ row 80  │         120.0 │`)
      expect(lines.slice(46).join('\n')).toBe(`\
│    99 │ row 99  │         148.5 │
└───────┴─────────┴───────────────┘
  100 rows (40 shown)   3 columns
`)
    },
  )

  // select range from range(43); select range from range(44)
  test('leaves out no row of 43 and four of 44', async () => {
    const all = await render(result([col('range', 'BIGINT', range(43))], 10), 'table')
    expect(all.split('\n')).toHaveLength(4 + 43 + 1 + 1)
    expect(all).toContain('│    42 │\n└───────┘\n')
    const some = await render(result([col('range', 'BIGINT', range(44))], 10), 'table')
    expect(trimmed(some)).toContain('│         43 │\n└────────────┘\n   44 rows\n  (40 shown)\n')
    expect(some).not.toContain(' 20 │')
  })

  // select 1 a where false
  test('says that there are no rows', async () => {
    expect(await render(result([col('a', 'INTEGER', [])]), 'table')).toBe(`\
┌────────┐
│   a    │
│ int32  │
└────────┘
  0 rows
`)
    const four = ['a', 'b', 'c', 'd'].map((name) => col(name, 'INTEGER', []))
    expect(await render(result(four), 'table')).toContain('\n             0 rows\n')
  })

  const wide = [
    col('a', 'VARCHAR', ['a'.repeat(27)]),
    col('b', 'VARCHAR', ['b'.repeat(29)]),
    col('c', 'VARCHAR', ['c'.repeat(20)]),
    col('d', 'VARCHAR', ['d'.repeat(15)]),
    col('e', 'INTEGER', [1]),
    col('f', 'INTEGER', [2]),
  ]

  // .maxwidth 80; the footer's hint at the CLI's own ".last" is left out, and it says "1 rows"
  test('cuts and leaves out columns to fit 80 cells', async () => {
    expect(await render(result(wide), 'table', 80)).toBe(`\
┌─────────────────────────────┬────────────────────────────┬───┬───────┬───────┐
│              a              │             b              │ … │   e   │   f   │
│           varchar           │          varchar           │ … │ int32 │ int32 │
├─────────────────────────────┼────────────────────────────┼───┼───────┼───────┤
│ aaaaaaaaaaaaaaaaaaaaaaaaaaa │ bbbbbbbbbbbbbbbbbbbbbbbbb… │ … │     1 │     2 │
└─────────────────────────────┴────────────────────────────┴───┴───────┴───────┘
  1 row                                                    6 columns (4 shown)
`)
  })

  test('cuts and leaves out columns to fit 100 cells', async () => {
    expect(await render(result(wide), 'table', 100)).toContain(`\
│ aaaaaaaaaaaaaaaaaaaaaaaaaaa │ bbbbbbbbbbbbbbbbbbbbbb… │ cccccccccccccccccccc │ … │     1 │     2 │
`)
  })

  // select 12 aa, repeat('a', 97) b, 3 c at 80 cells: the CLI wraps b in as many cells
  test('shrinks a wide column no further than needed', async () => {
    const text = await render(
      result([col('aa', 'INTEGER', [12]), col('b', 'VARCHAR', ['a'.repeat(97)]), col('c', 'INTEGER', [3])]),
      'table',
      80,
    )
    expect(text.split('\n')[0]).toBe(
      '┌───────┬──────────────────────────────────────────────────────────────┬───────┐',
    )
  })

  // select '日本語' as x, 'é' as y, E'a\tb' as tab, E'line\nbreak' as nl, '👨‍👩‍👧' as fam, 'e'||chr(769) as comb
  test('measures wide characters, emoji and combining marks, and escapes controls', async () => {
    const text = await render(
      result([
        col('x', 'VARCHAR', ['日本語']),
        col('y', 'VARCHAR', ['é']),
        col('tab', 'VARCHAR', ['a\tb']),
        col('nl', 'VARCHAR', ['line\nbreak']),
        col('fam', 'VARCHAR', ['👨‍👩‍👧']),
        col('comb', 'VARCHAR', ['e\u0301']),
      ]),
      'table',
    )
    expect(text).toContain('│ 日本語  │ é       │ a\\tb    │ line\\nbreak │ 👨‍👩‍👧      │ e\u0301       │')
  })

  test('never sends an escape sequence from data to the terminal', async () => {
    const text = await render(result([col('\x1b[2J', 'VARCHAR', ['a\x1b[31mb\x07\x9b'])]), 'table')
    expect(text).toContain('a\\e[31mb\\a\\x9b')
    expect(text.includes('\x1b')).toBe(false)
  })

  test.each([
    [50, ['a', 'b'], '     50 rows\n   (40 shown)\n'],
    [50, ['a', 'b', 'c'], '  50 rows     3 columns\n  (40 shown)\n'],
    [50, ['a', 'b', 'c', 'd', 'e', 'f'], '  50 rows (40 shown)                  6 columns\n'],
    [12345, ['a', 'b', 'c'], '  12345 rows  3 columns\n  (40 shown)\n'],
  ] as const)('lays out the counts of %i rows and %j', async (rows, names, footer) => {
    const columns = names.map((name) =>
      col(
        name,
        'BIGINT',
        range(rows).map((i) => i % 100),
      ),
    )
    const text = trimmed(await render(result(columns), 'table'))
    expect(text.endsWith(footer), text.slice(-120)).toBe(true)
  })
})

describe('fitColumns', () => {
  const shown = (natural: number[], limit: number): number[] =>
    fitColumns(natural, limit).map(({ column }) => column)

  // select 'aaaaaaaaaaaaaaaaaaa' a, … g at 80 and 90 cells
  test('leaves columns out from the middle', () => {
    expect(shown([19, 16, 20, 15, 19, 17, 17], 80)).toEqual([0, -1, 5, 6])
    expect(shown([19, 16, 20, 15, 19, 17, 17], 90)).toEqual([0, 1, -1, 5, 6])
  })

  test('takes the room it has', () => {
    for (let limit = 30; limit < 200; limit++) {
      const fitted = fitColumns([19, 40, 20, 15, 190, 17, 17], limit)
      const total = fitted.reduce((sum, { width }) => sum + width + 3, 1)
      expect(total).toBeLessThanOrEqual(limit)
    }
  })
})

describe('displayWidth', () => {
  test.each([
    ['', 0],
    ['abc', 3],
    ['日本語', 6],
    ['ｆｕｌｌ', 8],
    ['e\u0301', 1],
    ['👨‍👩‍👧', 2],
    ['🇩🇪', 2],
    ['❤️', 2],
    ['a\u200bb', 2],
    ['한글', 4],
    ['µm ≥ °C', 7],
  ])('%j is %i cells wide', (text, width) => {
    expect(displayWidth(text)).toBe(width)
  })

  test('cuts between characters', () => {
    expect(truncate('日本語', 5)).toBe('日本…')
    expect(truncate('日本語', 4)).toBe('日…')
    expect(truncate('abcdef', 4)).toBe('abc…')
    expect(truncate('abcd', 4)).toBe('abcd')
  })
})
