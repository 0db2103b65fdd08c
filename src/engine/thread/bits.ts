/** Arrow's bit fields: one bit per value, least significant first. */

/** The bits [start, start + count) as a new field that begins at bit 0. */
export function sliceBits(bits: Uint8Array, start: number, count: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array((count + 7) >> 3)
  const first = start >> 3
  const shift = start & 7
  if (shift === 0) {
    out.set(bits.subarray(first, first + out.length))
    return out
  }
  for (let i = 0; i < out.length; i++) {
    out[i] = (bits[first + i]! >> shift) | ((bits[first + i + 1] ?? 0) << (8 - shift))
  }
  return out
}

export function getBit(bits: Uint8Array, index: number): boolean {
  return ((bits[index >> 3]! >> (index & 7)) & 1) === 1
}

/** One byte (0 or 1) for each of the bits [start, start + count). */
export function bitsToBytes(bits: Uint8Array, start: number, count: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(count)
  for (let i = 0; i < count; i++) out[i] = (bits[(start + i) >> 3]! >> ((start + i) & 7)) & 1
  return out
}

/** One bit for each byte, set where it is not 0. */
export function bytesToBits(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array((bytes.length + 7) >> 3)
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) out[i >> 3]! |= 1 << (i & 7)
  return out
}
