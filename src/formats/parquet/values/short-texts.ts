/**
 * Texts by their indexes in a dictionary of nothing but short ones, as a small WebAssembly function: a text is two
 * words of 64 bits wherever it goes, which takes JavaScript three times as long.
 */

import {
  assign,
  atLeast,
  below,
  compile,
  type Instance,
  int32,
  leave,
  load32,
  load64,
  minus,
  moduleOf,
  plus,
  repeatWhile,
  shiftLeft,
  store32,
  store64,
  variable,
  when,
} from '../../wasm.ts'
import type { Dense } from './dense.ts'
import { wordsOf } from './plain.ts'

/** Indexes that are looked up at once. */
export const STEP = 8192

/** Bytes that a text may have, and of a slot, which holds them and, in the last four, how many they are. */
const TEXT_BYTES = 12
const SLOT_BYTES = 16
/** Texts of a dictionary: the memory never shrinks. */
const MOST_SLOTS = 1 << 17

/** Where things stand in the memory. Of texts a word too much is written behind the last one. */
const INDEXES = 0
const ENDS = INDEXES + STEP * 4
const TEXTS = ENDS + STEP * 4
const SLOTS = TEXTS + STEP * TEXT_BYTES + SLOT_BYTES
const SIZE = SLOTS + MOST_SLOTS * SLOT_BYTES
const PAGE = 64 * 1024

/** run(bytes of indexes, size of the dictionary, bytes before): bytes behind the last text; -1 for a wrong index. */
function program(): Uint8Array {
  type Variable = ReturnType<typeof variable>
  const [end, size, used, at, slot, to, before] = Array.from({ length: 7 }, (_, index) =>
    variable(index),
  ) as [Variable, Variable, Variable, Variable, Variable, Variable, Variable]
  return moduleOf(3, 4, [
    assign(before, used.value),
    repeatWhile(below(at.value, end.value), [
      assign(slot, load32(at.value, INDEXES)),
      when(atLeast(slot.value, size.value), [leave(int32(-1))]),
      assign(slot, shiftLeft(slot.value, int32(4))),
      assign(to, minus(used.value, before.value)),
      store64(to.value, load64(slot.value, SLOTS), TEXTS),
      store64(to.value, load64(slot.value, SLOTS + 8), TEXTS + 8),
      assign(used, plus(used.value, load32(slot.value, SLOTS + TEXT_BYTES))),
      store32(at.value, used.value, ENDS),
      assign(at, plus(at.value, int32(4))),
    ]),
    leave(used.value),
  ])
}

/** A dictionary's texts in slots. */
export type Slots = Int32Array

/** Undefined when a text is too long for a slot, or there are too many. */
export function slotsOf({ count, offsets, data }: Dense): Slots | undefined {
  if (count > MOST_SLOTS) return undefined
  for (let i = 0; i < count; i++) if (offsets[i + 1]! - offsets[i]! > TEXT_BYTES) return undefined
  // Words, over the end of a text: dictionaries have the slack for that.
  const words = wordsOf(data)
  const made = new Int32Array((count * SLOT_BYTES) >> 2)
  for (let i = 0, at = 0; i < count; i++) {
    const from = offsets[i]!
    for (let k = 0; k < TEXT_BYTES; k += 4) made[at++] = words.getInt32(from + k, true)
    made[at++] = offsets[i + 1]! - from
  }
  return made
}

let kept: Instance | undefined
/** Whose slots stand in its memory. */
let loaded: Slots | undefined

function newInstance(): Instance {
  const instance = compile(program())()
  instance.memory.grow(Math.ceil(SIZE / PAGE) - 1)
  return instance
}

/** Appends the texts of `count` indexes, from 1 to STEP of them; false when one is not below the dictionary's size. */
export function gatherShort(slots: Slots, indexes: Int32Array, count: number, out: Dense): boolean {
  kept ??= newInstance()
  const { memory, run } = kept
  const words = new Int32Array(memory.buffer)
  if (loaded !== slots) {
    words.set(slots, SLOTS >> 2)
    loaded = slots
  }
  words.set(indexes.subarray(0, count), INDEXES >> 2)
  const used = run(count * 4, (slots.length * 4) / SLOT_BYTES, out.used)
  if (used < 0) return false
  const bytes = used - out.used
  out.reserve(count, bytes)
  out.data.set(new Uint8Array(memory.buffer, TEXTS, bytes), out.used)
  out.offsets.set(words.subarray(ENDS >> 2, (ENDS >> 2) + count), out.count + 1)
  out.used = used
  out.count += count
  return true
}
