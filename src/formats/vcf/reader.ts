/**
 * Reads VCF records (VCFv4.5, 1.6), a line each. Of a line only what is wanted is looked at: the ends of its first
 * seven columns always, INFO and the samples where they are projected, else no further than the line's end.
 */

import { isAscii, isUtf8 } from 'node:buffer'
import type { ColumnBatch, ColumnVector } from '../batch.ts'
import { Float64Builder, Int64Builder } from '../builders/numbers.ts'
import { ordinals, Utf8Builder } from '../builders.ts'
import { BreakBudget } from '../genome/break-budget.ts'
import { projectedBatch, Rejects } from '../text/rejects.ts'
import type { BadRecord, ReaderSettings, RecordReader, TextLayout, Zone } from '../text/types.ts'
import { ListColumn, TextColumn, type ValueColumn } from './columns.ts'
import { findEnd, InfoColumn } from './info.ts'
import {
  ALT,
  CHROM,
  dialectOf,
  END_POS,
  FILTER,
  ID,
  INFO,
  POS,
  QUAL,
  RECORD,
  REF,
  SAMPLES,
} from './layout.ts'
import { NO_INTEGER, readFloat, readInteger, readPosition } from './numbers.ts'
import { SamplesColumn } from './samples.ts'
import { VcfZones } from './zones.ts'

const TAB = 9
const LF = 10
const CR = 13
const DOT = 46
const SEMICOLON = 59
const COMMA = 44

/** Columns whose ends every line must have: up to FILTER, behind which INFO begins. */
const FIXED = 7

export class VcfReader implements RecordReader {
  rows = 0
  seen = 0
  /** The record that was not read is the first one of another chromosome. */
  breaks = false
  readonly #chrom: Utf8Builder | undefined
  readonly #pos: Int64Builder | undefined
  readonly #endPos: Int64Builder | undefined
  readonly #qual: Float64Builder | undefined
  /** id, ref, alt, filter, by their number in the line. */
  readonly #texts: readonly (ValueColumn | undefined)[]
  readonly #info: TextColumn | InfoColumn | undefined
  readonly #samples: SamplesColumn | undefined
  readonly #zones: VcfZones | undefined
  /** Counts a line's columns. */
  readonly #counter: SamplesColumn
  readonly #hasSamples: boolean
  /** What is wanted of INFO, or of anything, is text, which has to be UTF-8. */
  readonly #infoHasText: boolean
  readonly #hasText: boolean
  readonly #breakBudget: BreakBudget
  readonly #rejects: Rejects
  /** Where the line's columns end; the last one is FILTER. */
  readonly #ends = new Int32Array(FIXED)

