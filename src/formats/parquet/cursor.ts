/** A column chunk from its first row to its last: levels and values, page by page. */

import type { Decompress } from './codecs/index.ts'
import { badParquet, unsupportedParquet } from './error.ts'
import { isData, isDictionary, openPage, type Page, type RawPage, rawPage, readDictionary } from './page.ts'
import type { Chunk, Leaf } from './types.ts'
import { Dense, FRESH, type Memory } from './values/dense.ts'

/** Levels are looked at so many at a time where rows have several. */
const WINDOW = 8192
/** Levels of one batch: a single row may have many. */
const MOST_LEVELS = 1 << 27

/** Some rows of a stored column. */
export interface Stored {
  /** Levels: as many as rows where the column is in no list. */
  readonly entries: number
  /** Undefined: every value is there. */
  readonly definition: Uint8Array | undefined
  readonly repetition: Uint8Array | undefined
  /** The values that are there. */
  readonly values: Dense
}

export class ChunkCursor {
  readonly #bytes: Uint8Array
  readonly #leaf: Leaf
  readonly #chunk: Chunk
  readonly #decompress: Decompress
  #at = 0
  #dictionary: Dense | undefined
  #page: Page | undefined
  /** Levels of the page that were not read, and of the chunk that no page has brought yet. */
  #left = 0
  #unseen: number
  // Levels that were looked at and not taken, where rows have several.
  readonly #window: { readonly definition: Uint8Array; readonly repetition: Uint8Array } | undefined
  #from = 0
  #to = 0

  constructor(bytes: Uint8Array, leaf: Leaf, chunk: Chunk, decompress: Decompress) {
    this.#bytes = bytes
    this.#leaf = leaf
    this.#chunk = chunk
    this.#decompress = decompress
    this.#unseen = chunk.values
    if (leaf.maxRepetition > 0)
      this.#window = { definition: new Uint8Array(WINDOW), repetition: new Uint8Array(WINDOW) }
  }

  /** Bytes that a value may take at most because the dictionary has one so long; 0 without one. */
  get longest(): number {
    this.#loadDictionary()
    const dictionary = this.#dictionary
    if (dictionary === undefined || dictionary.width > 0) return 0
    let longest = 0
    for (let i = 0; i < dictionary.count; i++)
      longest = Math.max(longest, dictionary.offsets[i + 1]! - dictionary.offsets[i]!)
    return longest
  }

  read(rows: number, memory: Memory): Stored {
    return this.#window === undefined ? this.#readFlat(rows, memory) : this.#readNested(rows, memory)
  }

  /** Passes rows without decoding pages of which no other row is wanted. */
  skip(rows: number): void {
    let left = rows
    while (this.#window === undefined && this.#left === 0 && left > 0) {
      const page = this.#nextRaw()
      if (page.values > left) {
        this.#open(page, true)
        break
      }
      this.#unseen -= page.values
      left -= page.values
    }
    // The values are forgotten with their memory.
    for (; left > 0; left -= Math.min(left, WINDOW)) this.read(Math.min(left, WINDOW), FRESH)
  }

