/**
 * Reads alignment records (SAMv1.pdf, 4.2). Of a record only what is wanted is looked at: its fixed fields always,
 * the CIGAR where its end is asked for (or zones are), bases, qualities and tags where they are projected.
 */

import { isUtf8 } from 'node:buffer'
import type { ColumnBatch, ColumnVector } from '../batch.ts'
import { Int64Builder, Uint8Builder, Uint16Builder } from '../builders/numbers.ts'
import { ordinals, Utf8Builder } from '../builders.ts'
import { BreakBudget } from '../genome/break-budget.ts'
import { projectedBatch, Rejects } from '../text/rejects.ts'
import type { BadRecord, ReaderSettings, RecordReader, TextLayout, Zone } from '../text/types.ts'
import {
  CIGAR,
  dialectOf,
  FLAG,
  MAPQ,
  PNEXT,
  POS,
  QNAME,
  QUAL,
  RNAME,
  RNEXT,
  SEQ,
  TAGS,
  TLEN,
} from './layout.ts'
import { Place } from './place.ts'
import {
  FIXED,
  flagOf,
  LEAST_SIZE,
  MOST_SIZE,
  nameLengthOf,
  nextPositionOf,
  nextReferenceOf,
  qualityOf,
  referenceOf,
  sizeOf,
  templateLengthOf,
  wrongFields,
} from './record.ts'
import { NameTable, unpackNames } from './references.ts'
import { Scratch } from './scratch.ts'
import { hasQualities, putBases, putCigar, putQualities, wrongQualities } from './sequence.ts'
import { columnOfTag, readTags, type TagColumn, TagList } from './tag-columns.ts'
import { keyOf, wrongTags } from './tags.ts'
import { BamZones } from './zones.ts'

const STAR = 42

export class BamReader implements RecordReader {
  rows = 0
  seen = 0
  /** The record that was not read is the first one of another reference. */
  breaks = false
  readonly #names: NameTable
  /** qname, rname, cigar, rnext, seq, qual, by their columns' numbers. */
  readonly #texts = new Map<number, Utf8Builder>()
  /** pos, pnext, tlen, end_pos. */
  readonly #numbers = new Map<number, Int64Builder>()
  readonly #flag: Uint16Builder | undefined
  readonly #mapq: Uint8Builder | undefined
  readonly #qname: Utf8Builder | undefined
  readonly #rname: Utf8Builder | undefined
  readonly #cigar: Utf8Builder | undefined
  readonly #rnext: Utf8Builder | undefined
  readonly #seq: Utf8Builder | undefined
  readonly #qual: Utf8Builder | undefined
  readonly #pos: Int64Builder | undefined
  readonly #pnext: Int64Builder | undefined
  readonly #tlen: Int64Builder | undefined
  readonly #endPos: Int64Builder | undefined
  /** By their columns' numbers. */
  readonly #tags = new Map<number, TagColumn>()
  readonly #tagList: TagColumn | undefined
  readonly #tagKeys = new Map<number, TagColumn>()
  readonly #zones: BamZones | undefined
  readonly #breakBudget: BreakBudget
  readonly #record: number
  readonly #place = new Place()
  readonly #scratch = new Scratch()
  readonly #rejects: Rejects

