/**
 * Snappy (https://github.com/google/snappy/blob/main/format_description.txt), as a small WebAssembly function: its
 * tags are of three bytes or so each, and JavaScript, which has no numbers of 64 bits to copy them by, takes twice as
 * long.
 *
 * Rejected: hysnappy, which copies byte by byte, and gives every page as new memory: the garbage collector took as
 * long over it as unpacking did.
 */

import {
  and,
  assign,
  atLeast,
  below,
  type Code,
  choose,
  compile,
  copyMemory,
  equal,
  forever,
  type Instance,
  int32,
  leave,
  load8,
  load16,
  load32,
  load64,
  minus,
  moduleOf,
  or,
  plus,
  repeatWhile,
  shiftLeft,
  shiftRight,
  store64,
  variable,
  when,
} from '../../wasm.ts'
import type { Unpack } from './types.ts'

const PAGE = 64 * 1024
/** Before and behind the bytes: an answer of 0 is an error, and words are copied over ends. */
const SLACK = 64
/** Above it an instance is not kept: its memory never shrinks. */
const LARGE = 32 << 20

/** run(i, inEnd, o, outEnd): unpacks [i, inEnd) to [o, outEnd); where it stopped, 0 for what cannot be. */
function program(): Uint8Array {
  const [i, inEnd, o, outEnd, first, tag, length, offset, from] = Array.from({ length: 9 }, (_, index) =>
    variable(index),
  ) as [V, V, V, V, V, V, V, V, V]
  type V = ReturnType<typeof variable>
  const damaged = leave(int32(0))
  const advance = (by: Code) => assign(o, plus(o.value, by))

  const literal = [
    assign(from, plus(i.value, int32(1))),
    when(atLeast(length.value, int32(60)), [
      // So many bytes more hold the length.
      assign(offset, minus(length.value, int32(59))),
      assign(from, plus(from.value, offset.value)),
      when(below(inEnd.value, from.value), [damaged]),
      assign(
        length,
        and(load32(i.value, 1), shiftRight(int32(-1), minus(int32(32), shiftLeft(offset.value, int32(3))))),
      ),
    ]),
    // It is one less than there are bytes.
    when(atLeast(length.value, minus(inEnd.value, from.value)), [damaged]),
    when(atLeast(length.value, minus(outEnd.value, o.value)), [damaged]),
    when(
      below(length.value, int32(16)),
      [store64(o.value, load64(from.value)), store64(o.value, load64(from.value, 8), 8)],
      [copyMemory(o.value, from.value, plus(length.value, int32(1)))],
    ),
    assign(length, plus(length.value, int32(1))),
    assign(i, plus(from.value, length.value)),
    advance(length.value),
  ]

  const kind = and(tag.value, int32(3))
  const isShort = equal(kind, int32(1))
  const copyOf = [
    when(
      equal(kind, int32(3)),
      [
        assign(offset, load32(i.value, 1)),
        assign(length, plus(length.value, int32(1))),
        assign(i, plus(i.value, int32(5))),
      ],
      [
        // Without a branch: which of the two it is nobody can guess.
        assign(
          offset,
          choose(
            isShort,
            or(shiftLeft(and(tag.value, int32(0xe0)), int32(3)), load8(i.value, 1)),
            load16(i.value, 1),
          ),
        ),
        assign(
          length,
          choose(isShort, plus(and(length.value, int32(7)), int32(4)), plus(length.value, int32(1))),
        ),
        assign(i, minus(plus(i.value, int32(3)), isShort)),
      ],
    ),
    when(below(inEnd.value, i.value), [damaged]),
    // Also of offset 0, which becomes the largest number.
    when(atLeast(minus(offset.value, int32(1)), minus(o.value, first.value)), [damaged]),
    when(below(minus(outEnd.value, o.value), length.value), [damaged]),
    assign(from, minus(o.value, offset.value)),
    assign(tag, o.value),
    advance(length.value),
    // What repeats itself within a word is written until it is as long as one.
    when(below(offset.value, int32(8)), [
      repeatWhile(below(offset.value, int32(8)), [
        store64(tag.value, load64(from.value)),
        assign(tag, plus(tag.value, offset.value)),
        assign(offset, shiftLeft(offset.value, int32(1))),
      ]),
    ]),
    repeatWhile(below(tag.value, o.value), [
      store64(tag.value, load64(from.value)),
      assign(from, plus(from.value, int32(8))),
      assign(tag, plus(tag.value, int32(8))),
    ]),
  ]

  return moduleOf(4, 5, [
    assign(first, o.value),
    forever([
      when(atLeast(i.value, inEnd.value), [leave(o.value)]),
      assign(tag, load8(i.value)),
      assign(length, shiftRight(tag.value, int32(2))),
      when(equal(kind, int32(0)), literal, copyOf),
    ]),
  ])
}

let made: (() => Instance) | undefined
let kept: Instance | undefined

function newInstance(): Instance {
  made ??= compile(program())
  return made()
}

/** The page's bytes, until the next page is unpacked. */
export const unpackSnappy: Unpack = (bytes, size) => {
  const { length, from } = preamble(bytes)
  if (length !== size) throw new Error(`it says that it has ${length} bytes`)
  const large = size + bytes.length > LARGE
  const { memory, run } = large ? newInstance() : (kept ??= newInstance())
  const inEnd = SLACK + bytes.length
  const out = inEnd + SLACK
  const end = out + size
  const missing = end + SLACK - memory.buffer.byteLength
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE))
  const all = new Uint8Array(memory.buffer)
  all.set(bytes, SLACK)
  const stopped = run(SLACK + from, inEnd, out, end)
  if (stopped === 0) throw new Error('its tags lead out of it')
  return all.subarray(out, stopped)
}

/** The length that a stream begins with, and where its tags do. */
function preamble(bytes: Uint8Array): { length: number; from: number } {
  let length = 0
  for (let i = 0; i < 5; i++) {
    const byte = bytes[i] ?? 0
    length += (byte & 127) * 2 ** (7 * i)
    if (byte < 128) return { length, from: i + 1 }
  }
  throw new Error('its length has no end')
}