  constructor(
    layout: TextLayout,
    readonly projection: readonly number[],
    readonly settings: ReaderSettings,
  ) {
    const { allocate } = settings
    this.#rejects = new Rejects('vcf: record', settings)
    const dialect = dialectOf(layout)
    const wants = (column: number): boolean => projection.includes(column)
    const text = (column: number) => (wants(column) ? new TextColumn(allocate) : undefined)
    const list = (column: number, separator: number) =>
      wants(column) ? new ListColumn(allocate, new TextColumn(allocate), separator) : undefined
    this.#chrom = wants(CHROM) ? new Utf8Builder(allocate) : undefined
    this.#pos = wants(POS) ? new Int64Builder(allocate) : undefined
    this.#endPos = wants(END_POS) ? new Int64Builder(allocate) : undefined
    this.#qual = wants(QUAL) ? new Float64Builder(allocate) : undefined
    this.#texts = [
      undefined,
      undefined,
      text(ID),
      text(REF),
      list(ALT, COMMA),
      undefined,
      list(FILTER, SEMICOLON),
    ]
    this.#info = !wants(INFO)
      ? undefined
      : dialect.info.length === 0
        ? new TextColumn(allocate)
        : new InfoColumn(dialect.info, allocate, settings.fields?.info)
    this.#counter = new SamplesColumn({ ...dialect, format: [] }, allocate)
    this.#samples = wants(SAMPLES) ? new SamplesColumn(dialect, allocate) : undefined
    this.#hasSamples = dialect.samples.length > 0
    // Which records are passed over must not hang on advice.
    const judged = this.#info instanceof InfoColumn && !settings.ignoreErrors
    this.#infoHasText = judged ? (this.#info as InfoColumn).hasText : this.#info !== undefined
    this.#hasText =
      this.#infoHasText ||
      this.#samples !== undefined ||
      this.#chrom !== undefined ||
      this.#texts.some((column) => column !== undefined)
    this.#zones = settings.zones ? new VcfZones() : undefined
    this.#breakBudget = new BreakBudget((layout as { container?: unknown }).container === 'gzip')
  }

  get bytes(): number {
    let bytes = (this.#chrom?.bytes ?? 0) + (this.#info?.bytes ?? 0) + (this.#samples?.bytes(this.rows) ?? 0)
    for (const column of this.#texts) bytes += column?.bytes ?? 0
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
    this.breaks = false
    if (start >= until) return start
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, end)
    const careful = this.#hasText && !isAscii(buffer.subarray(start, until))
    let at = start
    while (at < until && this.rows < maxRows) {
      const feed = buffer.indexOf(LF, at)
      if (feed < 0 && !final) return at
      const lineEnd = feed < 0 ? end : feed
      const stop = lineEnd > at && bytes[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd
      // White lines carry nothing.
      if (stop > at) {
        const columns = this.#columns(bytes, at, stop)
        const doubtful = careful || (this.#hasText && stop > until)
        const wrong =
          columns < FIXED ? this.#short(columns) : this.#wrong(bytes, at, stop, feed < 0, doubtful)
        if (wrong !== undefined) this.#note(at, wrong)
        else if (!this.#record(bytes, at, stop)) return at
      }
      at = feed < 0 ? end : feed + 1
    }
    return at
  }

  /** Finds the ends of the fixed columns before INFO; returns how many there are. */
  #columns(bytes: Uint8Array, start: number, stop: number): number {
    const ends = this.#ends
    let found = 0
    for (let at = start; at < stop; at++) {
      if (bytes[at] !== TAB) continue
      ends[found++] = at
      if (found === FIXED) break
    }
    return found
  }

  #short(columns: number): string {
    return `has ${columns + 1} columns, expected at least 8`
  }

  /** What is wrong with a line, as far as that is known without reading all of it. */
  #wrong(
    bytes: Uint8Array,
    start: number,
    stop: number,
    unended: boolean,
    careful: boolean,
  ): string | undefined {
    const ends = this.#ends
    const pos = ends[CHROM]! + 1
    if (readPosition(bytes, pos, ends[POS]!) < 0) {
      const text = JSON.stringify(Buffer.from(bytes.subarray(pos, Math.min(ends[POS]!, pos + 20))).toString())
      return `has the position ${text}, expected a number`
    }
    if (ends[CHROM] === start) return 'has no chromosome'
    // A line that the file's end cuts is short of columns. Of the others this is found when their samples are wanted.
    if (this.#hasSamples && (unended || this.settings.ignoreErrors)) {
      const formatEnd = nextTab(bytes, nextTab(bytes, ends[FILTER]! + 1, stop) + 1, stop)
      // Records of files without genotypes may leave FORMAT out, too.
      if (nextTab(bytes, ends[FILTER]! + 1, stop) < stop && !this.#counter.isComplete(bytes, formatEnd, stop))
        return COLUMNS
    }
    if (careful && !this.#isText(bytes, start, stop)) return 'is not valid UTF-8'
    return undefined
  }

  /** Whether what is wanted of the line is UTF-8. */
  #isText(bytes: Uint8Array, start: number, stop: number): boolean {
    const ends = this.#ends
    const infoEnd = nextTab(bytes, ends[FILTER]! + 1, stop)
    if (this.#samples !== undefined && !isUtf8(bytes.subarray(infoEnd, stop))) return false
    if (this.#infoHasText && !isUtf8(bytes.subarray(ends[FILTER]! + 1, infoEnd))) return false
    if (this.#chrom !== undefined && !isUtf8(bytes.subarray(start, ends[CHROM]!))) return false
    return this.#texts.every(
      (column, i) => column === undefined || isUtf8(bytes.subarray(ends[i - 1]! + 1, ends[i]!)),
    )
  }

  /** Takes the record; false when it begins a segment of its own and was not taken. */
  #record(bytes: Uint8Array, start: number, stop: number): boolean {
    const ends = this.#ends
    const row = this.rows
    const chromEnd = ends[CHROM]!
    const info = ends[FILTER]! + 1
    const zones = this.#zones
    if (zones?.isNew(bytes, start, chromEnd) && this.#breakBudget.take(this.seen)) {
      this.breaks = true
      return false
    }
    if (
      this.#info !== undefined ||
      this.#samples !== undefined ||
      this.#endPos !== undefined ||
      zones !== undefined
    ) {
      const infoEnd = nextTab(bytes, info, stop)
      if (this.#samples !== undefined && infoEnd < stop) {
        const formatEnd = nextTab(bytes, infoEnd + 1, stop)
        if (!this.#samples.set(row, bytes, infoEnd + 1, formatEnd, stop)) {
          this.#note(start, COLUMNS)
          return true
        }
      }
      this.#info?.set(row, bytes, info, infoEnd)
      if (this.#endPos !== undefined || zones !== undefined) {
        const pos = readPosition(bytes, chromEnd + 1, ends[POS]!)
        const endPos = this.#endOf(bytes, pos, info, infoEnd)
        this.#endPos?.set(row, endPos)
        zones?.add(bytes, start, chromEnd, pos, endPos)
      }
    }
    this.#chrom?.append(bytes, start, chromEnd)
    this.#pos?.set(row, readPosition(bytes, chromEnd + 1, ends[POS]!))
    for (let i = ID; i <= FILTER; i++) this.#texts[i]?.set(row, bytes, ends[i - 1]! + 1, ends[i]!)
    if (this.#qual !== undefined) {
      const from = ends[QUAL - 1]! + 1
      const missing = ends[QUAL]! === from + 1 && bytes[from] === DOT
      const value = missing ? undefined : readFloat(bytes, from, ends[QUAL]!)
      if (value !== undefined) this.#qual.set(row, value)
      else this.#qual.padTo(row + 1)
    }
    this.rows++
    this.seen++
    return true
  }

  /** The last base, as htslib has it: INFO's END where it lies behind POS, else the end of REF. */
  #endOf(bytes: Uint8Array, pos: number, info: number, infoEnd: number): number {
    const at = findEnd(bytes, info, infoEnd)
    if (at >= 0) {
      let stop = at
      while (stop < infoEnd && bytes[stop] !== SEMICOLON) stop++
      const end = readInteger(bytes, at, stop)
      if (end !== NO_INTEGER && end >= pos) return end
    }
    return pos + (this.#ends[REF]! - this.#ends[ID]! - 1) - 1
  }

  #note(at: number, what: string): void {
    this.#rejects.note(at, this.seen, what)
  }

  take(): ColumnBatch {
    const first = this.settings.firstRecord + this.seen - this.rows
    const batch = projectedBatch(this.projection, this.rows, (column) => this.#take(column, first))
    this.rows = 0
    return batch
  }

  #take(column: number, first: number): ColumnVector {
    const { rows } = this
    switch (column) {
      case CHROM:
        return this.#chrom!.take()
      case POS:
        return this.#pos!.take(rows)
      case END_POS:
        return this.#endPos!.take(rows)
      case QUAL:
        return this.#qual!.take(rows)
      case INFO:
        return this.#info!.take(rows)
      case SAMPLES:
        return this.#samples!.take(rows)
      case RECORD:
        return ordinals(this.settings.allocate, first, rows)
      default:
        return this.#texts[column]!.take(rows)
    }
  }

  takeZones(): Zone[] {
    return this.#zones?.take() ?? []
  }

  takeRejects(): BadRecord[] {
    return this.#rejects.take()
  }
}

const COLUMNS = 'has another number of columns than the header, which names the samples'

function nextTab(bytes: Uint8Array, from: number, stop: number): number {
  let at = from
  while (at < stop && bytes[at] !== TAB) at++
  return at
}
