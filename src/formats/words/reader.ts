/** Reads words: what ASCII white space separates. A word belongs where it begins, with the space after it. */

import { OneColumnReader } from '../text/one-column.ts'
import { Rejects } from '../text/rejects.ts'

/** Tab, line feed, vertical tab, form feed, carriage return, space: as C's `isspace` in the C locale. */
function isSpace(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13)
}

export class WordsReader extends OneColumnReader {
  protected readonly rejects = new Rejects('words: word', this.settings)

  protected counter(): WordsReader {
    return new WordsReader([], this.settings)
  }

  protected scan(
    bytes: Uint8Array,
    start: number,
    until: number,
    end: number,
    final: boolean,
    maxRows: number,
  ): number {
    let at = start
    while (at < end && isSpace(bytes[at]!)) at++
    while (at < until && this.rows < maxRows) {
      let stop = at + 1
      while (stop < end && !isSpace(bytes[stop]!)) stop++
      let next = stop
      while (next < end && isSpace(bytes[next]!)) next++
      // The word, or the white space that ends it, may go on behind the end.
      if (next === end && !final) break
      this.text?.append(bytes, at, stop)
      this.rows++
      this.seen++
      at = next
    }
    return at
  }
}

/** The first byte at or after `from` that begins a word. */
export function syncWords(bytes: Uint8Array, from: number, end: number): number {
  let at = from
  if (at > 0 && !isSpace(bytes[at - 1]!)) while (at < end && !isSpace(bytes[at]!)) at++
  while (at < end && isSpace(bytes[at]!)) at++
  return at < end ? at : -1
}
