/** Which rows a WHERE can touch, by ordinal and by zone maps. Advice only: the filter stays in the query. */

import type { Field } from '../formats/batch.ts'
import type { Zone, ZoneValue } from '../formats/text/types.ts'
import type { Condition, RowRange, Segment, SegmentList } from '../formats/types.ts'
import { comparable } from './comparable.ts'

export type { Condition }

/**
 * Row ranges, in order and not overlapping, outside of which no row fulfils all conditions.
 * A condition that is not understood, or about a column without zones, removes nothing.
 */
export function pruneRows(index: SegmentList, conditions: readonly Condition[]): RowRange[] {
  const { layout, segments } = index
  const ordinal = layout.ordinal === undefined ? undefined : layout.columns[layout.ordinal]!.name
  const ordinals = conditions.filter((condition) => condition.column === ordinal)
  const bounds = ordinalBounds(index.rows, ordinals)
  const lists = ordinals.flatMap((condition) => sortedList(condition) ?? [])
  const zoned = conditions.flatMap((condition) => {
    const zone = layout.zones.indexOf(condition.column)
    const fitted = zone < 0 ? undefined : comparableTo(layout.columns, condition)
    return fitted === undefined ? [] : [{ condition: fitted, zone }]
  })

  const ranges: { firstRow: number; rows: number }[] = []
  const add = (firstRow: number, end: number): void => {
    if (end <= firstRow) return
    const last = ranges.at(-1)
    if (last !== undefined && last.firstRow + last.rows === firstRow) last.rows = end - last.firstRow
    else ranges.push({ firstRow, rows: end - firstRow })
  }
  const keeps = (segment: Segment): boolean =>
    zoned.every(({ condition, zone }) => mayHold(segment.zones[zone], condition))
  for (const segment of segments) {
    const from = Math.max(segment.firstRow, bounds.from)
    const to = Math.min(segment.firstRow + segment.rows, bounds.to)
    if (from < to && lists.every((list) => list.within(from, to)) && keeps(segment)) add(from, to)
  }
  return ranges
}

/** Whether one of a list's ordinals lies in [from, to), where all of the list are numbers. */
function sortedList({
  op,
  values,
}: Condition): { within: (from: number, to: number) => boolean } | undefined {
  const numbers = values.filter(isNumber).map(Number)
  if (op !== 'in' || numbers.length !== values.length) return undefined
  const sorted = Float64Array.from(numbers).sort()
  return {
    within(from, to) {
      let [low, high] = [0, sorted.length]
      while (low < high) {
        const middle = (low + high) >> 1
        if (sorted[middle]! < from) low = middle + 1
        else high = middle
      }
      return low < sorted.length && sorted[low]! < to
    },
  }
}

/** The condition with values that compare with zones, `undefined` when one of them does not. */
export function comparableTo(columns: readonly Field[], condition: Condition): Condition | undefined {
  const type = columns.find(({ name }) => name === condition.column)?.type
  if (type === undefined || (condition.op === 'starts with' && type.kind !== 'utf8')) return undefined
  const values = condition.values.map((value) => comparable(value, type))
  const known = values.filter((value) => value !== undefined && value !== null)
  return known.length === values.length ? { ...condition, values: known } : undefined
}

/** The ordinals [from, to) that fulfil the conditions about them. */
function ordinalBounds(rows: number, conditions: readonly Condition[]): { from: number; to: number } {
  let from = 0
  let to = rows
  for (const { op, values } of conditions) {
    if (op === 'is null') return { from: 0, to: 0 }
    // Anything else than a number is compared in ways of its own.
    const numbers = values.filter(isNumber).map(Number)
    if (op === 'starts with' || numbers.length !== values.length) continue
    // Not Math.min(...numbers): a list may hold more than a call takes.
    const least = numbers.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
    const most = numbers.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
    if (op === '=' || op === 'in') {
      from = Math.max(from, Math.ceil(least))
      to = Math.min(to, Math.floor(most) + 1)
    } else if (op === '>') from = Math.max(from, Math.floor(least) + 1)
    else if (op === '>=') from = Math.max(from, Math.ceil(least))
    else if (op === '<') to = Math.min(to, Math.ceil(most))
    else if (op === '<=') to = Math.min(to, Math.floor(most) + 1)
  }
  return { from, to }
}

/** Whether rows with this zone may fulfil the condition, whose values are as `comparable` gives them. */
export function mayHold(zone: Zone | undefined, { op, values }: Condition): boolean {
  if (zone === undefined) return true
  if (op === 'is null') return zone.nulls
  const { min, max } = zone
  // Every value is null, and a null fulfils nothing but IS NULL; unless the zone is simply not known.
  if (min === null || max === null) return !(zone.nulls && min === null && max === null)
  switch (op) {
    case '=':
    case 'in':
      return values.length === 0
        ? op !== 'in'
        : values.some((value) => !(less(value, min) || less(max, value)))
    case '<':
      return values.some((value) => !(less(value, min) || equal(value, min)))
    case '<=':
      return values.some((value) => !less(value, min))
    case '>':
      return values.some((value) => !(less(max, value) || equal(max, value)))
    case '>=':
      return values.some((value) => !less(max, value))
    case 'starts with':
      return values.some((value) => mayStart(min, max, value))
  }
}

function mayStart(min: ZoneValue, max: ZoneValue, prefix: ZoneValue): boolean {
  if (typeof min !== 'string' || typeof max !== 'string' || typeof prefix !== 'string') return true
  return !less(max, prefix) && !(less(prefix, min) && !min.startsWith(prefix))
}

/** a < b where the two can be compared; false, which prunes nothing, where they cannot. */
function less(a: ZoneValue, b: ZoneValue): boolean {
  if (typeof a === 'string' && typeof b === 'string') return lessText(a, b)
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) < Number(b)
  return isNumber(a) && isNumber(b) && a < b
}

/** As DuckDB compares texts: by their bytes, which UTF-8 has in the order of code points. */
export function lessText(a: string, b: string): boolean {
  if (a === b) return false
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x === y) continue
    // Half of a code point beyond all those that are no halves.
    const isBeyond = isSurrogate(y)
    return isSurrogate(x) === isBeyond ? x < y : isBeyond
  }
  return a.length < b.length
}

const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff

function equal(a: ZoneValue, b: ZoneValue): boolean {
  if (typeof a === 'string' || typeof a === 'boolean') return a === b
  // biome-ignore lint/suspicious/noDoubleEquals: 1n and 1 are the same number
  return isNumber(a) && isNumber(b) && a == b
}

function isNumber(value: ZoneValue): value is number | bigint {
  return typeof value === 'bigint' || (typeof value === 'number' && !Number.isNaN(value))
}
