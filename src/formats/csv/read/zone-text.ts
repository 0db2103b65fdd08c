/** Zones of texts: whole, or cut to bounds that still hold. */

import type { ZoneValue } from '../../text/types.ts'
import type { TextColumn } from './column.ts'
import { Gatherer } from './gatherer.ts'

/** Bounds are cut to this many bytes: enough to tell segments apart. */
const TEXT_BYTES = 64
/** Above all texts that anyone writes. */
const LAST_TEXT = '\u{10ffff}'.repeat(8)

/** Texts in byte order of UTF-8. */
export class TextGatherer extends Gatherer {
  #min: Uint8Array | undefined
  #max: Uint8Array | undefined

  fold(from: number, to: number): void {
    const column = this.wanted.column as TextColumn
    const { offsets, data, hasNulls } = column
    let min = -1
    let max = -1
    for (let row = from; row < to; row++) {
      if (hasNulls && column.isNull(row)) {
        this.nulls = true
      } else if (min < 0) {
        min = row
        max = row
      } else if (
        compare(data, offsets[row]!, offsets[row + 1]!, data, offsets[min]!, offsets[min + 1]!) < 0
      ) {
        min = row
      } else if (
        compare(data, offsets[row]!, offsets[row + 1]!, data, offsets[max]!, offsets[max + 1]!) > 0
      ) {
        max = row
      }
    }
    if (min < 0) return
    const low = column.value(min)
    const high = column.value(max)
    if (this.#min === undefined || Buffer.compare(low, this.#min) < 0) this.#min = low.slice()
    if (this.#max === undefined || Buffer.compare(high, this.#max) > 0) this.#max = high.slice()
  }

  protected bounds(): { min: ZoneValue; max: ZoneValue } {
    if (this.#min === undefined || this.#max === undefined) return { min: null, max: null }
    return { min: decode(cut(this.#min)), max: upperBound(this.#max) }
  }

  protected widest(): { min: ZoneValue; max: ZoneValue } {
    return { min: '', max: LAST_TEXT }
  }

  protected reset(): void {
    this.#min = undefined
    this.#max = undefined
  }
}

function compare(a: Uint8Array, from: number, to: number, b: Uint8Array, start: number, end: number): number {
  const length = Math.min(to - from, end - start)
  for (let i = 0; i < length; i++) {
    const difference = a[from + i]! - b[start + i]!
    if (difference !== 0) return difference
  }
  return to - from - (end - start)
}

/** The longest beginning of whole characters within the limit: a lower bound of the text. */
function cut(text: Uint8Array): Uint8Array {
  if (text.length <= TEXT_BYTES) return text
  let end = TEXT_BYTES
  while ((text[end]! & 0xc0) === 0x80) end--
  return text.subarray(0, end)
}

const decode = (text: Uint8Array): string =>
  Buffer.from(text.buffer, text.byteOffset, text.length).toString('utf8')

/** A short text not below `text`: its beginning, with the last character that can grow grown. */
function upperBound(text: Uint8Array): string {
  const short = cut(text)
  if (short.length === text.length) return decode(text)
  const characters = [...decode(short)]
  while (characters.length > 0) {
    const code = characters.pop()!.codePointAt(0)!
    if (code >= 0x10ffff) continue
    // The code points of surrogates are no characters.
    return characters.join('') + String.fromCodePoint(code === 0xd7ff ? 0xe000 : code + 1)
  }
  return decode(text)
}
