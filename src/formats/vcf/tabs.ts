/** Passes over tabs 32 bytes at a time: a sample's column is found by counting all those before it. */

const TAB = 9
const TABS = 0x09090909
const ONES = 0x01010101
const HIGH = 0x80808080 | 0
const LOW7 = 0x7f7f7f7f

/** A one in each of the four bytes that is a tab. */
function marks(word: number): number {
  const zero = word ^ TABS
  return (~((zero & LOW7) + LOW7) & ~zero & HIGH) >>> 7
}

export class Tabs {
  #words: Int32Array = new Int32Array(0)
  /** Where the words begin in the bytes: 0…3. */
  #shift = 0
  #bytes: Uint8Array = new Uint8Array(0)

  /** The bytes to look into from now on. */
  use(bytes: Uint8Array): void {
    if (bytes === this.#bytes) return
    this.#bytes = bytes
    this.#shift = -bytes.byteOffset & 3
    const count = Math.max(0, (bytes.length - this.#shift) >> 2)
    this.#words =
      count === 0 ? new Int32Array(0) : new Int32Array(bytes.buffer, bytes.byteOffset + this.#shift, count)
  }

  /** Behind the `count`-th tab of bytes[from, end); beyond `end` when there are fewer. */
  pass(from: number, end: number, count: number): number {
    if (count === 0) return from
    const bytes = this.#bytes
    const shift = this.#shift
    let at = from
    let left = count
    for (; at < end && ((at - shift) & 3) !== 0; at++) if (bytes[at] === TAB && --left === 0) return at + 1
    const words = this.#words
    let word = (at - shift) >> 2
    // Without a branch for each word, which the processor could not foretell: samples are short.
    for (const last = ((end - shift) >> 2) - 7; word < last; word += 8) {
      const found =
        marks(words[word]!) +
        marks(words[word + 1]!) +
        marks(words[word + 2]!) +
        marks(words[word + 3]!) +
        marks(words[word + 4]!) +
        marks(words[word + 5]!) +
        marks(words[word + 6]!) +
        marks(words[word + 7]!)
      const tabs = Math.imul(found, ONES) >>> 24
      if (tabs >= left) break
      left -= tabs
    }
    if (word << 2 > at - shift) at = (word << 2) + shift
    for (; at < end; at++) if (bytes[at] === TAB && --left === 0) return at + 1
    return end + 1
  }
}
