/** Rules that group an index's segments into slices. Pure: re-partitioning reads no source byte. */

import { VarveError } from '../errors.ts'
import type { Options } from '../formats/text/types.ts'
import type { Cut, RowRange, SegmentList, Strategy } from '../formats/types.ts'

/** The strategies of every format, by name. */
export const STRATEGIES: Readonly<Record<string, Strategy>> = {
  count: {
    arguments: { n: 'count' },
    summary: 'n slices with as many rows each',
    cut: (file, { n }) => byCount(file, Number(n)),
  },
  rows: {
    arguments: { rows: 'count' },
    summary: 'slices of so many rows',
    cut: (file, { rows }) => byRows(file, Number(rows)),
  },
  bytes: {
    arguments: { bytes: 'count' },
    summary: 'slices of about so many bytes of the file',
    cut: (file, { bytes }) => byBytes(file, Number(bytes)),
  },
}

/** More slices than this are a mistake, and would not fit a list. */
const MOST = 10_000_000

/** n slices whose rows differ by one at most; some are empty when there are fewer rows than slices. */
function byCount({ rows }: SegmentList, n: number): RowRange[] {
  // Rounding down n × rows may pass 2^53; BigInt is exact.
  const edge = (i: number): number => Number((BigInt(i) * BigInt(rows)) / BigInt(n))
  return Array.from({ length: n }, (_, i) => ({ firstRow: edge(i), rows: edge(i + 1) - edge(i) }))
}

/** Slices of exactly this many rows; the last one holds the rest. */
function byRows({ rows }: SegmentList, size: number): RowRange[] {
  const count = Math.ceil(rows / size)
  return Array.from({ length: count }, (_, i) => ({
    firstRow: i * size,
    rows: Math.min(size, rows - i * size),
  }))
}

/** Slices of about this many source bytes: whole segments together, or equal parts of one segment. */
function byBytes(index: SegmentList, bytes: number): RowRange[] {
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
    // Blocks stand anywhere; segments of text one behind the other, with their ends only estimated.
    const end = index.layout.blocks ? segment.end : (index.segments[i + 1]?.point.source ?? index.size)
    const size = end - segment.point.source
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

/** A strategy as it was asked for: its name, and its arguments as they were given. */
export interface StrategyCall {
  readonly name: string
  readonly args: Readonly<Record<string, unknown>>
}

/** Cuts by strategy; `invalid-input` for a name or value that cannot be. `own`: those of the file's format. */
export function cutRows(
  index: SegmentList,
  call: StrategyCall,
  own: Readonly<Record<string, Strategy>> = {},
): readonly Cut[] {
  const { strategy, args } = checkStrategy(call, own)
  const { name } = call
  const most =
    name === 'rows' ? index.rows / Number(args.rows) : Math.min(index.rows, index.size / Number(args.bytes))
  if ((name === 'rows' || name === 'bytes') && most > MOST) throw wrongValue(name, name, args[name])
  return strategy.cut(index, args)
}

/** Options that the strategy opens its file with; `invalid-input` for a name or value that cannot be. */
export function strategyOptions(call: StrategyCall, own: Readonly<Record<string, Strategy>>): Options {
  const { strategy, args } = checkStrategy(call, own)
  return strategy.options?.(args) ?? {}
}

/** What can be said without an index, before one is built: `invalid-input` for a name or value that cannot be. */
export function checkStrategy(
  { name, args }: StrategyCall,
  own: Readonly<Record<string, Strategy>>,
): { readonly strategy: Strategy; readonly args: Readonly<Record<string, number | string>> } {
  const known = { ...own, ...STRATEGIES }
  const strategy = Object.hasOwn(known, name) ? known[name] : undefined
  if (strategy === undefined) {
    const names = Object.keys(known).join(', ')
    throw new VarveError('invalid-input', `unknown strategy "${name}", expected one of ${names}`, {
      strategy: name,
    })
  }
  const { arguments: kinds, optional = [] } = strategy
  for (const argument of Object.keys(args)) {
    if (Object.hasOwn(kinds, argument)) continue
    const message = `strategy ${name} has no argument "${argument}", expected ${Object.keys(kinds).join(', ')}`
    throw new VarveError('invalid-input', message, { strategy: name, argument })
  }
  const checked = Object.entries(kinds).flatMap(([argument, kind]): [string, number | string][] => {
    const given = args[argument]
    if ((given === undefined || given === null) && optional.includes(argument)) return []
    return [[argument, checkValue(name, argument, kind, given)]]
  })
  return { strategy, args: Object.fromEntries(checked) }
}

const DIGITS = /^-?\d+$/

function checkValue(
  strategy: string,
  argument: string,
  kind: Strategy['arguments'][string],
  given: unknown,
): number | string {
  if (kind === 'text') {
    if (typeof given === 'string' && given !== '') return given
    throw wrongValue(strategy, argument, given, 'a text')
  }
  const isText =
    typeof given === 'string' && (DIGITS.test(given) || (kind === 'number' && given.trim() !== ''))
  const value = isText || typeof given === 'number' || typeof given === 'bigint' ? Number(given) : Number.NaN
  if (kind === 'number') {
    if (Number.isFinite(value)) return value
    throw wrongValue(strategy, argument, given, 'a number')
  }
  if (!Number.isSafeInteger(value))
    throw wrongValue(strategy, argument, given, kind === 'integer' ? WHOLE : undefined)
  if (kind === 'count' && (value < 1 || (strategy === 'count' && value > MOST)))
    throw wrongValue(strategy, argument, given)
  return value
}

const WHOLE = 'a whole number'

function wrongValue(
  strategy: string,
  argument: string,
  value: unknown,
  expected = `${WHOLE} from 1 to ${MOST}`,
): VarveError {
  const given = value === undefined ? 'missing' : String(value)
  const message = `strategy ${strategy}: ${argument} is ${given}, expected ${expected}`
  return new VarveError('invalid-input', message, { strategy, [argument]: given })
}
