/** Reads words: what ASCII white space separates. A word belongs where it begins, with the space after it. */

import type { ColumnBatch } from '../batch.ts'
import { ordinals, Utf8Builder } from '../builders.ts'
import {
  type BadRecord,
  BadRecordError,
  type ReaderSettings,
  type RecordReader,
  type Zone,
} from '../text/types.ts'
import { firstInvalidUtf8 } from '../text/utf8.ts'

/** Tab, line feed, vertical tab, form feed, carriage return, space: as C's `isspace` in the C locale. */
function isSpace(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13)
}

export class WordsReader implements RecordReader {
  rows = 0
  seen = 0
  readonly #word: Utf8Builder | undefined

  constructor(
    readonly projection: readonly number[],
    readonly settings: ReaderSettings,
  ) {
    this.#word = projection.includes(0) ? new Utf8Builder(settings.allocate) : undefined
  }

  get bytes(): number {
    return this.#word?.bytes ?? 0
  }

  read(
    bytes: Uint8Array,
    start: number,
    until: number,
    end: number,
    final: boolean,
    maxRows: number,
  ): number {
    const held = this.rows
    let at = start
    while (at < end && isSpace(bytes[at]!)) at++
    const first = at
    while (at < until && this.rows < maxRows) {
      let stop = at + 1
      while (stop < end && !isSpace(bytes[stop]!)) stop++
      let next = stop
      while (next < end && isSpace(bytes[next]!)) next++
      // The word, or the white space that ends it, may go on behind the end.
      if (next === end && !final) break
      this.#word?.append(bytes, at, stop)
      this.rows++
      this.seen++
      at = next
    }
    if (this.#word !== undefined) {
      const row = firstInvalidUtf8(this.#word, held)
      if (row >= 0) this.#invalid(bytes, first, end, row - held)
    }
    return at
  }

  #invalid(bytes: Uint8Array, first: number, end: number, words: number): never {
    const before = new WordsReader([], this.settings)
    const at = before.read(bytes, first, end, end, true, words)
    const record = this.settings.firstRecord + this.seen - this.rows + words
    throw new BadRecordError({ at, record, message: `words: word ${record} is not valid UTF-8` })
  }

  take(): ColumnBatch {
    const first = this.settings.firstRecord + this.seen - this.rows
    const text = this.#word?.take()
    const columns = this.projection.map((column) =>
      column === 0 ? text! : ordinals(this.settings.allocate, first, this.rows),
    )
    const batch = { rows: this.rows, columns }
    this.rows = 0
    return batch
  }

  takeZones(): Zone[] {
    return []
  }

  takeRejects(): BadRecord[] {
    return []
  }
}

/** The first byte at or after `from` that begins a word. */
export function syncWords(bytes: Uint8Array, from: number, end: number): number {
  let at = from
  if (at > 0 && !isSpace(bytes[at - 1]!)) while (at < end && !isSpace(bytes[at]!)) at++
  while (at < end && isSpace(bytes[at]!)) at++
  return at < end ? at : -1
}
