/**
 * Reads FASTQ records: the four-line form at the speed of `memchr`, the wrapped form line by line.
 *
 * Format: Cock et al. 2010, "The Sanger FASTQ file format", doi:10.1093/nar/gkp1137. As in kseq, the text
 * after `+` is not compared with the title. Unlike kseq, nothing is skipped in silence: a line that should
 * begin a record and does not is an error.
 */

import { isUtf8 } from 'node:buffer'
import type { ColumnBatch } from '../batch.ts'
import { ordinals, Utf8Builder } from '../builders.ts'
import { projectedBatch, Rejects } from '../text/rejects.ts'
import {
  type BadRecord,
  BadRecordError,
  type ReaderSettings,
  type RecordReader,
  type Zone,
} from '../text/types.ts'
import { firstInvalidUtf8 } from '../text/utf8.ts'
import { readRecord, recordBehind, type Span, textEnd } from './record.ts'

const LF = 10
const CR = 13
const PLUS = 43
const AT = 64
const SPACE = 32
const TAB = 9

export const ID = 0
export const DESCRIPTION = 1
export const SEQUENCE = 2
export const QUALITY = 3
export const RECORD = 4

export class FastqReader implements RecordReader {
  rows = 0
  seen = 0
  readonly #columns: readonly (Utf8Builder | undefined)[]
  readonly #id: Utf8Builder | undefined
  readonly #description: Utf8Builder | undefined
  readonly #sequence: Utf8Builder | undefined
  readonly #quality: Utf8Builder | undefined
  readonly #rejects: Rejects
  /** Each value is looked at by itself: something in these bytes is wrong. */
  #careful = false

  constructor(
    readonly projection: readonly number[],
    readonly settings: ReaderSettings,
  ) {
    this.#rejects = new Rejects('fastq: record', settings)
    const builder = (column: number): Utf8Builder | undefined =>
      projection.includes(column) ? new Utf8Builder(settings.allocate) : undefined
    this.#id = builder(ID)
    this.#description = builder(DESCRIPTION)
    this.#sequence = builder(SEQUENCE)
    this.#quality = builder(QUALITY)
    this.#columns = [this.#id, this.#description, this.#sequence, this.#quality]
  }

  get bytes(): number {
    let bytes = 0
    for (const column of this.#columns) bytes += column?.bytes ?? 0
    return bytes
  }

  read(
    bytes: Uint8Array,
    start: number,
    until: number,
    end: number,
    final: boolean,
    maxRows: number,
  ): number {
    const { rows, seen } = this
    const rejects = this.#rejects.length
    try {
      const stop = this.#records(bytes, start, until, end, final, maxRows)
      if (!this.#doubtful(rows)) return stop
    } catch (error) {
      // A record may look bad because the one before it was, and reached too far.
      if (!(error instanceof BadRecordError)) throw error
    }
    // Somewhere in there is a bad record. Once more, with care.
    for (const column of this.#columns) column?.truncate(rows)
    this.#rejects.truncate(rejects)
    this.rows = rows
    this.seen = seen
    this.#careful = true
    try {
      return this.#records(bytes, start, until, end, final, maxRows)
    } finally {
      this.#careful = false
    }
  }

  /** Whether a value from `row` on is not UTF-8, or a quality holds the end of its line: it was too short. */
  #doubtful(row: number): boolean {
    const quality = this.#quality?.view(row)
    // memchr, which `includes` of a Uint8Array is not.
    if (quality && Buffer.from(quality.buffer, quality.byteOffset, quality.length).includes(LF)) return true
    return this.#columns.some((column) => column !== undefined && firstInvalidUtf8(column, row) >= 0)
  }

  #records(
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
      const titleEnd = buffer.indexOf(LF, at)
      if (bytes[at] !== AT) {
        // White lines between records carry nothing.
        if (titleEnd >= 0 && textEnd(bytes, at, titleEnd) === at) {
          at = titleEnd + 1
          continue
        }
        if (final && titleEnd < 0 && textEnd(bytes, at, end) === at) return end
        if (titleEnd < 0 && !final) return at
        const first = JSON.stringify(String.fromCharCode(bytes[at]!))
        const next = this.#bad(bytes, buffer, at, end, final, `starts with ${first}, expected "@"`)
        if (next < 0) return at
        at = next
        continue
      }
      const { rows } = this
      let next = titleEnd < 0 ? -1 : this.#fourLines(bytes, buffer, at, titleEnd, end, final)
      if (next < 0) next = this.#anyLines(bytes, buffer, at, end, final)
      if (next < 0) return at
      if (this.#careful && this.rows > rows && !this.#check()) {
        this.rows--
        this.seen--
        for (const column of this.#columns) column?.truncate(rows)
        this.#note(at, 'is not valid UTF-8')
      }
      at = next
    }
    return at
  }

  /** The form nearly every file has. -1 when this record is not, or not yet wholly, of it. */
  #fourLines(
    bytes: Uint8Array,
    buffer: Buffer,
    at: number,
    titleEnd: number,
    end: number,
    final: boolean,
  ): number {
    const sequence = titleEnd + 1
    const sequenceLine = buffer.indexOf(LF, sequence)
    if (sequenceLine < 0 || bytes[sequenceLine + 1] !== PLUS || sequenceLine + 1 >= end) return -1
    if (bytes[sequence] === PLUS) return -1
    const plusEnd = buffer.indexOf(LF, sequenceLine + 1)
    if (plusEnd < 0) return -1
    const sequenceEnd = textEnd(bytes, sequence, sequenceLine)
    const quality = plusEnd + 1
    // The sequence's length says where the quality ends: one search less.
    const qualityEnd = quality + (sequenceEnd - sequence)
    // Where a bad record would be passed over, a quality that is too short must not reach into the next title.
    if (this.#careful || this.settings.ignoreErrors) {
      const feed = buffer.indexOf(LF, quality)
      if (feed >= 0 && feed < qualityEnd) return -1
    }
    let next: number
    if (qualityEnd > quality && bytes[qualityEnd - 1] === CR) return -1
    if (qualityEnd < end && bytes[qualityEnd] === LF) next = qualityEnd + 1
    else if (qualityEnd + 1 < end && bytes[qualityEnd] === CR && bytes[qualityEnd + 1] === LF)
      next = qualityEnd + 2
    else if (final && (qualityEnd === end || (qualityEnd + 1 === end && bytes[qualityEnd] === CR))) {
      if (buffer.indexOf(LF, quality) >= 0) return -1
      next = end
    } else return -1
    this.#title(bytes, at, titleEnd)
    this.#sequence?.append(bytes, sequence, sequenceEnd)
    this.#quality?.append(bytes, quality, qualityEnd)
    this.#count()
    return next
  }

