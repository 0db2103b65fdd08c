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
  [red, green, blue]: Three,
  at: number,
  count: number,
): void {
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
