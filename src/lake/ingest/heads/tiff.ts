/** TIFF 6.0 and BigTIFF directories, read by range; values only where asked for. */

import { HeadError, type HeadReader } from './reader.ts'

export interface TiffEntry {
  readonly type: number
  readonly count: number
  /** Where its value is. */
  readonly position: number
}

export interface TiffDirectory {
  readonly entries: ReadonlyMap<number, TiffEntry>
  /** Where the next one is; 0: this is the last. */
  readonly next: number
}

export interface Tiff {
  /** Where the first directory is. */
  readonly first: number
  directory(position: number): Promise<TiffDirectory>
  /** A tag's numbers, fractions divided; undefined when it is absent, no number, or too long to be metadata. */
  numbers(directory: TiffDirectory, tag: number): Promise<number[] | undefined>
  text(directory: TiffDirectory, tag: number): Promise<string | undefined>
}

/** Bytes of one value by its type; 13 is an offset, 16 to 18 are BigTIFF's. */
const SIZES: Readonly<Record<number, number>> = {
  1: 1,
  2: 1,
  3: 2,
  4: 4,
  5: 8,
  6: 1,
  7: 1,
  8: 2,
  9: 4,
  10: 8,
  11: 4,
  12: 8,
  13: 4,
  16: 8,
  17: 8,
  18: 8,
}

/** Entries of a directory, and bytes of a value, beyond which it is not metadata. */
const MOST_ENTRIES = 4096
const MOST_BYTES = 256 * 1024

/** Opens the file's header; a HeadError when it is none. */
export async function openTiff(reader: HeadReader): Promise<Tiff> {
  const head = viewOf(await reader.range(0, Math.min(16, reader.size)))
  if (head.byteLength < 8) throw new HeadError(`it has ${head.byteLength} bytes, a header has 8`)
  const little = head.getUint8(0) === 0x49
  const big = head.getUint16(2, little) === 43
  if (big && (head.byteLength < 16 || head.getUint16(4, little) !== 8))
    throw new HeadError('its BigTIFF header does not say that offsets have 8 bytes')
  const word = big ? 8 : 4
  const wordAt = (view: DataView, at: number): number =>
    big ? Number(view.getBigUint64(at, little)) : view.getUint32(at, little)

  const values = async (
    directory: TiffDirectory,
    tag: number,
  ): Promise<{ view: DataView; type: number; count: number } | undefined> => {
    const entry = directory.entries.get(tag)
    const size = SIZES[entry?.type ?? 0]
    if (entry === undefined || size === undefined || entry.count * size > MOST_BYTES) return undefined
    const bytes = await reader.range(entry.position, entry.position + entry.count * size)
    return { view: viewOf(bytes), type: entry.type, count: entry.count }
  }

  return {
    first: wordAt(head, big ? 8 : 4),
    async directory(position) {
      const counter = big ? 8 : 2
      const counted = viewOf(await reader.range(position, position + counter))
      const count = big ? wordAt(counted, 0) : counted.getUint16(0, little)
      if (count > MOST_ENTRIES)
        throw new HeadError(
          `the directory at byte ${position} claims ${count} entries, at most ${MOST_ENTRIES} are read`,
        )
      const width = 4 + 2 * word
      const start = position + counter
      const view = viewOf(await reader.range(start, start + count * width + word))
      const entries = new Map<number, TiffEntry>()
      for (let i = 0; i < count; i++) {
        const at = i * width
        const type = view.getUint16(at + 2, little)
        const length = wordAt(view, at + 4)
        const inline = (SIZES[type] ?? 0) * length <= word
        const place = at + 4 + word
        entries.set(view.getUint16(at, little), {
          type,
          count: length,
          position: inline ? start + place : wordAt(view, place),
        })
      }
      return { entries, next: wordAt(view, count * width) }
    },
    async numbers(directory, tag) {
      const found = await values(directory, tag)
      if (found === undefined || found.type === 2) return undefined
      const { view, type, count } = found
      return Array.from({ length: count }, (_, i) => numberAt(view, type, i * SIZES[type]!, little))
    },
    async text(directory, tag) {
      const found = await values(directory, tag)
      if (found?.type !== 2) return undefined
      const { buffer, byteOffset, byteLength } = found.view
      return Buffer.from(buffer, byteOffset, byteLength).toString('utf8').split('\0', 1)[0]!
    },
  }
}

function numberAt(view: DataView, type: number, at: number, little: boolean): number {
  switch (type) {
    case 3:
      return view.getUint16(at, little)
    case 4:
    case 13:
      return view.getUint32(at, little)
    case 5:
      return view.getUint32(at, little) / view.getUint32(at + 4, little)
    case 6:
      return view.getInt8(at)
    case 8:
      return view.getInt16(at, little)
    case 9:
      return view.getInt32(at, little)
    case 10:
      return view.getInt32(at, little) / view.getInt32(at + 4, little)
    case 11:
      return view.getFloat32(at, little)
    case 12:
      return view.getFloat64(at, little)
    case 16:
    case 18:
      return Number(view.getBigUint64(at, little))
    case 17:
      return Number(view.getBigInt64(at, little))
    default:
      return view.getUint8(at)
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
