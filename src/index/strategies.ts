/** Rules that group an index's segments into slices. Pure: re-partitioning reads no source byte. */

import { VarveError } from '../errors.ts'
import type { RowRange } from './runs.ts'
import type { PartitionIndex } from './types.ts'

type Cut = (index: PartitionIndex, value: number) => RowRange[]

/** The argument of each strategy, by name. */
export const STRATEGIES: Readonly<Record<string, { readonly argument: string; readonly cut: Cut }>> = {
  count: { argument: 'n', cut: byCount },
  rows: { argument: 'rows', cut: byRows },
  bytes: { argument: 'bytes', cut: byBytes },
}

/** More slices than this are a mistake, and would not fit a list. */
const MOST = 10_000_000

/** n slices whose rows differ by one at most; some are empty when there are fewer rows than slices. */
function byCount({ rows }: PartitionIndex, n: number): RowRange[] {
  // Rounding down n × rows may pass 2^53; BigInt is exact.
  const edge = (i: number): number => Number((BigInt(i) * BigInt(rows)) / BigInt(n))
  return Array.from({ length: n }, (_, i) => ({ firstRow: edge(i), rows: edge(i + 1) - edge(i) }))
}

/** Slices of exactly this many rows; the last one holds the rest. */
function byRows({ rows }: PartitionIndex, size: number): RowRange[] {
  const count = Math.ceil(rows / size)
  return Array.from({ length: count }, (_, i) => ({
    firstRow: i * size,
    rows: Math.min(size, rows - i * size),
  }))
}

/** Slices of about this many source bytes: whole segments together, or equal parts of one segment. */
function byBytes(index: PartitionIndex, bytes: number): RowRange[] {
  const ranges: RowRange[] = []
  let firstRow = 0
  let rows = 0
  let held = 0
  const flush = (): void => {
    if (rows > 0) ranges.push({ firstRow, rows })
    firstRow += rows
    rows = 0
    held = 0
  }
  index.segments.forEach((segment, i) => {
    const size = (index.segments[i + 1]?.point.source ?? index.size) - segment.point.source
    if (rows > 0 && held + size > bytes) flush()
    if (size > bytes && segment.rows > 0) {
      const parts = Math.min(segment.rows, Math.ceil(size / bytes))
      for (const part of byCount({ ...index, rows: segment.rows }, parts)) {
        rows = part.rows
        flush()
      }
    } else {
      rows += segment.rows
      held += size
    }
  })
  flush()
  return ranges
}

/** Cuts by strategy name; `invalid-input` for a name or value that cannot be. */
export function cutRows(
  index: PartitionIndex,
  strategy: string,
  args: Readonly<Record<string, unknown>>,
): RowRange[] {
  const { argument, cut, value } = checkStrategy(strategy, args)
  const most = strategy === 'rows' ? index.rows / value : Math.min(index.rows, index.size / value)
  if (strategy !== 'count' && most > MOST) throw wrongValue(strategy, argument, value)
  return cut(index, value)
}

/** What can be said without an index, before one is built: `invalid-input` for a name or value that cannot be. */
export function checkStrategy(
  strategy: string,
  args: Readonly<Record<string, unknown>>,
): { readonly argument: string; readonly cut: Cut; readonly value: number } {
  const known = Object.hasOwn(STRATEGIES, strategy) ? STRATEGIES[strategy] : undefined
  if (known === undefined) {
    const names = Object.keys(STRATEGIES).join(', ')
    throw new VarveError('invalid-input', `unknown strategy "${strategy}", expected one of ${names}`, {
      strategy,
    })
  }
  const { argument } = known
  for (const name of Object.keys(args)) {
    if (name !== argument) {
      const message = `strategy ${strategy} has no argument "${name}", expected ${argument}`
      throw new VarveError('invalid-input', message, { strategy, argument: name })
    }
  }
  const given = args[argument]
  const isDigits = typeof given === 'string' && /^\d+$/.test(given)
  const value =
    isDigits || typeof given === 'number' || typeof given === 'bigint' ? Number(given) : Number.NaN
  if (!Number.isSafeInteger(value) || value < 1 || (strategy === 'count' && value > MOST))
    throw wrongValue(strategy, argument, given)
  return { ...known, value }
}

function wrongValue(strategy: string, argument: string, value: unknown): VarveError {
  const given = value === undefined ? 'missing' : String(value)
  const message = `strategy ${strategy}: ${argument} is ${given}, expected a whole number from 1 to ${MOST}`
  return new VarveError('invalid-input', message, { strategy, [argument]: given })
}
