/** Arguments whose names are keywords of DuckDB's grammar: `window := […]` does not parse, `"window" := […]` does. */

import { tokenize } from './tokens.ts'

const RESERVED = new Set(['window', 'row'])
const MAYBE = /\b(window|row)\s*(:=|=>)/i
const NAMES = /^\s*(:=|=>)/

/** The statement with such names in quotes; nothing that parses has one without them. */
export function quoteReservedNames(sql: string): string {
  if (!MAYBE.test(sql)) return sql
  let text = ''
  let from = 0
  for (const { kind, start, end, value, depth } of tokenize(sql)) {
    if (kind !== 'word' || !RESERVED.has(value) || depth === 0 || !NAMES.test(sql.slice(end))) continue
    text += `${sql.slice(from, start)}"${value}"`
    from = end
  }
  return text + sql.slice(from)
}
