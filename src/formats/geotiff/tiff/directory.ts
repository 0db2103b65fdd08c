/** Image file directories (TIFF 6.0, pages 13–16; BigTIFF by Adobe's and libtiff's note). */

import { VarveError } from '../../../errors.ts'
import type { TiffBytes } from './bytes.ts'

export interface Entry {
  readonly type: number
  readonly count: number
  /** Where its values stand in the file; in the directory's own bytes when they fit into the entry. */
  readonly at: number
  readonly inline: boolean
}

export interface Directory {
  readonly offset: number
  readonly little: boolean
  readonly entries: ReadonlyMap<number, Entry>
  /** Its own bytes, behind the count. */
  readonly body: DataView
}

/** Bytes of one value, by field type. */
const SIZES: readonly number[] = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8]

/** More than any file has that one tool wrote; a chain of bytes that are no directories ends here, at the latest. */
const MOST_DIRECTORIES = 65_536

export interface TiffHeader {
  readonly little: boolean
  readonly big: boolean
}

/** Whether the bytes begin as a TIFF or a BigTIFF does. */
export function tiffHeader(head: Uint8Array): TiffHeader | undefined {
  if (head.length < 8) return undefined
  const order = head[0]! | (head[1]! << 8)
  if (order !== 0x4949 && order !== 0x4d4d) return undefined
  const little = order === 0x4949
  const version = little ? head[2]! | (head[3]! << 8) : (head[2]! << 8) | head[3]!
  if (version === 42) return { little, big: false }
  // Offsets of 8 bytes, then a zero.
  const size = little ? head[4]! | (head[5]! << 8) : (head[4]! << 8) | head[5]!
  return version === 43 && size === 8 && head[6] === 0 && head[7] === 0 ? { little, big: true } : undefined
}

/** All directories of the file, in the order of their chain. */
export async function readDirectories(bytes: TiffBytes): Promise<Directory[]> {
  const { size } = bytes.source
  const head = await bytes.read(0, Math.min(size, 16), 'the header')
  const start = new Uint8Array(head.buffer, head.byteOffset, head.byteLength)
  const header = tiffHeader(start)
  if (header === undefined) {
    const found = size === 0 ? 'is empty' : `starts with the bytes ${hex(start.subarray(0, 8))}`
    const message = `geotiff: the file ${found}, expected the header of a TIFF ("II" or "MM", 42 or 43)`
    throw new VarveError('invalid-data', message, { byte: 0 })
  }
  const { little, big } = header
  const first = big ? await bytes.read(8, 8, 'the header') : await bytes.read(4, 4, 'the header')
  const seen = new Set<number>()
  const directories: Directory[] = []
  let offset = big ? number64(first, 0, little) : first.getUint32(0, little)
  while (offset !== 0) {
    if (seen.has(offset) || seen.size === MOST_DIRECTORIES) {
      const what = seen.has(offset) ? 'come back to one that was there' : `are more than ${MOST_DIRECTORIES}`
      throw new VarveError('invalid-data', `geotiff: the directories ${what} (byte ${offset})`, {
        byte: offset,
      })
    }
    seen.add(offset)
    const { directory, next } = await readDirectory(bytes, header, offset)
    directories.push(directory)
    offset = next
  }
  if (directories.length === 0)
    throw new VarveError('invalid-data', 'geotiff: the file has no directory, expected at least one', {
      byte: big ? 8 : 4,
    })
  return directories
}

