/**
 * Checksums over an index file, in a gap before its footer that Parquet readers do not look at.
 *
 * Parquet would not notice a flipped bit, and a reader may count to billions because of one; so nothing is parsed
 * before it was checked. The small columns that decoding relies on and the zone maps are checked apart: without zone
 * maps a scan is only slower. Windows have a checksum each, in their row.
 */

import { crc32 } from 'node:zlib'
import { parquetMetadata } from 'hyparquet'

const MAGIC = 'varveidx'
/** Magic, where numbers and zones begin (u64), CRC-32 of numbers, zones and footer, and of the seal so far. */
const SEAL = 8 + 8 + 8 + 4 + 4 + 4 + 4
/** Parquet's end: the footer's length and PAR1. */
const END = 8

/** The file with its checksums; `numbers` columns follow the first one, the rest are zone maps. */
export function seal(file: Uint8Array, numbers: number): Uint8Array {
  const footer = footerStart(file, file.length)
  const columns = parquetMetadata(new Uint8Array(file).buffer).row_groups[0]?.columns ?? []
  const startOf = (column: number): number => {
    const chunk = columns[column]?.meta_data
    return chunk === undefined ? footer : Number(chunk.dictionary_page_offset ?? chunk.data_page_offset)
  }
  const [first, zones] = [startOf(1), startOf(1 + numbers)]
  const made = Buffer.alloc(SEAL)
  made.write(MAGIC, 'latin1')
  made.writeBigUInt64LE(BigInt(first), 8)
  made.writeBigUInt64LE(BigInt(zones), 16)
  made.writeUInt32LE(crc32(file.subarray(first, zones)), 24)
  made.writeUInt32LE(crc32(file.subarray(zones, footer)), 28)
  made.writeUInt32LE(crc32(file.subarray(footer)), 32)
  made.writeUInt32LE(crc32(made.subarray(0, 36)), 36)
  return Buffer.concat([file.subarray(0, footer), made, file.subarray(footer)])
}

export interface Sealed {
  /** The bytes of the file from `start` on. */
  readonly bytes: Uint8Array
  readonly start: number
  /** The zone maps are as they were written. */
  readonly zones: boolean
}

/**
 * The checked end of a file of `size` bytes, of which `tail` is the last part; `more` reads what lies before.
 * Throws an Error that says what is wrong.
 */
export async function unseal(
  tail: Uint8Array,
  size: number,
  more: (start: number, end: number) => Promise<Uint8Array>,
): Promise<Sealed> {
  let bytes = tail
  let start = size - tail.length
  const reach = async (from: number): Promise<void> => {
    if (from >= start) return
    if (from < 4) throw new Error('it is no index file')
    bytes = Buffer.concat([await more(from, start), bytes])
    start = from
  }
  const footer = footerStart(bytes, size)
  await reach(footer - SEAL)
  const made = Buffer.from(bytes.buffer, bytes.byteOffset + footer - SEAL - start, SEAL)
  if (made.toString('latin1', 0, 8) !== MAGIC || made.readUInt32LE(36) !== crc32(made.subarray(0, 36))) {
    throw new Error('its seal is broken')
  }
  const [first, zones] = [Number(made.readBigUInt64LE(8)), Number(made.readBigUInt64LE(16))]
  await reach(first)
  const part = (from: number, to: number): Uint8Array => bytes.subarray(from - start, to - start)
  const fits =
    made.readUInt32LE(24) === crc32(part(first, zones)) && made.readUInt32LE(32) === crc32(part(footer, size))
  if (!fits) throw new Error('its checksum is wrong')
  return { bytes, start, zones: made.readUInt32LE(28) === crc32(part(zones, footer - SEAL)) }
}

/** Where the footer begins in a file of `size` bytes that ends with `tail`. */
function footerStart(tail: Uint8Array, size: number): number {
  const end = Buffer.from(tail.buffer, tail.byteOffset, tail.length)
  if (end.length < END || end.toString('latin1', end.length - 4) !== 'PAR1') {
    throw new Error('it does not end as Parquet')
  }
  const start = size - END - end.readUInt32LE(end.length - END)
  if (start < 4) throw new Error('its footer is longer than the file')
  return start
}
