/** Compressions of bytes, whatever they mean: of samples, or of blobs that are compressed again. */

import { VarveError } from '../../../errors.ts'
import type { Allocate } from '../../builders.ts'
import { createInflate } from '../../gzip/inflate-handle.ts'

/** What the bytes become, no more than `most` of it; less where they are damaged, or an error of any kind. */
export type Expand = (bytes: Uint8Array, most: number, allocate: Allocate) => Uint8Array

/** A bit of deflate stands for 129 bytes at most: 258 of a length code and a distance code of one bit each. */
const DEFLATE_RATIO = 1040

/** A raw block of zstd may repeat one byte 128 KiB long, from four bytes. */
const ZSTD_RATIO = 1 << 15

/** As much as the bytes can become: a directory may promise far more than that. */
export function room(bytes: Uint8Array, most: number, ratio: number, allocate: Allocate): Uint8Array {
  const length = Math.min(most, bytes.length * ratio)
  return new Uint8Array(allocate(length), 0, length)
}

/** One zlib stream for all tiles of a thread: making one costs as much as a small tile. It stops where enough is there. */
export function inflater(): Expand {
  const inflate = createInflate()
  return (bytes, most, allocate) => {
    const [method = 0, flags = 0] = bytes
    // RFC 1950: deflate, no dictionary, a check of both bytes.
    const isZlib = (method & 15) === 8 && (flags & 32) === 0 && ((method << 8) | flags) % 31 === 0
    if (bytes.length < 2 || !isZlib) {
      const found = Buffer.from(bytes.subarray(0, 2)).toString('hex')
      throw new VarveError('invalid-data', `geotiff: a tile starts with the bytes ${found}, expected zlib's`)
    }
    const out = room(bytes, most, DEFLATE_RATIO, allocate)
    inflate.reset()
    if (inflate.run('flush', bytes, 2, bytes.length, out, 0, out.length) === 'damaged')
      throw new VarveError('invalid-data', `geotiff: a tile cannot be inflated: ${inflate.complaint}`)
    return out.subarray(0, inflate.written)
  }
}

/** Gives nothing of a stream that is damaged, or longer than `most`. */
export async function zstd(): Promise<Expand> {
  const { ZSTDDecoder } = await import('zstddec')
  const decoder = new ZSTDDecoder()
  await decoder.init()
  return (bytes, most) => decoder.decode(bytes, Math.min(most, bytes.length * ZSTD_RATIO))
}
