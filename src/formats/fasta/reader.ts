/**
 * Reads FASTA records. Short ones are looked at whole; of long ones (a chromosome has some 250 MB) only what is in the
 * window, part by part, so that nothing holds them but the column that is asked for.
 *
 * Format: Pearson and Lipman 1988, doi:10.1073/pnas.85.8.2444, as samtools faidx reads it: a title is a line
 * that begins with `>`, its first word the id. Lines that begin with `;` are comments, as in Pearson's own programs.
 * Unlike there, nothing is skipped in silence: bytes that are no text, and text before the first title, are errors.
 */

import { isAscii, isUtf8 } from 'node:buffer'
import { VarveError } from '../../errors.ts'
import type { ColumnBatch, ColumnVector } from '../batch.ts'
import { ordinals, Utf8Builder } from '../builders.ts'
import { projectedBatch, Rejects } from '../text/rejects.ts'
import type { BadRecord, ReaderSettings, RecordReader, Zone } from '../text/types.ts'
import { DESCRIPTION, ID, LENGTH, OFFSET, RECORD, SEQUENCE } from './columns.ts'
import { int64s } from './numbers.ts'
import { ResidueScanner, type ResidueSink } from './residues.ts'
import { titleWords } from './title.ts'
import { FastaZones } from './zones.ts'

const LF = 10
const SEMICOLON = 59
const TITLE = 62

/** A title that is longer is no title. */
const LONGEST_TITLE = 1 << 20
/** A column's values share 31 bits of offsets; some are left for the records before a huge one. */
const LONGEST_SEQUENCE = 2 ** 31 - 2 ** 25
/** The memory of such a sequence is not kept for the next batch. */
const HUGE = 16 << 20
const FIRST_BYTES = 64 * 1024
const SMALL_BYTES = 8 * 1024

/** The long record that is being passed. */
interface Passing {
  readonly id: Uint8Array
  readonly description: Uint8Array | undefined
  /** Residues passed, and those that are wanted. */
  residues: number
  readonly from: number
  readonly to: number
  /** It turned out to be no record. */
  bad: boolean
}

export class FastaReader implements RecordReader {
  rows = 0
  seen = 0
  long: RecordReader['long']
  readonly #wants: (column: number) => boolean
  readonly #id: Utf8Builder | undefined
  readonly #description: Utf8Builder | undefined
  #sequence: Utf8Builder | undefined
  #lengths: number[] = []
  #offsets: number[] = []
  readonly #zones: FastaZones | undefined
  readonly #scanner = new ResidueScanner()
  readonly #appended: ResidueSink
  #passing: Passing | undefined
  /** The caller knows that the record here is a long one. */
  #announced = false
  readonly #rejects: Rejects

