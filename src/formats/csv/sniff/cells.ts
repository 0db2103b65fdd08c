/** The values of the sample's records, chunk by chunk. */

import type { Machine } from '../machine.ts'
import type { CsvOptions } from '../options.ts'
import { ESCAPED_FIELD, Found, QUOTED_FIELD, RecordScanner, withoutEscapes } from '../scanner.ts'
import { CHUNK, type Sample } from './count.ts'

/** One value: bytes [start, end); null is undefined. */
export interface Cell {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
}

export interface CellRow {
  /** Where the record after it begins. */
  readonly next: number
  readonly cells: readonly (Cell | undefined)[]
}

export class CellReader {
  readonly #scanner: RecordScanner
  readonly #nulls: readonly Buffer[]
  #at: number
  finished = false
  /** Records left out because they are wrong. */
  errors = 0

  constructor(
    readonly machine: Machine,
    readonly sample: Sample,
    readonly columns: number,
    readonly options: CsvOptions,
    start: number,
  ) {
    this.#scanner = new RecordScanner(machine)
    this.#nulls = options.nulls.map((text) => Buffer.from(text))
    this.#at = start
  }

  /** The next rows, at most 2048. */
  next(): CellRow[] {
    const { bytes, end, whole } = this.sample
    const rows: CellRow[] = []
    const scanner = this.#scanner
    while (rows.length < CHUNK) {
      const found = scanner.scan(bytes, this.#at, end, whole)
      if (found === Found.end || found === Found.incomplete) {
        this.finished = true
        break
      }
      this.#at = scanner.next
      if (found === Found.invalid) {
        this.errors++
      } else if (found === Found.record) {
        const cells = this.#cells()
        if (cells === undefined) this.errors++
        else rows.push({ next: scanner.next, cells })
      } else if (found === Found.blank && this.columns === 1 && this.options.nulls.includes('')) {
        rows.push({ next: scanner.next, cells: [undefined] })
      }
    }
    if (this.#at >= end) this.finished = true
    return rows
  }

  #cells(): (Cell | undefined)[] | undefined {
    const { bytes } = this.sample
    const { count, starts, ends, flags } = this.#scanner
    const cells: (Cell | undefined)[] = []
    for (let i = 0; i < count; i++) {
      let cell: Cell = { bytes, start: starts[i]!, end: ends[i]! }
      if ((flags[i]! & ESCAPED_FIELD) !== 0) {
        const clean = withoutEscapes(bytes, cell.start, cell.end, this.machine)
        cell = { bytes: clean, start: 0, end: clean.length }
      }
      const quoted = (flags[i]! & QUOTED_FIELD) !== 0
      const isNull = (!quoted || this.options.quotedNulls) && this.#isNull(cell)
      if (i < this.columns) cells.push(isNull ? undefined : cell)
      // One delimiter too many is forgiven when nothing stands behind it.
      else if (cell.end > cell.start) return undefined
    }
    if (cells.length < this.columns) {
      if (!this.options.padding) return undefined
      while (cells.length < this.columns) cells.push(undefined)
    }
    return cells
  }

  #isNull({ bytes, start, end }: Cell): boolean {
    return this.#nulls.some((text) => text.length === end - start && text.equals(bytes.subarray(start, end)))
  }
}
