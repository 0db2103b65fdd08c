/** Reads lines: what LF ends, without the LF and the CR before it. */

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

const LF = 10
const CR = 13

export class LinesReader implements RecordReader {
  rows = 0
  seen = 0
  readonly #line: Utf8Builder | undefined

  constructor(
    readonly projection: readonly number[],
    readonly settings: ReaderSettings,
  ) {
    this.#line = projection.includes(0) ? new Utf8Builder(settings.allocate) : undefined
  }

  get bytes(): number {
    return this.#line?.bytes ?? 0
  }

  read(
    bytes: Uint8Array,
    start: number,
    until: number,
    end: number,
    final: boolean,
    maxRows: number,
  ): number {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, end)
    const line = this.#line
    let at = start
    while (at < until && this.rows < maxRows) {
      const feed = buffer.indexOf(LF, at)
      if (feed < 0 && !final) break
      const stop = feed < 0 ? end : feed
      if (line !== undefined) {
        const held = line.length
        line.append(bytes, at, stop > at && bytes[stop - 1] === CR ? stop - 1 : stop)
        if (firstInvalidUtf8(line, held) >= 0) this.#invalid(at)
      }
      this.rows++
      this.seen++
      at = feed < 0 ? end : feed + 1
    }
    return at
  }

  #invalid(at: number): never {
    const record = this.settings.firstRecord + this.seen
    throw new BadRecordError({ at, record, message: `lines: line ${record} is not valid UTF-8` })
  }

  take(): ColumnBatch {
    const first = this.settings.firstRecord + this.seen - this.rows
    const text = this.#line?.take()
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

/** The first byte at or after `from` that follows a line feed, or begins the bytes. */
export function syncLines(bytes: Uint8Array, from: number, end: number): number {
  if (from === 0 || bytes[from - 1] === LF) return from
  const feed = bytes.subarray(0, end).indexOf(LF, from)
  return feed < 0 ? -1 : feed + 1
}