  constructor(
    readonly projection: readonly number[],
    readonly settings: ReaderSettings,
    /** Bytes of the records that are looked at whole. */
    readonly longest: number,
  ) {
    const { allocate, zones, within } = settings
    this.#rejects = new Rejects('fasta: record', settings)
    this.#wants = (column) => projection.includes(column)
    if (this.#wants(ID)) this.#id = new Utf8Builder(allocate, SMALL_BYTES)
    if (this.#wants(DESCRIPTION)) this.#description = new Utf8Builder(allocate, SMALL_BYTES)
    if (this.#wants(SEQUENCE)) this.#sequence = new Utf8Builder(allocate, FIRST_BYTES)
    if (zones) this.#zones = new FastaZones()
    this.#appended = { residues: (bytes, from, to) => this.#sequence!.extend(bytes, from, to) }
    if (within?.resume !== undefined) {
      const { at, values } = within.resume
      const { id = '', description = null } = values
      this.#begin(Buffer.from(id ?? ''), description === null ? undefined : Buffer.from(description), at)
      this.#scanner.resume()
    }
  }

  get bytes(): number {
    const texts = [this.#id, this.#description, this.#sequence]
    return texts.reduce((sum, column) => sum + (column?.bytes ?? 0), 0)
  }

  read(
    bytes: Uint8Array,
    start: number,
    until: number,
    end: number,
    final: boolean,
    maxRows: number,
  ): number {
    this.long = undefined
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, end)
    let at = start
    if (this.#passing !== undefined) {
      at = this.#goOn(bytes, buffer, at, until, final && until === end)
      if (this.#passing !== undefined) this.long = 'inside'
      else if (this.settings.zones) this.long = 'behind'
      if (this.long !== undefined) return at
    }
    while (at < until && this.rows < maxRows) {
      // A stretch is of one record, whether or not that one has a residue in it.
      if (this.settings.within !== undefined && this.seen > 0) return at
      if (bytes[at] !== TITLE) {
        const next = this.#noTitle(bytes, buffer, at, end, final)
        if (next < 0) return at
        at = next
        continue
      }
      const shown = Math.min(end, at + this.longest)
      let next = nextTitle(bytes, buffer, at + 1, shown)
      if (next < 0 && shown - at === this.longest) {
        // A segment ends here, so that the long record has its own.
        if (this.settings.zones && !this.#announced) {
          this.#announced = true
          this.long = 'before'
          return at
        }
        const sequence = this.#title(bytes, buffer, at, end, final)
        if (sequence < 0) return at
        this.#announced = false
        at = this.#goOn(bytes, buffer, sequence, Math.max(sequence, until), final && until === end)
        if (this.#passing !== undefined) this.long = 'inside'
        else if (this.settings.zones) this.long = 'behind'
        if (this.long !== undefined) return at
        continue
      }
      if (next < 0) {
        if (!final) return at
        next = end
      }
      const sequence = this.#title(bytes, buffer, at, next, true)
      this.#pass(bytes, sequence, next)
      this.#end()
      at = next
    }
    return at
  }

  /** What stands before the first title: blank lines and comments, or an error. -1: more bytes are needed to tell. */
  #noTitle(bytes: Uint8Array, buffer: Buffer, at: number, end: number, final: boolean): number {
    const feed = buffer.indexOf(LF, at)
    if (feed < 0 && !final) return -1
    const stop = feed < 0 ? end : feed
    if (bytes[at] !== SEMICOLON && buffer.subarray(at, stop).toString('latin1').trim() !== '') {
      const found = JSON.stringify(String.fromCharCode(bytes[at]!))
      const next = nextTitle(bytes, buffer, at, end)
      if (this.settings.ignoreErrors && next < 0 && !final) return -1
      this.#note(at, `starts with ${found}, expected ">"`)
      return next < 0 ? end : next
    }
    return feed < 0 ? end : feed + 1
  }

  /** Reads the title at `at`, and says where the record's sequence begins; -1: more bytes are needed. */
  #title(bytes: Uint8Array, buffer: Buffer, at: number, end: number, final: boolean): number {
    let feed = buffer.indexOf(LF, at)
    if (feed >= end) feed = -1
    if (feed < 0 && !final && end - at <= LONGEST_TITLE) return -1
    const stop = feed < 0 ? end : feed
    const { id, idEnd, from, to } = titleWords(bytes, at + 1, stop)
    this.#begin(bytes.subarray(id, idEnd), from < to ? bytes.subarray(from, to) : undefined, 0)
    if (stop - at > LONGEST_TITLE) this.#spoil(at, `has a title of more than ${LONGEST_TITLE} bytes`)
    const title = buffer.subarray(at, stop)
    if (!isAscii(title) && !isUtf8(title)) this.#spoil(at, 'has a title that is not valid UTF-8')
    return feed < 0 ? end : feed + 1
  }

  #begin(id: Uint8Array, description: Uint8Array | undefined, residues: number): void {
    this.#appendTitle({ id, description })
    this.#zones?.title(id, description)
    const { from, to } = this.settings.within ?? { from: 0, to: Number.POSITIVE_INFINITY }
    this.#passing = { id, description, residues, from, to, bad: false }
    this.#scanner.begin()
  }

  #appendTitle({ id, description }: Pick<Passing, 'id' | 'description'>): void {
    this.#id?.append(id, 0, id.length)
    if (description === undefined) this.#description?.appendNull()
    else this.#description?.append(description, 0, description.length)
    this.#sequence?.append(id, 0, 0)
  }

  /** More of the record, up to `until`, or the next title before it. */
  #goOn(bytes: Uint8Array, buffer: Buffer, at: number, until: number, final: boolean): number {
    const passing = this.#passing!
    let next = -1
    if (at < until) {
      const isTitle = bytes[at] === TITLE && this.#scanner.atLineStart
      next = isTitle ? at : nextTitle(bytes, buffer, at + 1, until)
      this.#pass(bytes, at, next < 0 ? until : next)
    }
    // Nothing behind the wanted residues needs to be read.
    if (next >= 0 || final || passing.residues >= passing.to) {
      this.#end()
      return next < 0 ? Math.max(at, until) : next
    }
    // The title's bytes will be moved away.
    this.#passing = { ...passing, id: passing.id.slice(), description: passing.description?.slice() }
    return Math.max(at, until)
  }

