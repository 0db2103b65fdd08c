/** Red, green and blue taken apart in one pass over their pixels: three passes, one for each, take twice as long. */

export type Words = Uint8Array | Uint16Array | Uint32Array

/** `red`, `green` and `blue` of a stretch of pixels. */
export type Three = readonly [Words, Words, Words]

/** The pixels from the sample `start` on, to the places from `at` on. */
export function takeThree(
  source: Words,
  start: number,
  [red, green, blue]: Three,
  at: number,
  count: number,
): void {
  for (let i = at, from = start; i < at + count; i++, from += 3) {
    red[i] = source[from]!
    green[i] = source[from + 1]!
    blue[i] = source[from + 2]!
  }
}

/**
 * The same of samples that are differences to the pixel before: sums from the line's beginning. What a sum has beyond
 * the target's bits is lost, as it was to the encoder.
 */
export function sumThree(
  source: Words,
  line: number,
  start: number,
  three: Three,
  at: number,
  count: number,
): void {
  if (start === line && source instanceof Uint8Array) {
    const bytes = fours(source, start, 3 * count)
    const [red, green, blue] = three.map((one) => fours(one as Uint8Array, at, count))
    if (bytes && red && green && blue) {
      sumFours(bytes, red, green, blue)
      return
    }
  }
  const [red, green, blue] = three
  let r = 0
  let g = 0
  let b = 0
  let from = line
  for (; from < start; from += 3) {
    r = (r + source[from]!) | 0
    g = (g + source[from + 1]!) | 0
    b = (b + source[from + 2]!) | 0
  }
  for (let i = at; i < at + count; i++, from += 3) {
    r = (r + source[from]!) | 0
    g = (g + source[from + 1]!) | 0
    b = (b + source[from + 2]!) | 0
    red[i] = r
    green[i] = g
    blue[i] = b
  }
}

/** The bytes as words of four, the first of them the lowest; undefined where they do not stand so in memory. */
function fours(bytes: Uint8Array, start: number, count: number): Uint32Array | undefined {
  const at = bytes.byteOffset + start
  return at % 4 === 0 && count % 4 === 0 ? new Uint32Array(bytes.buffer, at, count >> 2) : undefined
}

/** Four pixels at a time, from three words to one of each colour: half the time, as memory is the least of it. */
function sumFours(bytes: Uint32Array, red: Uint32Array, green: Uint32Array, blue: Uint32Array): void {
  let r = 0
  let g = 0
  let b = 0
  for (let i = 0, from = 0; i < red.length; i++, from += 3) {
    const x = bytes[from]!
    const y = bytes[from + 1]!
    const z = bytes[from + 2]!
    const r0 = (r + x) | 0
    const g0 = (g + (x >>> 8)) | 0
    const b0 = (b + (x >>> 16)) | 0
    const r1 = (r0 + (x >>> 24)) | 0
    const g1 = (g0 + y) | 0
    const b1 = (b0 + (y >>> 8)) | 0
    const r2 = (r1 + (y >>> 16)) | 0
    const g2 = (g1 + (y >>> 24)) | 0
    const b2 = (b1 + z) | 0
    r = (r2 + (z >>> 8)) | 0
    g = (g2 + (z >>> 16)) | 0
    b = (b2 + (z >>> 24)) | 0
    red[i] = (r0 & 255) | ((r1 & 255) << 8) | ((r2 & 255) << 16) | (r << 24)
    green[i] = (g0 & 255) | ((g1 & 255) << 8) | ((g2 & 255) << 16) | (g << 24)
    blue[i] = (b0 & 255) | ((b1 & 255) << 8) | ((b2 & 255) << 16) | (b << 24)
  }
}
