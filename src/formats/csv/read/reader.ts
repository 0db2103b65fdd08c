/** Reads records into columns: ordinary ones quickly, the others by the record scanner. */

import { isAscii, isUtf8 } from 'node:buffer'
import type { ColumnBatch } from '../../batch.ts'
import { ordinals } from '../../builders.ts'
import { sqlName } from '../../sql-names.ts'
import { Rejects } from '../../text/rejects.ts'
import type { BadRecord, ReaderSettings, RecordReader, TextLayout, Zone } from '../../text/types.ts'
import { type CsvDialect, dialectOf } from '../dialect.ts'
import { buildMachine, type Machine } from '../machine.ts'
import { ESCAPED_FIELD, Found, QUOTED_FIELD, RecordScanner, withoutEscapes } from '../scanner.ts'
import { type BoolColumn, type Column, type FixedColumn, TextColumn } from './column.ts'
import { readDate, readTimestamp } from './moments.ts'
import { readBool, readDouble, readInt32, readInt64 } from './numbers.ts'
import {
  BOOL,
  DATE,
  DOUBLE,
  INT32,
  INT64,
  makePlan,
  type Plan,
  SKIP,
  TEXT,
  TIMESTAMP,
  type Wanted,
} from './plan.ts'
import { FieldStore, shown } from './store.ts'
import { readText, skipField } from './texts.ts'
import { ZoneGatherer } from './zones.ts'

const CR = 13
const LF = 10
const BLANK = 32

export class CsvReader implements RecordReader {
  rows = 0
  seen = 0
  readonly #dialect: CsvDialect
  readonly #machine: Machine
  readonly #scanner: RecordScanner
  readonly #plan: Plan
  readonly #store: FieldStore
  readonly #columns: readonly Column[]
  readonly #texts: readonly TextColumn[]
  readonly #zones: ZoneGatherer | undefined
  readonly #rejects: Rejects
  /** Rows there is room for. */
  #room = 0
  /** Values of the bytes being read have to be looked at one by one: some are not UTF-8. */
  #suspect = false

  constructor(
    readonly layout: TextLayout,
    readonly projection: readonly number[],
    readonly settings: ReaderSettings,
  ) {
    const dialect = dialectOf(layout)
    this.#rejects = new Rejects('csv: record', settings)
    this.#dialect = dialect
    this.#machine = buildMachine(dialect)
    this.#scanner = new RecordScanner(this.#machine)
    const zoned = settings.zones
      ? layout.zones.map((name) => layout.columns.findIndex((c) => c.name === name))
      : []
    const plan = makePlan(
      layout.columns,
      dialect,
      this.#machine,
      new Set(projection),
      new Set(zoned),
      settings.allocate,
    )
    this.#plan = plan
    this.#store = new FieldStore(plan, dialect.quotedNulls)
    const wanted = plan.wanted.filter((one) => one !== undefined)
    this.#columns = wanted.map(({ column }) => column)
    this.#texts = this.#columns.filter((column) => column instanceof TextColumn)
    this.#zones = settings.zones ? new ZoneGatherer(zoned.map((field) => plan.wanted[field]!)) : undefined
  }