  constructor(
    layout: TextLayout,
    readonly projection: readonly number[],
    readonly settings: ReaderSettings,
  ) {
    const { allocate } = settings
    const { references, chosen } = dialectOf(layout)
    this.#rejects = new Rejects('bam: record', settings)
    this.#record = layout.columns.length - 1
    const text = (column: number): Utf8Builder | undefined => {
      if (!projection.includes(column)) return undefined
      const builder = new Utf8Builder(allocate)
      this.#texts.set(column, builder)
      return builder
    }
    const number = (column: number): Int64Builder | undefined => {
      if (!projection.includes(column)) return undefined
      const builder = new Int64Builder(allocate)
      this.#numbers.set(column, builder)
      return builder
    }
    this.#names = new NameTable(unpackNames(references))
    this.#qname = text(QNAME)
    this.#flag = projection.includes(FLAG) ? new Uint16Builder(allocate) : undefined
    this.#rname = text(RNAME)
    this.#pos = number(POS)
    this.#mapq = projection.includes(MAPQ) ? new Uint8Builder(allocate) : undefined
    this.#cigar = text(CIGAR)
    this.#rnext = text(RNEXT)
    this.#pnext = number(PNEXT)
    this.#tlen = number(TLEN)
    this.#seq = text(SEQ)
    this.#qual = text(QUAL)
    this.#endPos = number(this.#record - 1)
    if (chosen === undefined && projection.includes(TAGS)) {
      this.#tagList = new TagList(allocate)
      this.#tags.set(TAGS, this.#tagList)
    }
    for (const [i, { tag, type }] of (chosen ?? []).entries()) {
      if (!projection.includes(TAGS + i)) continue
      const column = columnOfTag(type, allocate)
      this.#tags.set(TAGS + i, column)
      this.#tagKeys.set(keyOf(tag), column)
    }
    this.#zones = settings.zones ? new BamZones(this.#names) : undefined
    this.#breakBudget = new BreakBudget((layout as { container?: unknown }).container === 'gzip')
  }

