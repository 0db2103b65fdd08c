/** Which type each column has: DuckDB's type detection and refinement. */

import type { DataType } from '../../batch.ts'
import type { CsvOptions } from '../options.ts'
import { type Cast, castTo, typeNamed } from '../types.ts'
import { TimeFormat } from '../values/strptime.ts'
import { type Cell, CellReader, type CellRow } from './cells.ts'
import { CHUNK, type Sample } from './count.ts'
import type { Candidate } from './dialect.ts'

/** Candidates from the last to the first; the first one takes anything. */
const LADDER = [
  'VARCHAR',
  'DOUBLE',
  'BIGINT',
  'TIMESTAMPTZ',
  'TIMESTAMP',
  'DATE',
  'TIME',
  'BOOLEAN',
  'NULL',
] as const
type Rung = (typeof LADDER)[number]

const TEMPLATES = {
  DATE: ['%m-%d-%Y', '%m-%d-%y', '%d-%m-%Y', '%d-%m-%y', '%Y-%m-%d', '%y-%m-%d'],
  TIMESTAMP: [
    '%Y-%m-%d %H:%M:%S.%f',
    '%m-%d-%Y %I:%M:%S %p',
    '%m-%d-%y %I:%M:%S %p',
    '%d-%m-%Y %H:%M:%S',
    '%d-%m-%y %H:%M:%S',
    '%Y-%m-%d %H:%M:%S',
    '%y-%m-%d %H:%M:%S',
  ],
} as const

/** Digits, a separator, digits, the same separator, a digit: what stands between the parts of a date. */
const NUMERIC_DATE = /^\s*\d+(\D+)\d+\1\d/

export interface Typed {
  readonly candidate: Candidate
  readonly types: readonly DataType[]
  /** Columns without any value. */
  readonly empty: readonly boolean[]
  /** strptime formats; '' means ISO 8601. */
  readonly dateFormat: string
  readonly timestampFormat: string
  /** The first row: the header, or data. */
  readonly first: CellRow | undefined
  /** The sample has no other. */
  readonly single: boolean
}

/** The one format of all columns of a type, found with the first values that need one. */
class FormatGuess {
  format = ''
  #left: string[] | undefined
  #all = 0
  #matched = false

  constructor(
    readonly templates: readonly string[],
    readonly given: string | undefined,
  ) {
    this.format = given ?? ''
  }

  /** Narrows the formats down to those that read `text`. */
  look(separator: string, text: Uint8Array): void {
    if (this.given !== undefined || !['-', '.', '/', ' '].includes(separator)) return
    if (this.#left === undefined) {
      const formats = this.templates.map((template) => template.replaceAll('-', separator))
      this.#left = formats.filter((format) => !format.includes('%Y-%m-%d'))
      this.#all = this.#left.length
    }
    const before = [...this.#left]
    while (this.#left.length > 0) {
      const format = this.#left.at(-1)!
      if (new TimeFormat(format).date(text, 0, text.length, true) !== undefined) {
        this.#matched = true
        this.format = format
        return
      }
      this.#left.pop()
    }
    if (before.length === this.#all && !this.#matched) {
      this.#left = undefined
      this.format = ''
    } else {
      this.#left = before
      this.format = before.at(-1) ?? ''
    }
  }
}

export class TypeSniffer {
  readonly #formats: { readonly DATE: FormatGuess; readonly TIMESTAMP: FormatGuess }

  constructor(
    readonly sample: Sample,
    readonly options: CsvOptions,
  ) {
    this.#formats = {
      DATE: new FormatGuess(TEMPLATES.DATE, options.dateFormat),
      TIMESTAMP: new FormatGuess(TEMPLATES.TIMESTAMP, options.timestampFormat),
    }
  }

