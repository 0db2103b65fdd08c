/**
 * The `duckdb_string_t`s of texts of at most 12 bytes, which stand in them whole: length, text, zeros. As a small
 * WebAssembly function over words of 64 bits, which JavaScript has none of: it takes a third of the time.
 */

import {
  and64,
  assign,
  atLeast,
  below,
  compile,
  type Instance,
  int32,
  int64,
  leave,
  load32,
  load64,
  minus,
  moduleOf,
  or64,
  plus,
  repeatWhile,
  shiftLeft,
  shiftLeft64,
  store64,
  variable,
  when,
  widen,
} from '../../formats/wasm.ts'

export const STRING_BYTES = 16
export const INLINE_BYTES = 12

const PAGE = 64 * 1024
/** Where the masks of each length stand: of the first word, and of the second. */
const MASKS = 0
const START = (INLINE_BYTES + 1) * STRING_BYTES
/** Words are read over the end of the last text. */
const SLACK = 16
/** Of one call: the memory never shrinks. */
const MOST_ROWS = 65536

/** run(offsets, offsetsEnd, texts, out): how many rows it has done, up to one that is longer. */
function program(): Uint8Array {
  type Variable = ReturnType<typeof variable>
  const [at, end, texts, out, begin, from, length, mask] = Array.from({ length: 8 }, (_, index) =>
    variable(index),
  ) as [Variable, Variable, Variable, Variable, Variable, Variable, Variable, Variable]
  return moduleOf(4, 4, [
    assign(begin, out.value),
    repeatWhile(below(at.value, end.value), [
      assign(from, load32(at.value)),
      assign(length, minus(load32(at.value, 4), from.value)),
      when(atLeast(length.value, int32(INLINE_BYTES + 1)), [leave(minus(out.value, begin.value))]),
      assign(from, plus(texts.value, from.value)),
      assign(mask, shiftLeft(length.value, int32(4))),
      store64(
        out.value,
        or64(
          and64(shiftLeft64(load64(from.value), int64(32)), load64(mask.value, MASKS)),
          widen(length.value),
        ),
      ),
      store64(out.value, and64(load64(from.value, 4), load64(mask.value, MASKS + 8)), 8),
      assign(out, plus(out.value, int32(STRING_BYTES))),
      assign(at, plus(at.value, int32(4))),
    ]),
    leave(minus(out.value, begin.value)),
  ])
}

let kept: Instance | undefined

function newInstance(): Instance {
  const instance = compile(program())()
  const bytes = new Uint8Array(instance.memory.buffer)
  for (let length = 0; length <= INLINE_BYTES; length++)
    bytes.fill(255, MASKS + length * STRING_BYTES + 4, MASKS + length * STRING_BYTES + 4 + length)
  return instance
}

/** Where the strings of some rows stand, until the next ones are made. */
export interface Strings {
  readonly buffer: ArrayBuffer
  readonly at: number
}

/**
 * The strings of the values between `offsets`, which has one more than there are rows, of which there is one at least;
 * undefined when a value is too long to stand in its string, or there are too many.
 */
export function shortStrings(values: Uint8Array, offsets: Int32Array): Strings | undefined {
  const rows = offsets.length - 1
  const first = offsets[0]!
  const bytes = offsets[rows]! - first
  if (bytes > rows * INLINE_BYTES || rows > MOST_ROWS) return undefined
  kept ??= newInstance()
  const { memory, run } = kept
  const texts = START + (rows + 1) * 4
  const out = texts + bytes + SLACK
  const missing = out + rows * STRING_BYTES - memory.buffer.byteLength
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE))
  const { buffer } = memory
  new Int32Array(buffer, START, rows + 1).set(offsets)
  new Uint8Array(buffer, texts, bytes).set(values.subarray(first, first + bytes))
  const done = run(START, START + rows * 4, texts - first, out)
  return done === rows * STRING_BYTES ? { buffer, at: out } : undefined
}
