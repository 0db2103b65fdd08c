/** Where the chunks of compressed points stand: LASzip's table behind them, or what they say themselves. */

import type { ByteSource } from '../../../bytes/types.ts'
import { badLas } from '../error.ts'
import { SHAPES } from '../record.ts'
import type { LasDialect } from '../types.ts'
import { Coder } from './coder.ts'
import { Integers } from './integers.ts'
import { layeredChunkBytes, layeredHeadBytes } from './layered.ts'

export interface Chunk {
  readonly start: number
  readonly end: number
  readonly points: number
}

const FIRST_READ = 64 * 1024
/** Coded entries are smaller by far. */
const ENTRY_BYTES = 16

/** The chunks in order. Nothing is believed that the file has no bytes for. */
export async function readChunks(
  source: ByteSource,
  dialect: LasDialect,
  signal: AbortSignal | undefined,
): Promise<Chunk[]> {
  const { points, pointsStart, compression } = dialect
  const { uri, size } = source
  if (points === 0 || compression === undefined) return []
  if (compression.kind === 'stream') return [{ start: pointsStart, end: size, points }]
  const first = pointsStart + 8
  if (first > size) throw badLas('the file ends before its points', uri, pointsStart)
  const position = async (at: number): Promise<number> => {
    const bytes = await source.read(at, at + 8, { signal })
    return Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigInt64(0, true))
  }
  let table = await position(pointsStart)
  // A writer that could not go back says so, and leaves the place at the end.
  if (table === -1) table = await position(size - 8)
  // A writer that was interrupted has left its own place here: there is no table.
  if (table === pointsStart) return listChunks(source, dialect, signal)
  if (table < first || table + 8 > size)
    throw badLas(
      `the chunks' table stands at byte ${table}, expected ${first} to ${size - 8}`,
      uri,
      pointsStart,
    )
  return readTable(source, dialect, table, signal)
}

async function readTable(
  source: ByteSource,
  { points, pointsStart, recordLength, compression }: LasDialect,
  table: number,
  signal: AbortSignal | undefined,
): Promise<Chunk[]> {
  const { uri, size } = source
  const { chunkPoints } = compression!
  let bytes = await source.read(table, Math.min(size, table + FIRST_READ), { signal })
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const version = view.getUint32(0, true)
  if (version !== 0) throw badLas(`the chunks' table has version ${version}, expected 0`, uri, table)
  const count = view.getUint32(4, true)
  const expected = chunkPoints === undefined ? undefined : Math.ceil(points / chunkPoints)
  // Some writers close with a chunk of no points. Without a fixed number each chunk has a byte at least.
  const fits = expected === undefined ? count <= size : count === expected || count === expected + 1
  if (!fits)
    throw badLas(
      `the table lists ${count} chunks, expected ${expected ?? `at most ${size}`} for ${points} points`,
      uri,
      table + 4,
    )
  const need = 8 + 4 + count * ENTRY_BYTES
  if (bytes.length < need && table + bytes.length < size)
    bytes = await source.read(table, Math.min(size, table + need), { signal })

  const coder = new Coder()
  const integers = new Integers(coder, 32, 2)
  coder.reset(bytes, 8, bytes.length)
  const chunks: Chunk[] = []
  let start = pointsStart + 8
  let left = points
  let [lastPoints, lastBytes] = [0, 0]
  for (let i = 0; i < count; i++) {
    if (chunkPoints === undefined) lastPoints = integers.read(lastPoints, 0)
    lastBytes = integers.read(lastBytes, 1)
    const own = chunkPoints === undefined ? lastPoints >>> 0 : Math.min(chunkPoints, left)
    const end = start + (lastBytes >>> 0)
    if (coder.overrun || own > left || end > table || (own > 0 && end - start < recordLength))
      throw badLas(
        `chunk ${i} has ${own} points in bytes ${start} to ${end}, expected ${left} points or less before byte ${table}`,
        uri,
        table,
      )
    if (own > 0) chunks.push({ start, end, points: own })
    start = end
    left -= own
  }
  if (left > 0) throw badLas(`the chunks hold ${points - left} points, expected ${points}`, uri, table)
  return chunks
}

/** Without a table: layers tell a chunk's size; of points one by one the end shows only when they are decoded. */
async function listChunks(
  source: ByteSource,
  { points, pointsStart, recordLength, format, compression }: LasDialect,
  signal: AbortSignal | undefined,
): Promise<Chunk[]> {
  const { uri, size } = source
  const shape = SHAPES[format]!
  if (compression!.kind === 'pointwise') {
    if (compression!.chunkPoints === undefined)
      throw badLas('the chunks have no table, expected one where they differ in points', uri, pointsStart)
    return [{ start: pointsStart + 8, end: size, points }]
  }
  const chunks: Chunk[] = []
  const headBytes = layeredHeadBytes(shape, recordLength)
  let start = pointsStart + 8
  for (let left = points; left > 0; ) {
    if (start + headBytes > size)
      throw badLas(`the chunks hold ${points - left} points, expected ${points}`, uri, start)
    const head = await source.read(start, start + headBytes, { signal })
    const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
    const own = view.getUint32(recordLength, true)
    const end = start + layeredChunkBytes(head, 0, shape, recordLength)
    if (own === 0 || own > left || end > size)
      throw badLas(`a chunk has ${own} points up to byte ${end}, expected ${left} points or less`, uri, start)
    chunks.push({ start, end, points: own })
    start = end
    left -= own
  }
  return chunks
}