  /** The candidate with the fewest text columns, typed; undefined when every one meets bad records. */
  detect(candidates: readonly Candidate[], columns: number): Typed | undefined {
    let best: { candidate: Candidate; reader: CellReader; ladders: Rung[][]; rows: CellRow[] } | undefined
    let formats = { date: '', timestamp: '' }
    let fewest = columns + 1
    let fewestErrors = Number.POSITIVE_INFINITY
    for (const candidate of candidates) {
      const reader = new CellReader(
        candidate.counter.machine,
        this.sample,
        columns,
        this.options,
        candidate.start,
      )
      const rows = reader.next()
      if (reader.errors > 0 && !this.options.ignoreErrors) continue
      const ladders = this.#sniff(rows, columns, rows.length > 1 && this.options.header !== false ? 1 : 0)
      const texts = ladders.filter((ladder) => ladder.length === 1).length
      if (
        best === undefined ||
        (texts < fewest && (!this.options.ignoreErrors || reader.errors < fewestErrors))
      ) {
        best = { candidate, reader, ladders, rows }
        fewest = texts
        fewestErrors = reader.errors
        formats = { date: this.#formats.DATE.format, timestamp: this.#formats.TIMESTAMP.format }
      }
    }
    if (best === undefined) return undefined
    this.#refine(best.reader, best.ladders, formats)
    return {
      candidate: best.candidate,
      types: best.ladders.map((ladder) => this.#typeOf(ladder)),
      empty: best.ladders.map((ladder) => ladder.at(-1) === 'NULL'),
      dateFormat: formats.date,
      timestampFormat: formats.timestamp,
      first: best.rows[0],
      single: best.rows.length === 1,
    }
  }

  #typeOf(ladder: readonly Rung[]): DataType {
    const top = ladder.at(-1)!
    return typeNamed(top === 'NULL' ? 'VARCHAR' : top)
  }

  #cast(rung: Rung, dateFormat: string, timestampFormat: string): Cast {
    if (rung === 'NULL') return () => undefined
    if (rung === 'VARCHAR') return () => true
    return castTo(typeNamed(rung), { decimal: this.options.decimal, dateFormat, timestampFormat }, true)
  }

  #sniff(rows: readonly CellRow[], columns: number, from: number): Rung[][] {
    const ladders: Rung[][] = []
    const settled = { DATE: false, TIMESTAMP: false }
    const casts = new Map<string, Cast>()
    const fits = (rung: Rung, cell: Cell): boolean => {
      const key = rung === 'DATE' || rung === 'TIMESTAMP' ? rung + this.#formats[rung].format : rung
      let cast = casts.get(key)
      if (cast === undefined) {
        cast = this.#cast(rung, this.#formats.DATE.format, this.#formats.TIMESTAMP.format)
        casts.set(key, cast)
      }
      return cast(cell.bytes, cell.start, cell.end) !== undefined
    }
    for (let column = 0; column < columns; column++) {
      const ladder: Rung[] = [...LADDER]
      for (let row = from; row < rows.length; row++) {
        const cell = rows[row]!.cells[column]
        if (cell === undefined) continue
        const before = ladder.at(-1)!
        while (ladder.length > 1) {
          const top = ladder.at(-1)!
          if ((top === 'DATE' || top === 'TIMESTAMP') && !settled[top]) this.#lookAtFormat(top, cell)
          if (fits(top, cell)) break
          const zoned = ladder.at(-2) === 'TIMESTAMPTZ'
          const special = ['BOOLEAN', 'DATE', 'TIME', 'TIMESTAMPTZ'].includes(before)
          if (row !== from && (special || (before === 'TIMESTAMP' && !zoned))) {
            // A column that looked like this and is not is text, not a number.
            ladder.length = 1
            break
          }
          ladder.pop()
        }
      }
      const top = ladder.at(-1)!
      if (top === 'DATE' || top === 'TIMESTAMP') settled[top] = true
      ladders.push(ladder)
    }
    return ladders
  }

  #lookAtFormat(rung: 'DATE' | 'TIMESTAMP', { bytes, start, end }: Cell): void {
    const text = bytes.subarray(start, end)
    const separator = NUMERIC_DATE.exec(Buffer.from(text.subarray(0, 64)).toString('latin1'))?.[1]
    if (separator !== undefined) this.#formats[rung].look(separator, text)
  }

  #refine(reader: CellReader, ladders: Rung[][], formats: { date: string; timestamp: string }): void {
    const chunks = Math.ceil(this.options.sampleSize / CHUNK)
    for (let i = 1; i < chunks && !reader.finished; i++) {
      const rows = reader.next()
      for (const [column, ladder] of ladders.entries()) {
        const wasBool = ladder.at(-1) === 'BOOLEAN'
        while (ladder.length > 1) {
          const cast = this.#cast(ladder.at(-1)!, formats.date, formats.timestamp)
          const fits = rows.every(({ cells }) => {
            const cell = cells[column]
            return cell === undefined || cast(cell.bytes, cell.start, cell.end) !== undefined
          })
          if (fits) break
          if (wasBool && ladder.at(-1) === 'BOOLEAN') ladder.length = 1
          else ladder.pop()
        }
      }
    }
  }
}