  get bytes(): number {
    let bytes = 0
    for (const column of this.#texts.values()) bytes += column.bytes
    for (const column of this.#tags.values()) bytes += column.bytes
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
    let at = start
    while (at < until && this.rows < maxRows) {
      if (end - at < FIXED) return final ? this.#cutOff(at, FIXED, end) : at
      const size = sizeOf(bytes, at)
      const wrong = wrongFields(bytes, at, this.#names.names.length)
      // Where the next record begins is not known then.
      if (wrong !== undefined && (size < LEAST_SIZE || size > MOST_SIZE))
        throw this.#rejects.error(at, this.seen, wrong)
      const stop = at + 4 + size
      if (stop > end) return final ? this.#cutOff(at, size + 4, end) : at
      if (wrong !== undefined) this.#note(at, wrong)
      else if (!this.#readRecord(bytes, at, stop)) return at
      at = stop
    }
    return at
  }

  /** Takes the record, or notes what is wrong with it; false when it begins a segment of its own and was not taken. */
  #readRecord(bytes: Uint8Array, at: number, stop: number): boolean {
    const reference = referenceOf(bytes, at)
    const place = this.#place
    place.read(bytes, at, stop)
    const wrong = this.#wrong(bytes, at, stop)
    if (wrong !== undefined) {
      this.#note(at, wrong)
      return true
    }
    const zones = this.#zones
    if (zones?.isNew(reference) && this.#breakBudget.take(this.seen)) {
      this.breaks = true
      return false
    }
    if (zones !== undefined || this.#endPos !== undefined) place.findEnd(bytes, at)
    zones?.add(reference, place.pos, place.endPos)
    if (this.projection.length > 0) this.#append(bytes, at, stop, reference)
    this.rows++
    this.seen++
    return true
  }

  /** What is wrong with a record, as far as it is wanted; with `ignoreErrors` every projection leaves out the same. */
  #wrong(bytes: Uint8Array, at: number, stop: number): string | undefined {
    const { ignoreErrors } = this.settings
    const place = this.#place
    const name = at + FIXED
    const nameEnd = name + nameLengthOf(bytes, at) - 1
    if (bytes[nameEnd] !== 0) return 'has a read name without a NUL at its end'
    if ((this.#qname !== undefined || ignoreErrors) && !isName(bytes, name, nameEnd))
      return 'has a read name that is not valid UTF-8'
    if (this.#qual !== undefined || ignoreErrors) {
      const wrong = wrongQualities(bytes, place.qualities, place.bases)
      if (wrong !== undefined) return wrong
    }
    return this.#tags.size > 0 || ignoreErrors ? wrongTags(bytes, place.tags, stop) : undefined
  }

  #append(bytes: Uint8Array, at: number, stop: number, reference: number): void {
    const row = this.rows
    const place = this.#place
    const scratch = this.#scratch
    if (this.#qname !== undefined) appendName(this.#qname, bytes, at + FIXED)
    this.#flag?.set(row, flagOf(bytes, at))
    this.#mapq?.set(row, qualityOf(bytes, at))
    if (this.#rname !== undefined) this.#appendReference(this.#rname, reference)
    if (this.#rnext !== undefined) this.#appendReference(this.#rnext, nextReferenceOf(bytes, at))
    if (place.pos > 0) {
      this.#pos?.set(row, place.pos)
      this.#endPos?.set(row, place.endPos)
    }
    if (this.#pnext !== undefined) {
      const next = nextPositionOf(bytes, at) + 1
      if (next > 0) this.#pnext.set(row, next)
    }
    this.#tlen?.set(row, templateLengthOf(bytes, at))
    if (this.#cigar !== undefined) {
      if (place.operations === 0) this.#cigar.appendNull()
      else {
        putCigar(scratch, bytes, place.cigar, place.operations)
        this.#cigar.append(scratch.bytes, 0, scratch.length)
      }
    }
    if (this.#seq !== undefined) {
      if (place.bases === 0) this.#seq.appendNull()
      else {
        putBases(scratch, bytes, place.sequence, place.bases)
        this.#seq.append(scratch.bytes, 0, scratch.length)
      }
    }
    if (this.#qual !== undefined) {
      if (!hasQualities(bytes, place.qualities, place.bases)) this.#qual.appendNull()
      else {
        putQualities(scratch, bytes, place.qualities, place.bases)
        this.#qual.append(scratch.bytes, 0, scratch.length)
      }
    }
    if (this.#tags.size > 0) readTags(row, bytes, place.tags, stop, place.moved, this.#tagList, this.#tagKeys)
  }

  #appendReference(to: Utf8Builder, reference: number): void {
    if (reference < 0) to.appendNull()
    else to.append(this.#names.bytes, this.#names.start(reference), this.#names.end(reference))
  }

  /** The file ends in the record at `at`. */
  #cutOff(at: number, needs: number, end: number): number {
    this.#note(at, `is cut off by the end of the file: has ${end - at} bytes, expected ${needs}`)
    return end
  }

  #note(at: number, what: string): void {
    this.#rejects.note(at, this.seen, what)
  }

  take(): ColumnBatch {
    const first = this.settings.firstRecord + this.seen - this.rows
    const batch = projectedBatch(this.projection, this.rows, (column) => this.#vector(column, first))
    this.rows = 0
    return batch
  }

  #vector(column: number, first: number): ColumnVector {
    const { rows } = this
    if (column === this.#record) return ordinals(this.settings.allocate, first, rows)
    if (column === FLAG) return this.#flag!.take(rows)
    if (column === MAPQ) return this.#mapq!.take(rows)
    const number = this.#numbers.get(column) ?? this.#tags.get(column)
    return number === undefined ? this.#texts.get(column)!.take() : number.take(rows)
  }

  takeZones(): Zone[] {
    return this.#zones?.take() ?? []
  }

  takeRejects(): BadRecord[] {
    return this.#rejects.take()
  }
}

/** A name ends at its first NUL: some writers pad it with several. */
function appendName(to: Utf8Builder, bytes: Uint8Array, start: number): void {
  let end = start
  while (bytes[end] !== 0) end++
  if (end === start || (end === start + 1 && bytes[start] === STAR)) to.appendNull()
  else to.append(bytes, start, end)
}

function isName(bytes: Uint8Array, start: number, end: number): boolean {
  let bits = 0
  for (let i = start; i < end; i++) bits |= bytes[i]!
  return bits < 128 || isUtf8(bytes.subarray(start, end))
}
