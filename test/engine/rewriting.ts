/** Statements rewritten as in a session, and what their scans are told, briefly. */

import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { type Hidden, parseHidden, type RawColumn } from '../../src/engine/hidden.ts'
import type { RewriteOptions } from '../../src/engine/rewrite/edits.ts'
import { claimsByDefault } from '../../src/engine/rewrite/paths.ts'
import { rewriteStatement } from '../../src/engine/rewrite/rewrite.ts'
import type { RunOptions } from '../../src/engine/types.ts'

let opened: Promise<DuckDBConnection> | undefined
let questions = 0

/** How often a syntax tree was asked for. */
export const asked = (): number => questions

function connection(): Promise<DuckDBConnection> {
  opened ??= DuckDBInstance.create().then((instance) => instance.connect())
  return opened
}

export async function statementsIn(text: string): Promise<number> {
  return (await (await connection()).extractStatements(text)).count
}

async function serialize(text: string): Promise<string | undefined> {
  questions++
  try {
    const literal = text.replaceAll("'", "''")
    const reader = await (await connection()).runAndReadAll(
      `select json_serialize_sql('${literal}', skip_default := true)::varchar`,
    )
    return String(reader.getRows()[0]![0])
  } catch {
    return undefined
  }
}

export function rewrite(
  sql: string,
  params?: RunOptions['params'],
  pushdown = true,
  more: Partial<RewriteOptions> = {},
): Promise<string> {
  return rewriteStatement(sql, {
    functions: new Set(['read_auto', 'read_fastq', 'varve_read_csv', 'slices']),
    claims: (path) => claimsByDefault(path) || path === 'here.fastq',
    serialize,
    pushdown,
    params,
    ...more,
  })
}

/** The hidden arguments of a text, in order. */
export function hiddenIn(sql: string): Hidden[] {
  return [...sql.matchAll(/__varve := '((?:[^']|'')*)'/g)].map(([, json]) =>
    parseHidden(json!.replaceAll("''", "'")),
  )
}

/** The predicates of the hidden arguments, briefly: `x >= 3`, `#0 = 1` of a position, `x = 1 alike 2` in a UNION. */
export function pushed(sql: string): string[] {
  return hiddenIn(sql).map(({ predicates }) =>
    predicates
      .map(({ column, op, values, alike }) => {
        const said =
          `${shown(column)} ${op} ${values.map(([kind, value]) => `${kind} ${value}`).join('|')}`.trim()
        return alike === undefined ? said : `${said} alike ${alike.map(({ scan }) => scan).join(',')}`
      })
      .join(' and '),
  )
}

function shown(column: RawColumn): string {
  if (typeof column === 'object') return `${column.name}@${column.of}`
  return typeof column === 'number' ? `#${column}` : column
}

export const unhidden = (sql: string): string => sql.replace(/(, )?__varve := '(?:[^']|'')*'/g, '')