  /** bytes[from, to) of the record's sequence. */
  #pass(bytes: Uint8Array, from: number, to: number): void {
    const passing = this.#passing!
    if (from >= to) return
    if (passing.bad) {
      this.#scanner.skip(bytes, to)
      return
    }
    const whole = passing.from === 0 && passing.to === Number.POSITIVE_INFINITY
    const sink = whole ? this.#sequence && this.#appended : this.#partOf(passing)
    if (this.#sequence !== undefined && whole && passing.residues + to - from > LONGEST_SEQUENCE)
      throw this.#tooLong(passing)
    const residues = this.#scanner.pass(bytes, from, to, sink)
    passing.residues += residues
    const { bad } = this.#scanner
    if (bad < 0) return
    this.#scanner.skip(bytes, to)
    const byte = bytes[bad]!.toString(16).padStart(2, '0')
    this.#spoil(bad, `has the byte 0x${byte} in its sequence, expected printable ASCII`)
  }

  /** Takes those residues that are wanted of what comes next. */
  #partOf(passing: Passing): ResidueSink | undefined {
    if (this.#sequence === undefined) return undefined
    let passed = passing.residues
    return {
      residues: (bytes, from, to) => {
        const first = Math.max(from, from + passing.from - passed)
        const last = Math.min(to, from + passing.to - passed)
        passed += to - from
        if (first < last) this.#sequence!.extend(bytes, first, last)
      },
    }
  }

  #tooLong({ id }: Passing): VarveError {
    const name = Buffer.from(id).toString()
    const message = `fasta: the sequence ${JSON.stringify(name)} has more than ${LONGEST_SEQUENCE} residues, expected no more in one SQL text; read it in slices: varve slices --by residues`
    return new VarveError('unsupported', message, { id: name })
  }

  /** The record ends. */
  #end(): void {
    const { residues, from, to, bad } = this.#passing!
    this.#passing = undefined
    if (bad) return
    const length = Math.max(0, Math.min(residues, to) - from)
    this.seen++
    this.#zones?.length(length)
    // A part behind the sequence's end: there is no such row.
    if (length === 0 && from > 0) {
      this.#truncate()
      return
    }
    if (this.#wants(LENGTH)) this.#lengths.push(length)
    if (this.#wants(OFFSET)) this.#offsets.push(from)
    this.rows++
  }

  /** Forgets what was begun of a row. */
  #truncate(): void {
    for (const column of [this.#id, this.#description, this.#sequence]) column?.truncate(this.rows)
  }

  /** The record that is being read is none. */
  #spoil(at: number, what: string): void {
    if (this.#passing!.bad) return
    this.#note(at, what)
    this.#passing!.bad = true
    this.#truncate()
  }

  #note(at: number, what: string): void {
    this.#rejects.note(at, this.seen, what)
  }

  take(): ColumnBatch {
    const { allocate, firstRecord } = this.settings
    const first = firstRecord + this.seen - this.rows
    const make = (column: number): ColumnVector => {
      if (column === RECORD) return ordinals(allocate, first, this.rows)
      if (column === LENGTH) return int64s(allocate, this.#lengths)
      if (column === OFFSET) return int64s(allocate, this.#offsets)
      return [this.#id, this.#description, this.#sequence][column]!.take()
    }
    const open = this.#setAside()
    const huge = (this.#sequence?.bytes ?? 0) > HUGE
    const batch = projectedBatch(this.projection, this.rows, make)
    if (huge) this.#sequence = new Utf8Builder(allocate, FIRST_BYTES)
    this.rows = 0
    this.#lengths = []
    this.#offsets = []
    if (open !== undefined) this.#appendTitle(open)
    if (open?.sequence !== undefined) this.#sequence?.extend(open.sequence, 0, open.sequence.length)
    return batch
  }

  /** What the columns hold of the record that is being passed, taken out of them. */
  #setAside(): (Passing & { readonly sequence: Uint8Array | undefined }) | undefined {
    if (this.#passing === undefined || this.#passing.bad) return undefined
    const open = { ...this.#passing, sequence: this.#sequence?.value(this.rows).slice() }
    this.#truncate()
    return open
  }

  takeZones(): Zone[] {
    const passing = this.#passing
    if (passing === undefined) return this.#zones?.take() ?? []
    return this.#zones?.takeInside(passing.id, passing.description, passing.residues) ?? []
  }

  takeRejects(): BadRecord[] {
    return this.#rejects.take()
  }
}

/** The first title in [from, end), a `>` behind a line feed; -1 when there is none. */
export function nextTitle(bytes: Uint8Array, buffer: Buffer, from: number, end: number): number {
  let at = buffer.indexOf(TITLE, from)
  while (at >= 0 && at < end && bytes[at - 1] !== LF) at = buffer.indexOf(TITLE, at + 1)
  return at >= 0 && at < end ? at : -1
}

/** Where a record begins behind any byte: every line that begins with `>` is a title. */
export function syncFasta(bytes: Uint8Array, from: number, end: number): number {
  if (from < end && bytes[from] === TITLE && (from === 0 || bytes[from - 1] === LF)) return from
  return nextTitle(bytes, Buffer.from(bytes.buffer, bytes.byteOffset, end), from + 1, end)
}