  get bytes(): number {
    let sum = 0
    for (const column of this.#columns) sum += column.bytes(this.rows)
    return sum
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
    this.#suspect = false
    const stop = this.#read(bytes, start, until, end, final, maxRows)
    if (this.#texts.length === 0 || stop <= start) return stop
    const slab = bytes.subarray(start, stop)
    if (isAscii(slab) || isUtf8(slab)) return stop
    // Somewhere in there is a bad value. Once more, with care.
    for (const column of this.#columns) column.forget(rows, this.rows)
    this.rows = rows
    this.seen = seen
    this.#rejects.truncate(rejects)
    this.#suspect = true
    return this.#read(bytes, start, until, end, final, maxRows)
  }

  #read(
    bytes: Uint8Array,
    start: number,
    until: number,
    end: number,
    final: boolean,
    maxRows: number,
  ): number {
    const { newline, extra } = this.#machine
    // Within these bytes a line end stops every field.
    const limit = extra > 0 || this.#suspect ? 0 : bytes.subarray(start, end).lastIndexOf(newline) + start + 1
    let at = start
    while (at < until && this.rows < maxRows) {
      if (at < limit) {
        const before = at
        at = this.#readFast(bytes, at, Math.min(until, limit), limit, maxRows)
        if (at >= until || this.rows >= maxRows) break
        if (at >= limit && at > before) continue
      }
      const next = this.#readSlowly(bytes, at, end, final)
      if (next < 0) return at
      at = next
    }
    // Who stopped for its rows may stop anywhere in a run of blank lines, and the next one goes on from there.
    return this.rows >= maxRows ? at : this.#skipBlank(bytes, at, end, final)
  }

  /**
   * Ordinary records that begin before `until`; stops before any other. All bytes up to `limit` are there,
   * and a line end is the last one.
   */
  #readFast(bytes: Uint8Array, start: number, until: number, limit: number, maxRows: number): number {
    const { signs, operations, wanted } = this.#plan
    const { delim, newline, crlf } = this.#machine
    const { maxLineSize } = this.#dialect
    const fields = operations.length
    const last = fields - 1
    const ender = crlf ? CR : newline
    const first = this.seen - this.rows
    let row = this.rows
    let at = start
    records: while (at < until && row < maxRows) {
      if (row >= this.#room) this.#reserve(row, maxRows)
      let to = at
      for (let field = 0; field < fields; field++) {
        const from = to
        switch (operations[field]) {
          case SKIP:
            to = skipField(bytes, from, signs, limit)
            break
          case INT64:
            to = readInt64(wanted[field]!.column as FixedColumn, bytes, from, row, signs)
            break
          case DOUBLE:
            to = readDouble(wanted[field]!.column as FixedColumn, bytes, from, row, signs)
            break
          case TEXT:
            to = readText(wanted[field]!.column as TextColumn, bytes, from, row, signs, limit)
            break
          case DATE:
            to = readDate(wanted[field]!.column as FixedColumn, bytes, from, row, signs)
            break
          case TIMESTAMP:
            to = readTimestamp(wanted[field]!.column as FixedColumn, bytes, from, row, signs)
            break
          case BOOL:
            to = readBool(wanted[field]!.column as BoolColumn, bytes, from, row, signs)
            break
          case INT32:
            to = readInt32(wanted[field]!.column as FixedColumn, bytes, from, row, signs)
            break
          default:
            to = -1
        }
        if (to < 0) {
          to = this.#store.readField(wanted[field], bytes, from, row, limit)
          if (to < 0) break records
        }
        if (bytes[to] !== (field === last ? ender : delim)) break records
        to++
      }
      if (crlf && bytes[to++] !== LF) break
      if (to - at > maxLineSize) break
      // A lone empty field is an empty line, which may not be a record.
      if (last === 0 && to - at <= 2 && !signs.emptyIsNull) break
      row++
      at = to
    }
    this.rows = row
    this.seen = first + row
    return at
  }

  #reserve(used: number, maxRows: number): void {
    const rows = Math.min(Math.max(4096, used * 2), Math.max(maxRows, used + 1))
    let room = Number.POSITIVE_INFINITY
    for (const column of this.#columns) {
      column.reserve(rows, used)
      room = Math.min(room, column.room)
    }
    this.#room = room
  }

  /** Whatever begins at `start`: returns where the next thing begins, or -1 when more bytes are needed. */
  #readSlowly(bytes: Uint8Array, start: number, end: number, final: boolean): number {
    const scanner = this.#scanner
    const found = scanner.scan(bytes, start, end, final)
    const { next } = scanner
    // The quick way may have begun this row and given it up.
    for (const column of this.#columns) column.forget(this.rows, this.rows + 1)
    const size = (found === Found.incomplete ? end : next) - start
    if (size > this.#dialect.maxLineSize && found !== Found.comment) {
      const what = `is longer than max_line_size, ${this.#dialect.maxLineSize} bytes`
      if (found !== Found.incomplete || !this.settings.ignoreErrors) this.#bad(start, what)
      return found === Found.incomplete ? -1 : next
    }
    switch (found) {
      case Found.incomplete:
        return -1
      case Found.end:
        return end
      case Found.invalid:
        this.#bad(start, `${scanner.bad}, ${scanner.badAt - start} bytes behind its beginning`)
        return next
      case Found.comment:
        return next
      case Found.blank:
        if (this.#dialect.fields === 1 && this.#plan.signs.emptyIsNull) this.#addEmpty()
        return next
      default:
        this.#addRecord(bytes, start)
        return next
    }
  }

  #addEmpty(): void {
    if (this.rows >= this.#room) this.#reserve(this.rows, this.rows + 1)
    for (const column of this.#columns) column.setNull(this.rows)
    this.rows++
    this.seen++
  }

  /** The record that the scanner has found. */
  #addRecord(bytes: Uint8Array, start: number): void {
    const { count, starts, ends } = this.#scanner
    const { fields, padding } = this.#dialect
    const row = this.rows
    if (row >= this.#room) this.#reserve(row, row + 1)
    let wrong = ''
    if (count < fields && !padding) wrong = `has ${count} fields, expected ${fields}`
    // One delimiter too many at the end is forgiven when nothing stands behind it.
    for (let i = fields; i < count; i++)
      if (ends[i]! > starts[i]!) wrong = `has ${count} fields, expected ${fields}`
    for (let i = 0; i < fields && wrong === ''; i++) {
      const wanted = this.#plan.wanted[i]
      if (wanted === undefined) continue
      if (i >= count) wanted.column.setNull(row)
      else wrong = this.#addField(wanted, i, row, bytes)
    }
    if (wrong !== '') {
      this.#bad(start, wrong)
      return
    }
    this.rows++
    this.seen++
  }

  /** Writes field `i` of the scanned record; returns what is wrong with it, or ''. */
  #addField(wanted: Wanted, i: number, row: number, bytes: Uint8Array): string {
    const { starts, ends, flags } = this.#scanner
    let source = bytes
    let from = starts[i]!
    let to = ends[i]!
    if ((flags[i]! & ESCAPED_FIELD) !== 0) {
      source = withoutEscapes(bytes, from, to, this.#machine)
      from = 0
      to = source.length
    }
    const { column, name, type } = wanted
    if (!this.#store.write(wanted, row, source, from, to, (flags[i]! & QUOTED_FIELD) !== 0)) {
      if (wanted.zoneOnly) {
        this.#zones?.widen(wanted)
        column.setNull(row)
        return ''
      }
      return `has ${shown(source, from, to)} in column "${name}", expected ${sqlName(type)}`
    }
    if (this.#suspect && column instanceof TextColumn && !isUtf8(column.value(row))) {
      if (!wanted.zoneOnly) return `has bytes in column "${name}" that are not valid UTF-8`
      this.#zones?.widen(wanted)
      column.setNull(row)
    }
    return ''
  }

  #bad(at: number, what: string): void {
    for (const column of this.#columns) column.forget(this.rows, this.rows + 1)
    this.#rejects.note(at, this.seen, what)
  }

  /** Blank and comment lines belong to the record before them. */
  #skipBlank(bytes: Uint8Array, start: number, end: number, final: boolean): number {
    const { comment } = this.#machine
    const keeps = this.#dialect.fields === 1 && this.#plan.signs.emptyIsNull
    let at = start
    while (at < end) {
      const byte = bytes[at]!
      const blank = (byte === LF || byte === CR) && !keeps
      if (!blank && (comment < 0 || (byte !== comment && byte !== BLANK))) break
      const found = this.#scanner.scan(bytes, at, end, final)
      if (found !== Found.comment && (found !== Found.blank || keeps)) break
      at = this.#scanner.next
    }
    return at
  }

  take(): ColumnBatch {
    const { rows, projection, layout } = this
    this.#zones?.fold(rows)
    this.#zones?.restart()
    const first = this.settings.firstRecord + this.seen - rows
    const taken = this.#plan.wanted.map((one) => one?.column.take(rows))
    this.rows = 0
    this.#room = 0
    const columns = projection.map((index) =>
      index === layout.ordinal ? ordinals(this.settings.allocate, first, rows) : taken[index]!,
    )
    return { rows, columns }
  }

  takeZones(): Zone[] {
    this.#zones?.fold(this.rows)
    return this.#zones?.take() ?? []
  }

  takeRejects(): BadRecord[] {
    return this.#rejects.take()
  }
}
