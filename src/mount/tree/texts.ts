/** A column of texts as one buffer. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: the law of ASCII
const ASCII = /^[\x00-\x7f]*$/

export class Texts {
  readonly #heap: Buffer
  /** Undefined: all texts are missing. An empty text is told from a missing one by its end's sign. */
  readonly #ends: Int32Array | undefined
  readonly #encoding: 'latin1' | 'utf8'

  private constructor(heap: Buffer, ends: Int32Array | undefined, encoding: 'latin1' | 'utf8') {
    this.#heap = heap
    this.#ends = ends
    this.#encoding = encoding
  }

  /** The text of each row, as `textOf` has it. */
  static of(rows: readonly number[], textOf: (row: number) => string | undefined): Texts {
    const texts = rows.map(textOf)
    if (texts.every((text) => text === undefined)) return new Texts(Buffer.alloc(0), undefined, 'latin1')
    const ends = new Int32Array(texts.length)
    const joined = texts.join('')
    // Plain ASCII, which most paths are, is taken out several times faster.
    const encoding = ASCII.test(joined) ? 'latin1' : 'utf8'
    let end = 0
    texts.forEach((text, i) => {
      end += text === undefined ? 0 : Buffer.byteLength(text, encoding)
      ends[i] = text === undefined ? -1 - end : end
    })
    // Not from the pool that small buffers share: it would be held as long as one of them is.
    const heap = Buffer.alloc(end)
    heap.write(joined, encoding)
    return new Texts(heap, ends, encoding)
  }

  get bytes(): number {
    return this.#heap.length + (this.#ends?.byteLength ?? 0)
  }

  at(i: number): string | undefined {
    const end = this.#ends?.[i]
    if (end === undefined || end < 0) return undefined
    const before = i === 0 ? 0 : this.#ends![i - 1]!
    return this.#heap.toString(this.#encoding, before < 0 ? -1 - before : before, end)
  }
}
