/**
 * Sums of the differences that red, green and blue are kept as (TIFF 6.0 section 14), over whole rows of bytes: sixteen
 * pixels at a time with WebAssembly's vectors take half of what four at a time took in JavaScript.
 */

import {
  assign,
  below,
  type Code,
  compile,
  type Instance,
  int32,
  leave,
  loadVector,
  minus,
  moduleOf,
  NO_BYTES,
  plus,
  plusBytes,
  repeatWhile,
  shuffle,
  storeVector,
  variable,
} from '../wasm.ts'
import type { Three } from './rgb.ts'

const LANES = 16
const PAGE = 64 * 1024
/** Bytes of pixels that one call takes: they and their sums stay in the processor's second cache. */
const MOST_BYTES = 192 * 1024
const SUMS = MOST_BYTES

const COLOURS = [0, 1, 2] as const
const lanes = (of: (lane: number) => number): number[] => Array.from({ length: LANES }, (_, lane) => of(lane))
const LAST = lanes(() => LANES - 1)

/** run(from, sums, plane, rows, width): `plane` bytes lie between the sums of one colour and of the next. */
function program(): Uint8Array {
  const [from, sums, plane, rows, width, end] = [0, 1, 2, 3, 4, 5].map(variable) as Six
  const [sum, first, second, ...carries] = [6, 7, 8, 9, 10, 11].map(variable) as Six
  const third = loadVector(from.value, 2 * LANES)
  const green = plus(sums.value, plane.value)
  const places = [sums.value, green, plus(green, plane.value)]
  const colour = (at: (typeof COLOURS)[number]): Code[] => {
    const carry = carries[at]!
    // Its byte of the pixel in this lane, among the 48 of sixteen pixels.
    const byte = (lane: number): number => 3 * lane + at
    const early = lanes((lane) => (byte(lane) < 32 ? byte(lane) : 0))
    const late = lanes((lane) => (byte(lane) < 32 ? lane : byte(lane) - 16))
    return [
      assign(sum, shuffle(shuffle(first.value, second.value, early), third, late)),
      ...[1, 2, 4, 8].map((by) => assign(sum, plusBytes(sum.value, movedUp(sum.value, by)))),
      assign(carry, plusBytes(sum.value, carry.value)),
      storeVector(places[at]!, carry.value),
      assign(carry, shuffle(carry.value, carry.value, LAST)),
    ]
  }
  return moduleOf(
    5,
    1,
    [
      repeatWhile(rows.value, [
        assign(end, plus(sums.value, width.value)),
        ...carries.map((carry) => assign(carry, NO_BYTES)),
        repeatWhile(below(sums.value, end.value), [
          assign(first, loadVector(from.value)),
          assign(second, loadVector(from.value, LANES)),
          ...COLOURS.flatMap(colour),
          assign(from, plus(from.value, int32(3 * LANES))),
          assign(sums, plus(sums.value, int32(LANES))),
        ]),
        assign(rows, minus(rows.value, int32(1))),
      ]),
      leave(sums.value),
    ],
    6,
  )
}

type Variable = ReturnType<typeof variable>
type Six = [Variable, Variable, Variable, Variable, Variable, Variable]

/** Each lane's byte in the lane `by` further on, zeros before. */
const movedUp = (bytes: Code, by: number): Code =>
  shuffle(
    NO_BYTES,
    bytes,
    lanes((lane) => (lane < by ? lane : LANES + lane - by)),
  )

let kept: Instance | undefined

function newInstance(): Instance {
  const instance = compile(program())()
  instance.memory.grow((2 * MOST_BYTES) / PAGE - 1)
  return instance
}

/** Whether rows of so many pixels can be summed here. */
export function hasWholeVectors(width: number): boolean {
  return width > 0 && width % LANES === 0 && 3 * width <= MOST_BYTES
}

/** The sums of so many rows of pixels, each colour's to its place from `at` on. */
export function sumRows(pixels: Uint8Array, three: Three, at: number, rows: number, width: number): void {
  kept ??= newInstance()
  const memory = new Uint8Array(kept.memory.buffer)
  const together = Math.floor(MOST_BYTES / (3 * width))
  for (let row = 0; row < rows; row += together) {
    const count = Math.min(together, rows - row)
    const plane = count * width
    memory.set(pixels.subarray(3 * row * width, 3 * (row + count) * width))
    kept.run(0, SUMS, plane, count, width)
    for (const [i, colour] of three.entries())
      colour.set(memory.subarray(SUMS + i * plane, SUMS + (i + 1) * plane), at + row * width)
  }
}
