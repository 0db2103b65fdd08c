/** The hidden parameter's predicates, as far as they can prune the scan they came with. */

import type { Bound, Predicate } from '../scan/types.ts'
import { fitConstant, type RawPredicate } from './constants.ts'

/** Predicates about zone columns, with values of those columns' types; the rest is left to DuckDB alone. */
export function predicatesFor(hidden: string | undefined, bound: Bound): Predicate[] {
  if (hidden === undefined) return []
  const found: Predicate[] = []
  for (const { column, op, values } of JSON.parse(hidden) as RawPredicate[]) {
    const named = bound.columns.filter(({ name }) => name.toLowerCase() === column.toLowerCase())
    const field = named[0]
    if (field === undefined || named.length > 1 || !bound.zones.includes(field.name)) continue
    const fitted = values.map((value) => fitConstant(value, field.type))
    if (fitted.some((value) => value === undefined)) continue
    if (op === 'starts with' && field.type.kind !== 'utf8') continue
    found.push({ column: field.name, op, values: fitted.filter((value) => value !== undefined) })
  }
  return found
}
