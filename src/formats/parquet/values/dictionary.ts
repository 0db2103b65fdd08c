/** Values that stand in the column chunk's dictionary, by their index in it (encoding RLE_DICTIONARY). */

import { badParquet } from '../error.ts'
import type { Dense } from './dense.ts'
import { HybridDecoder } from './hybrid.ts'
import { copy, FEW, wordsOf } from './plain.ts'
import { gatherShort, type Slots, STEP, slotsOf } from './short-texts.ts'
import type { ValueBytes, ValueDecoder } from './types.ts'

const indexes = new Int32Array(STEP)

export class DictionaryValues implements ValueDecoder {
  readonly #indexes: HybridDecoder
  readonly #dictionary: Dense
  readonly #short: Slots | undefined

  constructor({ bytes, at, end }: ValueBytes, dictionary: Dense) {
    // A page of nulls may have nothing at all.
    this.#indexes = new HybridDecoder(bytes, Math.min(at + 1, end), end, at < end ? bytes[at]! : 0)
    this.#dictionary = dictionary
    this.#short = dictionary.width === 0 ? shortTexts(dictionary) : undefined
  }

  read(count: number, out: Dense): void {
    for (let left = count; left > 0; left -= STEP) {
      const some = Math.min(left, STEP)
      this.#indexes.read(indexes, 0, some)
      if (this.#short !== undefined && gatherShort(this.#short, indexes, some, out)) continue
      checkIndexes(some, this.#dictionary.count)
      if (this.#dictionary.width === 0) gatherTexts(this.#dictionary, some, out)
      else gatherFixed(this.#dictionary, some, out)
    }
  }
}

function checkIndexes(count: number, size: number): void {
  let most = 0
  // Also of what is negative, because it has 32 bits.
  for (let i = 0; i < count; i++) most = Math.max(most, indexes[i]! >>> 0)
  if (most >= size) throw badParquet(`a value is number ${most} of its dictionary, expected below ${size}`)
}

const slots = new WeakMap<Dense, Slots | undefined>()

/** A dictionary of nothing but short texts in slots, made once. */
function shortTexts(dictionary: Dense): Slots | undefined {
  if (!slots.has(dictionary)) slots.set(dictionary, slotsOf(dictionary))
  return slots.get(dictionary)
}

function gatherFixed({ data, width }: Dense, count: number, out: Dense): void {
  out.reserve(count)
  if (width % 4 === 0 && out.used % 4 === 0) {
    // As whole numbers: a double that is none might lose its bits on the way.
    const words = width >> 2
    const from = new Int32Array(data.buffer, 0, data.length >> 2)
    const to = new Int32Array(out.data.buffer, 0, out.data.length >> 2)
    let at = out.used >> 2
    if (words === 1) for (let i = 0; i < count; i++) to[at++] = from[indexes[i]!]!
    else if (words === 2)
      for (let i = 0; i < count; i++) {
        const index = indexes[i]! * 2
        to[at++] = from[index]!
        to[at++] = from[index + 1]!
      }
    else
      for (let i = 0; i < count; i++)
        for (let k = 0, index = indexes[i]! * words; k < words; k++) to[at++] = from[index + k]!
  } else {
    for (let i = 0, at = out.used; i < count; i++, at += width)
      copy(data, indexes[i]! * width, (indexes[i]! + 1) * width, out.data, at)
  }
  out.used += count * width
  out.count += count
}

function gatherTexts({ data, offsets }: Dense, count: number, out: Dense): void {
  let bytes = 0
  for (let i = 0; i < count; i++) bytes += offsets[indexes[i]! + 1]! - offsets[indexes[i]!]!
  out.reserve(count, bytes)
  const to = out.data
  const ends = out.offsets
  // Words, over the end of a text: both sides have the slack for that.
  const words = wordsOf(data)
  const copies = wordsOf(to)
  let { used, count: at } = out
  for (let i = 0; i < count; i++) {
    const index = indexes[i]!
    const from = offsets[index]!
    const length = offsets[index + 1]! - from
    if (length <= FEW) {
      copies.setInt32(used, words.getInt32(from, true), true)
      copies.setInt32(used + 4, words.getInt32(from + 4, true), true)
      copies.setInt32(used + 8, words.getInt32(from + 8, true), true)
      for (let k = 12; k < length; k += 4) copies.setInt32(used + k, words.getInt32(from + k, true), true)
    } else to.set(data.subarray(from, from + length), used)
    ends[++at] = used += length
  }
  out.used = used
  out.count = at
}
