/** PackBits (TIFF 6.0, section 9): runs of bytes, as they are or repeated. */

/** Two bytes stand for 128 at most. */
export const PACKBITS_RATIO = 64

/** Decodes into `out`; returns how many bytes it wrote, at most all of it. */
export function decodePackBits(bytes: Uint8Array, out: Uint8Array): number {
  let at = 0
  let to = 0
  while (at < bytes.length && to < out.length) {
    const n = (bytes[at++]! << 24) >> 24
    if (n === -128) continue
    if (n >= 0) {
      const size = Math.min(n + 1, bytes.length - at, out.length - to)
      out.set(bytes.subarray(at, at + size), to)
      at += n + 1
      to += size
    } else {
      const end = Math.min(out.length, to + 1 - n)
      if (at < bytes.length) out.fill(bytes[at++]!, to, end)
      to = end
    }
  }
  return to
}
