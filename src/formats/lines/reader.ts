/** Reads lines: what LF ends, without the LF and the CR before it. */

import { OneColumnReader } from '../text/one-column.ts'
import { Rejects } from '../text/rejects.ts'

const LF = 10
const CR = 13

export class LinesReader extends OneColumnReader {
  protected readonly rejects = new Rejects('lines: line', this.settings)

  protected counter(): LinesReader {
    return new LinesReader([], this.settings)
  }

  protected scan(
    bytes: Uint8Array,
    start: number,
    until: number,
    end: number,
    final: boolean,
    maxRows: number,
  ): number {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, end)
    let at = start
    while (at < until && this.rows < maxRows) {
      const feed = buffer.indexOf(LF, at)
      if (feed < 0 && !final) break
      const stop = feed < 0 ? end : feed
      this.text?.append(bytes, at, stop > at && bytes[stop - 1] === CR ? stop - 1 : stop)
      this.rows++
      this.seen++
      at = feed < 0 ? end : feed + 1
    }
    return at
  }
}

/** The first byte at or after `from` that follows a line feed, or begins the bytes. */
export function syncLines(bytes: Uint8Array, from: number, end: number): number {
  if (from === 0 || bytes[from - 1] === LF) return from
  const feed = bytes.subarray(0, end).indexOf(LF, from)
  return feed < 0 ? -1 : feed + 1
}
