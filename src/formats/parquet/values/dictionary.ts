/** Values that stand in the column chunk's dictionary, by their index in it (encoding RLE_DICTIONARY). */

import { badParquet } from '../error.ts'
import type { Dense } from './dense.ts'
import { HybridDecoder } from './hybrid.ts'
import { copy } from './plain.ts'
import type { ValueBytes, ValueDecoder } from './types.ts'

/** Indexes are decoded by so many. */
const STEP = 8192

const indexes = new Int32Array(STEP)

export class DictionaryValues implements ValueDecoder {
  readonly #indexes: HybridDecoder
  readonly #dictionary: Dense

  constructor({ bytes, at, end }: ValueBytes, dictionary: Dense) {
    // A page of nulls may have nothing at all.
    this.#indexes = new HybridDecoder(bytes, Math.min(at + 1, end), end, at < end ? bytes[at]! : 0)
    this.#dictionary = dictionary
  }

  read(count: number, out: Dense): void {
    for (let left = count; left > 0; left -= STEP) {
      const some = Math.min(left, STEP)
      this.#indexes.read(indexes, 0, some)
      const { count: size, width } = this.#dictionary
      for (let i = 0; i < some; i++) {
        // Also of what is negative, because it has 32 bits.
        if (indexes[i]! >>> 0 >= size)
          throw badParquet(`a value is number ${indexes[i]! >>> 0} of its dictionary, expected below ${size}`)
      }
      if (width === 0) gatherTexts(this.#dictionary, some, out)
      else gatherFixed(this.#dictionary, some, out)
    }
  }
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
  let { used, count: at } = out
  for (let i = 0; i < count; i++) {
    const from = offsets[indexes[i]!]!
    const end = offsets[indexes[i]! + 1]!
    if (end - from <= 40) for (let k = from; k < end; ) to[used++] = data[k++]!
    else {
      to.set(data.subarray(from, end), used)
      used += end - from
    }
    ends[++at] = used
  }
  out.used = used
  out.count = at
}