  #readFlat(rows: number, memory: Memory): Stored {
    const { maxDefinition, width } = this.#leaf
    const values = new Dense(width, rows, memory)
    // Made when the first null may come: most columns have none.
    let definition: Uint8Array | undefined
    for (let done = 0; done < rows; ) {
      if (this.#left === 0) this.#nextPage(rows - done)
      const page = this.#page!
      const some = Math.min(rows - done, this.#left)
      let present = some
      if (maxDefinition > 0 && !page.definition!.takeRun(some, maxDefinition)) {
        definition ??= new Uint8Array(rows).fill(maxDefinition, 0, done)
        page.definition!.read(definition, done, some)
        present = countOf(definition, done, done + some, maxDefinition)
      } else definition?.fill(maxDefinition, done, done + some)
      if (present > 0) page.decoder.read(present, values)
      this.#left -= some
      done += some
    }
    const full = definition === undefined || values.count === rows
    return { entries: rows, definition: full ? undefined : definition, repetition: undefined, values }
  }

  #readNested(rows: number, memory: Memory): Stored {
    const { maxDefinition, width } = this.#leaf
    const window = this.#window!
    const values = new Dense(width, rows, memory)
    let definition = new Uint8Array(rows * 2)
    let repetition = new Uint8Array(rows * 2)
    let entries = 0
    let started = 0
    for (;;) {
      if (this.#from === this.#to && !this.#fillWindow()) break
      let to = this.#from
      for (; to < this.#to; to++) {
        if (window.repetition[to] !== 0) continue
        if (started === rows) break
        started++
      }
      const some = to - this.#from
      if (started === 0)
        throw badParquet(`column "${this.#leaf.name}" begins inside a row, expected at its start`)
      if (entries + some > definition.length) {
        if (entries + some > MOST_LEVELS)
          throw unsupportedParquet(
            `column "${this.#leaf.name}" has a row of more than ${MOST_LEVELS} values, which is not read`,
          )
        const size = Math.max(entries + some, definition.length * 2)
        definition = grown(definition, size)
        repetition = grown(repetition, size)
      }
      definition.set(window.definition.subarray(this.#from, to), entries)
      repetition.set(window.repetition.subarray(this.#from, to), entries)
      const present = countOf(definition, entries, entries + some, maxDefinition)
      if (present > 0) this.#page!.decoder.read(present, values)
      entries += some
      this.#from = to
      if (to < this.#to) break
    }
    if (started < rows)
      throw badParquet(
        `column "${this.#leaf.name}" has ${rows - started} rows less than its row group, expected as many`,
      )
    return { entries, definition, repetition, values }
  }

  /** The next levels of the page, or of the next one; false at the chunk's end. */
  #fillWindow(): boolean {
    while (this.#left === 0) {
      if (this.#unseen === 0) return false
      this.#nextPage(0)
    }
    const some = Math.min(WINDOW, this.#left)
    const { definition, repetition } = this.#window!
    this.#page!.repetition!.read(repetition, 0, some)
    this.#page!.definition!.read(definition, 0, some)
    this.#left -= some
    this.#from = 0
    this.#to = some
    return true
  }

  /** `wanted`: levels that are read before anything else is unpacked. */
  #nextPage(wanted: number): void {
    const raw = this.#nextRaw()
    this.#open(raw, raw.values > wanted)
  }

  #open(raw: RawPage, stay: boolean): void {
    this.#unseen -= raw.values
    this.#left = raw.values
    this.#page = openPage(raw, this.#leaf, this.#decompress, this.#dictionary, stay)
  }

  /** The next data page, still packed. */
  #nextRaw(): RawPage {
    this.#loadDictionary()
    for (;;) {
      const raw = rawPage(this.#bytes, this.#at)
      if (raw === undefined)
        throw badParquet(
          `column "${this.#leaf.name}" has ${this.#unseen} values less than its row group says, expected all ${this.#chunk.values}`,
        )
      this.#at = raw.next
      if (!isData(raw)) continue
      if (raw.values > this.#unseen)
        throw badParquet(
          `a page of column "${this.#leaf.name}" has ${raw.values} values, expected at most the ${this.#unseen} that are left`,
        )
      return raw
    }
  }

  /** The dictionary comes before all other pages. */
  #loadDictionary(): void {
    if (this.#at > 0) return
    const raw = rawPage(this.#bytes, 0)
    if (raw === undefined || !isDictionary(raw)) return
    this.#dictionary = readDictionary(raw, this.#leaf, this.#decompress)
    this.#at = raw.next
  }
}

function countOf(levels: Uint8Array, from: number, to: number, wanted: number): number {
  let count = 0
  for (let i = from; i < to; i++) if (levels[i] === wanted) count++
  return count
}

function grown(levels: Uint8Array<ArrayBuffer>, size: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(size)
  larger.set(levels)
  return larger
}