/** The directory at `offset`, and the offset of the one after it. */
export async function readDirectory(
  bytes: TiffBytes,
  { little, big }: TiffHeader,
  offset: number,
): Promise<{ readonly directory: Directory; readonly next: number }> {
  const what = `a directory (byte ${offset})`
  const head = await bytes.read(offset, big ? 8 : 2, what)
  const count = big ? number64(head, 0, little) : head.getUint16(0, little)
  const [headSize, entrySize, linkSize] = big ? [8, 20, 8] : [2, 12, 4]
  // BigTIFF counts in 64 bits; no tag comes twice, and there are 65,536 of them.
  if (count > 65_536) {
    const message = `geotiff: a directory counts ${count} entries, expected at most 65536 (byte ${offset})`
    throw new VarveError('invalid-data', message, { byte: offset })
  }
  const read = await bytes.read(offset + headSize, count * entrySize + linkSize, what)
  // A copy: a view would keep all that was read with it.
  const body = new DataView(read.buffer.slice(read.byteOffset, read.byteOffset + read.byteLength))
  const entries = new Map<number, Entry>()
  for (let i = 0; i < count; i++) {
    const at = i * entrySize
    const tag = body.getUint16(at, little)
    const type = body.getUint16(at + 2, little)
    const values = big ? number64(body, at + 4, little) : body.getUint32(at + 4, little)
    const valueAt = at + (big ? 12 : 8)
    const size = SIZES[type] ?? 0
    if (size === 0 || entries.has(tag)) continue
    const inline = size * values <= (big ? 8 : 4)
    const pointer = big ? number64(body, valueAt, little) : body.getUint32(valueAt, little)
    entries.set(tag, { type, count: values, at: inline ? valueAt : pointer, inline })
  }
  const link = count * entrySize
  const next = big ? number64(body, link, little) : body.getUint32(link, little)
  return { directory: { offset, little, entries, body }, next }
}

/** Values [from, to) of an entry as numbers; `invalid-data` where the file does not hold them. */
export async function readNumbers(
  bytes: TiffBytes,
  directory: Directory,
  tag: number,
  from = 0,
  to = Number.POSITIVE_INFINITY,
): Promise<number[]> {
  const { little } = directory
  const entry = directory.entries.get(tag)
  if (entry === undefined) return []
  const size = SIZES[entry.type]!
  const end = Math.min(to, entry.count)
  if (end <= from) return []
  const view = await valuesOf(bytes, directory, tag, entry, from * size, (end - from) * size)
  const read = READERS[entry.type]
  if (read === undefined) return []
  return Array.from({ length: end - from }, (_, i) => read(view, i * size, little))
}

/** The first value of an entry, `otherwise` where there is none. */
export async function readNumber(
  bytes: TiffBytes,
  directory: Directory,
  tag: number,
  otherwise: number,
): Promise<number> {
  return (await readNumbers(bytes, directory, tag, 0, 1))[0] ?? otherwise
}

/** The bytes of an entry: text, or opaque. At most `most`, so that a count of a damaged file costs nothing. */
export async function readOpaque(
  bytes: TiffBytes,
  directory: Directory,
  tag: number,
  most: number,
): Promise<Uint8Array | undefined> {
  const entry = directory.entries.get(tag)
  if (entry === undefined || SIZES[entry.type] !== 1) return undefined
  const view = await valuesOf(bytes, directory, tag, entry, 0, Math.min(entry.count, most))
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice()
}

function valuesOf(
  bytes: TiffBytes,
  { body }: Directory,
  tag: number,
  entry: Entry,
  from: number,
  length: number,
): Promise<DataView> | DataView {
  if (entry.inline) return new DataView(body.buffer, body.byteOffset + entry.at + from, length)
  return bytes.read(entry.at + from, length, `the values of tag ${tag}`)
}

/** Offsets beyond 2^53 are beyond any file: the check against its size finds them. */
function number64(view: DataView, at: number, little: boolean): number {
  return Number(view.getBigUint64(at, little))
}

const READERS: Readonly<Record<number, (view: DataView, at: number, little: boolean) => number>> = {
  1: (view, at) => view.getUint8(at),
  2: (view, at) => view.getUint8(at),
  3: (view, at, little) => view.getUint16(at, little),
  4: (view, at, little) => view.getUint32(at, little),
  5: (view, at, little) => view.getUint32(at, little) / view.getUint32(at + 4, little),
  6: (view, at) => view.getInt8(at),
  7: (view, at) => view.getUint8(at),
  8: (view, at, little) => view.getInt16(at, little),
  9: (view, at, little) => view.getInt32(at, little),
  10: (view, at, little) => view.getInt32(at, little) / view.getInt32(at + 4, little),
  11: (view, at, little) => view.getFloat32(at, little),
  12: (view, at, little) => view.getFloat64(at, little),
  13: (view, at, little) => view.getUint32(at, little),
  16: number64,
  17: (view, at, little) => Number(view.getBigInt64(at, little)),
  18: number64,
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
