/**
 * Reads FASTQ records: the four-line form at the speed of `memchr`, the wrapped form line by line.
 *
 * Format: Cock et al. 2010, "The Sanger FASTQ file format", doi:10.1093/nar/gkp1137. As in kseq, the text
 * after `+` is not compared with the title. Unlike kseq, nothing is skipped in silence: a line that should
 * begin a record and does not is an error.
 */

import type { ColumnBatch, ColumnVector } from '../batch.ts'
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
const PLUS = 43
const AT = 64
const SPACE = 32
const TAB = 9

export const ID = 0
export const DESCRIPTION = 1
export const SEQUENCE = 2
export const QUALITY = 3
export const RECORD = 4

/** End of a line's text: before its CR, when it has one. */
function textEnd(bytes: Uint8Array, start: number, lineEnd: number): number {
  return lineEnd > start && bytes[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd
}

export class FastqReader implements RecordReader {
  rows = 0
  seen = 0
  readonly #columns: readonly (Utf8Builder | undefined)[]
  readonly #id: Utf8Builder | undefined
  readonly #description: Utf8Builder | undefined
  readonly #sequence: Utf8Builder | undefined
  readonly #quality: Utf8Builder | undefined
  #rejects: BadRecord[] = []

  constructor(
    readonly projection: readonly number[],
    readonly settings: ReaderSettings,
  ) {
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
    const held = this.rows
    const stop = this.#records(bytes, start, until, end, final, maxRows)
    for (const builder of this.#columns) {
      const row = builder === undefined ? -1 : firstInvalidUtf8(builder, held)
      if (row < 0) continue
      const skipped = new FastqReader([], { ...this.settings, ignoreErrors: true })
      const at = skipped.read(bytes, start, until, end, final, row - held)
      const record = this.settings.firstRecord + this.seen - this.rows + row
      throw new BadRecordError({ at, record, message: `fastq: record ${record} is not valid UTF-8` })
    }
    return stop
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
        at = this.#bad(buffer, at, end, this.#unexpected(buffer, at, end))
        continue
      }
      const next = titleEnd < 0 ? -1 : this.#fourLines(bytes, buffer, at, titleEnd, end, final)
      if (next >= 0) {
        at = next
        continue
      }
      const wrapped = this.#wrapped(bytes, buffer, at, end, final)
      if (typeof wrapped === 'string') {
        at = this.#bad(buffer, at, end, wrapped)
      } else if (wrapped < 0) {
        return at
      } else {
        at = wrapped
      }
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
    let next: number
    if (qualityEnd < end && bytes[qualityEnd] === LF) next = qualityEnd + 1
    else if (qualityEnd + 1 < end && bytes[qualityEnd] === CR && bytes[qualityEnd + 1] === LF)
      next = qualityEnd + 2
    else if (final && (qualityEnd === end || (qualityEnd + 1 === end && bytes[qualityEnd] === CR))) next = end
    else return -1
    this.#title(bytes, at, titleEnd)
    this.#sequence?.append(bytes, sequence, sequenceEnd)
    this.#quality?.append(bytes, quality, qualityEnd)
    this.#count()
    return next
  }

  /** Any number of sequence lines, `+`, quality lines until the lengths agree. Text says what is wrong, -1 wants more. */
  #wrapped(bytes: Uint8Array, buffer: Buffer, at: number, end: number, final: boolean): number | string {
    const number = this.settings.firstRecord + this.seen
    const cut = `fastq: record ${number} ends in the middle, expected its`
    let line = at
    const lines: [number, number][] = []
    const next = (): boolean => {
      const feed = buffer.indexOf(LF, line)
      if (feed < 0 && (!final || line >= end)) return false
      const stop = feed < 0 ? end : feed
      lines.push([line, textEnd(bytes, line, stop)])
      line = feed < 0 ? end : feed + 1
      return true
    }
    const more = (part: string): number | string => (final ? `${cut} ${part}` : -1)

    if (!next()) return -1
    const title = lines.pop()!
    let bases = 0
    for (;;) {
      if (!next()) return more('sequence')
      const [from, to] = lines.at(-1)!
      if (bytes[from] === PLUS && to > from) break
      // An endless search would make a broken file cost its square: no title stands inside a sequence.
      if (bytes[from] === AT && lines.length > 1) {
        return `fastq: record ${number} has no line that starts with "+" before the next title`
      }
      bases += to - from
    }
    lines.pop()
    const sequenceLines = lines.splice(0)
    let values = 0
    while (values < bases) {
      if (!next()) {
        return final && values > 0
          ? `fastq: record ${number} has ${values} quality values, expected ${bases}, one for each base`
          : more('quality')
      }
      const [from, to] = lines.at(-1)!
      values += to - from
    }
    if (values !== bases) {
      // With one line of bases, it is the one line of values that has the wrong length, not what follows it.
      if (sequenceLines.length === 1) values = lines[0]![1] - lines[0]![0]
      return `fastq: record ${number} has ${values} quality values, expected ${bases}, one for each base`
    }
    this.#title(bytes, title[0], title[1])
    this.#joined(this.#sequence, bytes, sequenceLines)
    this.#joined(this.#quality, bytes, lines)
    this.#count()
    // Without a base there may still be an (empty) quality line; it is white space like any other.
    return line
  }

  #joined(column: Utf8Builder | undefined, bytes: Uint8Array, lines: readonly [number, number][]): void {
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

  #unexpected(buffer: Buffer, at: number, end: number): string {
    const text = buffer.toString('latin1', at, Math.min(at + 1, end))
    const number = this.settings.firstRecord + this.seen
    return `fastq: record ${number} starts with ${JSON.stringify(text)}, expected "@"`
  }

  /** Throws, or notes the record and says where the next one may begin. */
  #bad(buffer: Buffer, at: number, end: number, message: string): number {
    const bad: BadRecord = { at, record: this.settings.firstRecord + this.seen, message }
    if (!this.settings.ignoreErrors) throw new BadRecordError(bad)
    this.#rejects.push(bad)
    const next = syncFastq(buffer, at + 1, end, true)
    return next < 0 ? end : next
  }

  take(): ColumnBatch {
    const first = this.settings.firstRecord + this.seen - this.rows
    const made = new Map<number, ColumnVector>()
    const columns = this.projection.map((column) => {
      const before = made.get(column)
      if (before !== undefined) return before
      const vector =
        column === RECORD ? ordinals(this.settings.allocate, first, this.rows) : this.#columns[column]!.take()
      made.set(column, vector)
      return vector
    })
    const batch = { rows: this.rows, columns }
    this.rows = 0
    return batch
  }

  takeZones(): Zone[] {
    return []
  }

  takeRejects(): BadRecord[] {
    return this.#rejects.splice(0)
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
