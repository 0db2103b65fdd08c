/** LZW as TIFF has it (TIFF 6.0, section 13): codes of 9 to 12 bits, the highest bit first, one code early. */

import { VarveError } from '../../../errors.ts'

const CLEAR = 256
const END = 257
const FIRST = 258
const MOST = 4096

/** A code's text is what an earlier code gave and one byte more, and that stands in the output already. */
const starts = new Int32Array(MOST)
const lengths = new Int32Array(MOST)

/** The most that one code of 9 bits can stand for. */
export const LZW_RATIO = MOST

/** Decodes into `out`; returns how many bytes it wrote, at most all of it. */
export function decodeLzw(bytes: Uint8Array, out: Uint8Array): number {
  // The first code is CLEAR, 100000000 in this order of bits; libtiff's own old files had it the other way round.
  if (bytes[0] === 0 && (bytes[1]! & 1) === 1)
    throw new VarveError('unsupported', 'geotiff: old-style LZW (the lowest bit first) is not read')
  const { length } = bytes
  const most = out.length
  let at = 0
  let bits = 0
  let held = 0
  let width = 9
  let next = FIRST
  /** Where the code before this one's text stands; -1 after CLEAR. */
  let last = -1
  let lastLength = 0
  let to = 0
  while (to < most) {
    while (held < width) {
      if (at === length) return to
      bits = ((bits << 8) | bytes[at++]!) & 0xff_ffff
      held += 8
    }
    held -= width
    const code = (bits >> held) & ((1 << width) - 1)
    if (code === END) return to
    if (code === CLEAR) {
      width = 9
      next = FIRST
      last = -1
      continue
    }
    let size = 1
    if (code < CLEAR) out[to] = code
    else {
      if (last < 0 || code > next || (code === next && next >= MOST)) throw wrongCode(code, next, at)
      // The code that is being made: the last text and its own first byte.
      const from = code === next ? last : starts[code]!
      size = code === next ? lastLength + 1 : lengths[code]!
      const end = Math.min(most, to + size)
      if (size < 24) for (let i = to, j = from; i < end; ) out[i++] = out[j++]!
      else copy(out, from, to, end)
    }
    if (last >= 0 && next < MOST) {
      starts[next] = last
      lengths[next++] = lastLength + 1
      // One code early: 511 is the last one of 9 bits, and 510 is already followed by 10.
      if (next + 1 >= 1 << width && width < 12) width++
    }
    last = to
    lastLength = size
    to += size
  }
  return Math.min(to, most)
}

/** A text may go on into itself, by one byte. */
function copy(out: Uint8Array, from: number, to: number, end: number): void {
  const behind = to - from
  const size = end - to
  if (behind >= size) out.copyWithin(to, from, from + size)
  else {
    out.copyWithin(to, from, to)
    for (let i = to + behind; i < end; i++) out[i] = out[i - behind]!
  }
}

function wrongCode(code: number, next: number, at: number): VarveError {
  const message = `geotiff: LZW code ${code} before byte ${at} of the tile, expected at most ${next}`
  return new VarveError('invalid-data', message)
}
