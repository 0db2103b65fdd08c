/** Reads a table's rows in the order of its key, some parts ahead. */

import { getImmutable } from '../immutable.ts'
import { partKey } from '../layout.ts'
import type { Lake, Part, Row, Table } from '../types.ts'
import { type Block, rowAt, sliceBlock } from './block.ts'
import { keepPart, keptPart } from './kept.ts'
import { keyOf } from './key.ts'
import { readPart } from './parquet.ts'

/** Parts fetched and decoded before they are asked for. */
const AHEAD = 12

export interface ReadOptions {
  /** Names of the columns to read; default all. */
  readonly columns?: readonly string[] | undefined
  /** Only rows whose encoded key is at least this. */
  readonly from?: string | undefined
  /** Only rows whose encoded key is below this. */
  readonly to?: string | undefined
  /** Whether a part can hold what is wanted. */
  readonly keeps?: ((part: Part) => boolean) | undefined
  readonly signal?: AbortSignal | undefined
}

/** The parts that hold keys in [from, to) and are kept. */
export function partsOf({ parts }: Table, { from, to, keeps }: ReadOptions): Part[] {
  return parts.filter(
    (part) =>
      (from === undefined || part.max >= from) &&
      (to === undefined || part.min < to) &&
      (keeps === undefined || keeps(part)),
  )
}

/** The rows with keys in [from, to), a block for each part; nothing is fetched before the first is asked for. */
export async function* readTable(lake: Lake, table: Table, options: ReadOptions = {}): AsyncGenerator<Block> {
  const parts = partsOf(table, options)
  const wanted = columnsToRead(table, options)
  const stop = new AbortController()
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal])
  const pending: Promise<Block>[] = []
  let next = 0
  const fill = (ahead: number): void => {
    while (next < parts.length && pending.length < ahead) {
      const block = loadPart(lake, table, parts[next++]!, wanted, signal)
      // Its failure is told to whoever asks for it, if anyone does.
      block.catch(() => undefined)
      pending.push(block)
    }
  }
  try {
    // A reader that stops after the first part shall not pay for the next ones.
    fill(1)
    for (let i = 0; i < parts.length; i++) {
      const block = await pending.shift()!
      fill(i === 0 ? 1 : AHEAD)
      const rows = inRange(table, parts[i]!, block, options)
      if (rows.rows > 0) yield rows
      fill(AHEAD)
    }
  } finally {
    stop.abort()
  }
}

/** The key's columns too, where rows must be compared with a bound. */
function columnsToRead(
  { schema }: Table,
  { columns, from, to }: ReadOptions,
): ReadonlySet<string> | undefined {
  if (columns === undefined) return undefined
  return new Set(from === undefined && to === undefined ? columns : [...columns, ...schema.key])
}

/** One part's rows; `invalid-data` when it is missing or damaged. */
export async function loadPart(
  lake: Lake,
  { schema }: Pick<Table, 'schema'>,
  part: Part,
  wanted?: ReadonlySet<string>,
  signal?: AbortSignal,
): Promise<Block> {
  const key = partKey(part.home, part.hash)
  const bytes = (await keptPart(lake, key)) ?? (await getImmutable(lake, key, part.hash, signal))
  await keepPart(lake, key, bytes)
  return readPart(schema, bytes, wanted)
}

function inRange({ schema }: Table, part: Part, block: Block, { from, to }: ReadOptions): Block {
  let first = 0
  let end = block.rows
  const keyAt = (row: number): string => keyOf(schema, rowAt(block, row))
  if (from !== undefined && part.min < from) first = firstFrom(block.rows, (row) => keyAt(row) >= from)
  if (to !== undefined && part.max >= to) end = firstFrom(block.rows, (row) => keyAt(row) >= to)
  return sliceBlock(block, first, Math.max(first, end))
}

/** The first row that holds, of rows of which none holds before one that does not. */
function firstFrom(rows: number, holds: (row: number) => boolean): number {
  let low = 0
  let high = rows
  while (low < high) {
    const middle = (low + high) >> 1
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}

/** The rows under these encoded keys, undefined where there is none: one request for each part that may hold some. */
export async function findRows(
  lake: Lake,
  table: Table,
  keys: readonly string[],
  options: Pick<ReadOptions, 'signal'> = {},
): Promise<Map<string, Row>> {
  const sorted = [...new Set(keys)].sort()
  const found = new Map<string, Row>()
  const wanted = new Set(sorted)
  const holds = (part: Part): boolean => {
    const at = firstFrom(sorted.length, (i) => sorted[i]! >= part.min)
    return at < sorted.length && sorted[at]! <= part.max
  }
  for await (const block of readTable(lake, table, { ...options, keeps: holds })) {
    for (let row = 0; row < block.rows; row++) {
      const values = rowAt(block, row)
      const key = keyOf(table.schema, values)
      if (wanted.has(key)) found.set(key, values)
    }
  }
  return found
}
