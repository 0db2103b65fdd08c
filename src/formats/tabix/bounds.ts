/** What a WHERE says about the place of records on a reference. */

import type { PlaceColumns } from '../genome/strategies.ts'
import type { Condition } from '../types.ts'

/** Positions, 1-based and both included, that every record in question overlaps. */
export interface Bounds {
  readonly names: readonly string[]
  readonly from: number
  readonly to: number
}

/** What the conditions say about reference and positions; undefined when they name no reference. */
export function boundsOf(
  conditions: readonly Condition[],
  columns: Omit<PlaceColumns, 'kind'>,
): Bounds | undefined {
  let names: string[] | undefined
  let from = 1
  let to = Number.POSITIVE_INFINITY
  for (const { column, op, values } of conditions) {
    if (column === columns.name && (op === '=' || op === 'in')) {
      const named = values.filter((value) => typeof value === 'string')
      if (named.length === values.length) names = names?.filter((one) => named.includes(one)) ?? named
    }
    if (column !== columns.from && column !== columns.to) continue
    const numbers = values
      .filter((value) => typeof value === 'number' || typeof value === 'bigint')
      .map(Number)
    if (numbers.length === 0 || numbers.length !== values.length) continue
    const least = numbers.reduce((a, b) => Math.min(a, b))
    const most = numbers.reduce((a, b) => Math.max(a, b))
    // A record reaches as far as each of its two ends, and its first base is not behind the last one.
    if (op === '=' || op === 'in' || op === '>' || op === '>=') from = Math.max(from, Math.floor(least))
    if (op === '=' || op === 'in' || op === '<' || op === '<=') to = Math.min(to, Math.ceil(most))
  }
  if (names === undefined || Number.isNaN(from) || Number.isNaN(to)) return undefined
  return { names: [...new Set(names)], from: Math.min(from, Math.max(1, to)), to: Math.max(1, to) }
}
