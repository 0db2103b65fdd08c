/** The ranges of a block that is made of several (planes of bands, a mask), as its decode state. */

import type { ByteRange } from '../blocks/types.ts'

/** Start and length as two doubles each, little-endian: exact up to 2^53. */
export function packRanges(ranges: readonly ByteRange[]): Uint8Array {
  const bytes = new Uint8Array(ranges.length * 16)
  const view = new DataView(bytes.buffer)
  ranges.forEach(({ start, end }, i) => {
    view.setFloat64(i * 16, start, true)
    view.setFloat64(i * 16 + 8, end, true)
  })
  return bytes
}

export function unpackRanges(bytes: Uint8Array): ByteRange[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: bytes.length >> 4 }, (_, i) => ({
    start: view.getFloat64(i * 16, true),
    end: view.getFloat64(i * 16 + 8, true),
  }))
}
