/** Chroma at full resolution as the IJG's library makes it (jdsample.c, "fancy" upsampling), and RGB (jdcolor.c). */

export interface Plane {
  readonly width: number
  readonly height: number
  /** Samples of a row, with those behind the image that blocks are filled up with. */
  readonly stride: number
  readonly samples: Uint8ClampedArray
}

/** One row of the plane at full resolution: `down` and `across` are how many samples one of its own stands for. */
export function upsampledRow(
  plane: Plane,
  row: number,
  across: number,
  down: number,
  width: number,
  out: Uint8Array,
): void {
  const { samples, stride, height } = plane
  const own = Math.floor(row / down)
  const start = own * stride
  // Narrow planes are not smoothed, nor factors other than two.
  const smooth = plane.width > 2
  if (across === 1 && down === 1) {
    for (let i = 0; i < width; i++) out[i] = samples[start + i]!
  } else if (across === 2 && down === 1 && smooth) {
    triangle(samples, start, start, plane.width, out, false)
  } else if (across === 2 && down === 2 && smooth) {
    triangle(samples, start, nearer(row, own, height) * stride, plane.width, out, true)
  } else if (across === 1 && down === 2) {
    const near = nearer(row, own, height) * stride
    const bias = row & 1 ? 2 : 1
    for (let i = 0; i < width; i++) out[i] = (samples[start + i]! * 3 + samples[near + i]! + bias) >> 2
  } else {
    for (let i = 0; i < width; i++) out[i] = samples[start + Math.floor(i / across)]!
  }
}

/** The row of the plane on the other side of a row of the image; at the image's edges its own. */
function nearer(row: number, own: number, height: number): number {
  return row & 1 ? Math.min(height - 1, own + 1) : Math.max(0, own - 1)
}

/** Twice as wide: three parts of the nearer sample, one of the farther one; likewise between two rows. */
function triangle(
  samples: Uint8ClampedArray,
  start: number,
  near: number,
  width: number,
  out: Uint8Array,
  rows: boolean,
): void {
  const [own, other] = rows ? [3, 1] : [1, 0]
  const [left, right, shift] = rows ? [8, 7, 4] : [1, 2, 2]
  let last = 0
  let here = samples[start]! * own + samples[near]! * other
  let next = width > 1 ? samples[start + 1]! * own + samples[near + 1]! * other : here
  const end = width - 1
  out[0] = rows ? (here * 4 + left) >> shift : here
  out[1] = (here * 3 + next + right) >> shift
  for (let i = 1; i < end; i++) {
    last = here
    here = next
    next = samples[start + i + 1]! * own + samples[near + i + 1]! * other
    out[2 * i] = (here * 3 + last + left) >> shift
    out[2 * i + 1] = (here * 3 + next + right) >> shift
  }
  out[2 * end] = (next * 3 + here + left) >> shift
  out[2 * end + 1] = rows ? (next * 4 + right) >> shift : next
}

const RED = new Int32Array(256)
const BLUE = new Int32Array(256)
const GREEN_RED = new Int32Array(256)
const GREEN_BLUE = new Int32Array(256)
for (let i = 0; i < 256; i++) {
  const x = i - 128
  RED[i] = (91881 * x + 32768) >> 16
  BLUE[i] = (116130 * x + 32768) >> 16
  GREEN_RED[i] = -46802 * x
  GREEN_BLUE[i] = -22554 * x + 32768
}

/** A row of Y, Cb and Cr as RGB, one pixel after the other, at `out[at]`. */
export function rgbRow(
  y: Uint8Array,
  cb: Uint8Array,
  cr: Uint8Array,
  width: number,
  out: Uint8ClampedArray,
  at: number,
): void {
  for (let i = 0; i < width; i++, at += 3) {
    const luma = y[i]!
    const blue = cb[i]!
    const red = cr[i]!
    out[at] = luma + RED[red]!
    out[at + 1] = luma + ((GREEN_BLUE[blue]! + GREEN_RED[red]!) >> 16)
    out[at + 2] = luma + BLUE[blue]!
  }
}