  /** The record in any form; -1 when more bytes are needed. Where it is bad, what `#bad` says. */
  #anyLines(bytes: Uint8Array, buffer: Buffer, at: number, end: number, final: boolean): number {
    const found = readRecord(bytes, buffer, at, end, final)
    if (found === undefined) return -1
    if (typeof found === 'string') return this.#bad(bytes, buffer, at, end, final, found)
    this.#title(bytes, found.title[0], found.title[1])
    this.#joined(this.#sequence, bytes, found.sequence)
    this.#joined(this.#quality, bytes, found.quality)
    this.#count()
    return found.next
  }

  #joined(column: Utf8Builder | undefined, bytes: Uint8Array, lines: readonly Span[]): void {
    if (column === undefined) return
    column.append(bytes, 0, 0)
    for (const [from, to] of lines) column.extend(bytes, from, to)
  }

  #title(bytes: Uint8Array, at: number, titleEnd: number): void {
    if (this.#id === undefined && this.#description === undefined) return
    const stop = textEnd(bytes, at, titleEnd)
    let idEnd = at + 1
    while (idEnd < stop && bytes[idEnd] !== SPACE && bytes[idEnd] !== TAB) idEnd++
    this.#id?.append(bytes, at + 1, idEnd)
    if (this.#description === undefined) return
    let from = idEnd
    while (from < stop && (bytes[from] === SPACE || bytes[from] === TAB)) from++
    if (from < stop) this.#description.append(bytes, from, stop)
    else this.#description.appendNull()
  }

  #count(): void {
    this.rows++
    this.seen++
  }

  /** Whether the last record's values are text. */
  #check(): boolean {
    return this.#columns.every((column) => column === undefined || isUtf8(column.value(this.rows - 1)))
  }

  /** Throws, or says where the next record begins: -1 when more bytes are needed to tell. */
  #bad(bytes: Uint8Array, buffer: Buffer, at: number, end: number, final: boolean, what: string): number {
    const next = this.settings.ignoreErrors ? recordBehind(bytes, buffer, at, end, final) : end
    if (next >= 0) this.#note(at, what)
    return next
  }

  #note(at: number, what: string): void {
    this.#rejects.note(at, this.seen, what)
  }

  take(): ColumnBatch {
    const first = this.settings.firstRecord + this.seen - this.rows
    const batch = projectedBatch(this.projection, this.rows, (column) =>
      column === RECORD ? ordinals(this.settings.allocate, first, this.rows) : this.#columns[column]!.take(),
    )
    this.rows = 0
    return batch
  }

  takeZones(): Zone[] {
    return []
  }

  takeRejects(): BadRecord[] {
    return this.#rejects.take()
  }
}

/**
 * The first line at or after `from` that begins a four-line record. In such files a title is never taken for a
 * quality line that happens to start with "@": two lines below that one stands a sequence, never a "+".
 */
export function syncFastq(bytes: Uint8Array, from: number, end: number, final: boolean): number {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, end)
  let at = from
  if (at > 0 && bytes[at - 1] !== LF) {
    const feed = buffer.indexOf(LF, at)
    if (feed < 0) return -1
    at = feed + 1
  }
  for (;;) {
    if (at >= end) return -1
    const line1 = buffer.indexOf(LF, at)
    if (line1 < 0) return -1
    if (bytes[at] === AT) {
      const line2 = buffer.indexOf(LF, line1 + 1)
      if (line2 < 0 || line2 + 1 >= end) return -1
      if (bytes[line2 + 1] === PLUS) {
        const line3 = buffer.indexOf(LF, line2 + 1)
        if (line3 < 0) return -1
        const feed = buffer.indexOf(LF, line3 + 1)
        if (feed < 0 && !final) return -1
        const line4 = feed < 0 ? end : feed
        if (textEnd(bytes, line1 + 1, line2) - line1 === textEnd(bytes, line3 + 1, line4) - line3) return at
      }
    }
    at = line1 + 1
  }
}
