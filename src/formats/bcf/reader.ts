/**
 * Reads BCF records (VCFv4.5, 6.3). Of a record only what is wanted is looked at: its fixed fields always, its texts,
 * INFO and the samples where they are projected.
 */

import { float32 } from '../bam/bytes.ts'
import type { ColumnBatch, ColumnVector } from '../batch.ts'
import { Float64Builder, Int64Builder } from '../builders/numbers.ts'
import { ordinals, Utf8Builder } from '../builders.ts'
import { BreakBudget } from '../genome/break-budget.ts'
import { projectedBatch, Rejects } from '../text/rejects.ts'
import type { BadRecord, ReaderSettings, RecordReader, TextLayout, Zone } from '../text/types.ts'
import { ALT, CHROM, END_POS, FILTER, ID, INFO, POS, QUAL, RECORD, REF, SAMPLES } from '../vcf/layout.ts'
import { VcfZones } from '../vcf/zones.ts'
import { type InfoColumn, InfoStruct, InfoText, type Keys } from './info.ts'
import { contigsOf, Dictionary, dialectOf } from './layout.ts'
import { ALL, INFOS, Parts, SHARED } from './parts.ts'
import {
  chromOf,
  endPositionOf,
  FIXED,
  hasQuality,
  hasSize,
  positionOf,
  QUALITY,
  sizeOf,
  wrongFields,
} from './record.ts'
import { SamplesColumn } from './samples.ts'
import { FixedTexts } from './texts.ts'
import { shortest } from './typed.ts'

/** Nothing behind the fixed fields is read. */
const NOTHING = -1

export class BcfReader implements RecordReader {
  rows = 0
  seen = 0
  /** The record that was not read is the first one of another chromosome. */
  breaks = false
  readonly #contigs: Dictionary
  readonly #strings: Dictionary
  readonly #keys: Keys
  readonly #fileSamples: number
  readonly #chrom: Utf8Builder | undefined
  readonly #pos: Int64Builder | undefined
  readonly #endPos: Int64Builder | undefined
  readonly #qual: Float64Builder | undefined
  readonly #texts: FixedTexts
  readonly #info: InfoColumn | undefined
  readonly #samples: SamplesColumn | undefined
  readonly #zones: VcfZones | undefined
  readonly #breakBudget: BreakBudget
  readonly #parts = new Parts()
  /** How far a record is read. */
  readonly #depth: number
  readonly #rejects: Rejects

  constructor(
    layout: TextLayout,
    readonly projection: readonly number[],
    readonly settings: ReaderSettings,
  ) {
    const { allocate, ignoreErrors } = settings
    const dialect = dialectOf(layout)
    const wants = (column: number): boolean => projection.includes(column)
    this.#rejects = new Rejects('bcf: record', settings)
    this.#contigs = contigsOf(layout)
    this.#strings = new Dictionary(dialect.strings)
    this.#keys = (number) => this.#strings.nameOf(number)
    this.#fileSamples = dialect.samples.length
    this.#chrom = wants(CHROM) ? new Utf8Builder(allocate) : undefined
    this.#pos = wants(POS) ? new Int64Builder(allocate) : undefined
    this.#endPos = wants(END_POS) ? new Int64Builder(allocate) : undefined
    this.#qual = wants(QUAL) ? new Float64Builder(allocate) : undefined
    this.#texts = new FixedTexts(wants, allocate, this.#keys)
    if (wants(INFO))
      this.#info = dialect.info.length === 0 ? new InfoText(allocate) : new InfoStruct(dialect.info, allocate)
    if (wants(SAMPLES)) this.#samples = new SamplesColumn(dialect, allocate)
    this.#zones = settings.zones ? new VcfZones() : undefined
    this.#breakBudget = new BreakBudget((layout as { container?: unknown }).container === 'gzip')
    // With `ignoreErrors` every projection leaves out the same.
    this.#depth =
      ignoreErrors || wants(SAMPLES)
        ? ALL
        : wants(INFO)
          ? INFOS
          : [ID, REF, ALT, FILTER].some(wants)
            ? SHARED
            : NOTHING
  }

  get bytes(): number {
    return (
      (this.#chrom?.bytes ?? 0) +
      this.#texts.bytes +
      (this.#info?.bytes ?? 0) +
      (this.#samples?.bytes(this.rows) ?? 0)
    )
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
    let at = start
    while (at < until && this.rows < maxRows) {
      if (end - at < FIXED) return final ? this.#cutOff(at, FIXED, end) : at
      const wrong = wrongFields(bytes, at, this.#contigs, this.#fileSamples)
      // Where the next record begins is not known then.
      if (wrong !== undefined && !hasSize(bytes, at)) throw this.#rejects.error(at, this.seen, wrong)
      const stop = at + sizeOf(bytes, at)
      if (stop > end) return final ? this.#cutOff(at, stop - at, end) : at
      if (wrong !== undefined) this.#rejects.note(at, this.seen, wrong)
      else if (!this.#readRecord(bytes, at)) return at
      at = stop
    }
    return at
  }

  /** Takes the record, or notes what is wrong with it; false when it begins a segment of its own and was not taken. */
  #readRecord(bytes: Uint8Array, at: number): boolean {
    const wrong = this.#depth === NOTHING ? undefined : this.#readParts(bytes, at)
    if (wrong !== undefined) {
      this.#rejects.note(at, this.seen, wrong)
      return true
    }
    const { table } = this.#contigs
    const place = this.#contigs.placeOf(chromOf(bytes, at))
    const zones = this.#zones
    if (
      zones?.isNew(table.bytes, table.start(place), table.end(place)) &&
      this.#breakBudget.take(this.seen)
    ) {
      this.breaks = true
      return false
    }
    const pos = positionOf(bytes, at) + 1
    const endPos = endPositionOf(bytes, at)
    zones?.add(table.bytes, table.start(place), table.end(place), pos, endPos)
    const row = this.rows
    this.#chrom?.append(table.bytes, table.start(place), table.end(place))
    this.#pos?.set(row, pos)
    this.#endPos?.set(row, endPos)
    if (hasQuality(bytes, at)) this.#qual?.set(row, shortest(float32(bytes, at + QUALITY)))
    if (this.#depth >= SHARED) this.#texts.set(row, bytes, this.#parts)
    this.#info?.set(row, bytes, this.#parts, this.#keys)
    this.#samples?.set(row, bytes, this.#parts, this.#keys)
    this.rows++
    this.seen++
    return true
  }

  /** Finds the record's parts; returns what is wrong with those that are wanted. */
  #readParts(bytes: Uint8Array, at: number): string | undefined {
    const parts = this.#parts
    const wrong = parts.read(bytes, at, this.#depth)
    if (wrong !== undefined) return wrong
    const areTexts = this.settings.ignoreErrors
      ? parts.areTexts(bytes)
      : this.#texts.areTexts(bytes, parts) &&
        (this.#info?.areTexts(bytes, parts, this.#keys) ?? true) &&
        (this.#samples?.areTexts(bytes, parts, this.#keys) ?? true)
    return areTexts ? this.#texts.wrongFilter(bytes, parts) : 'is not valid UTF-8'
  }

  /** The file ends in the record at `at`. */
  #cutOff(at: number, needs: number, end: number): number {
    this.#rejects.note(
      at,
      this.seen,
      `is cut off by the end of the file: has ${end - at} bytes, expected ${needs}`,
    )
    return end
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
        return this.#texts.take(column, rows)
    }
  }

  takeZones(): Zone[] {
    return this.#zones?.take() ?? []
  }

  takeRejects(): BadRecord[] {
    return this.#rejects.take()
  }
}
