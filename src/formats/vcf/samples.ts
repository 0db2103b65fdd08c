/** The FORMAT column and the samples' (VCFv4.5, 1.6.2) as a list of structs. */

import type { ColumnVector } from '../batch.ts'
import type { Allocate } from '../builders.ts'
import { columnFor, type ValueColumn } from './columns.ts'
import { same } from './keys.ts'
import type { VcfDialect } from './layout.ts'
import { Tabs } from './tabs.ts'

const TAB = 9
const COLON = 58

/** What a record's FORMAT says: for each place the column that it fills. */
interface Plan {
  readonly text: Uint8Array
  readonly columns: readonly (ValueColumn | undefined)[]
  /** Places from here on are of no interest. */
  readonly wanted: number
}

const NOTHING: Plan = { text: new Uint8Array(0), columns: [], wanted: 0 }

export class SamplesColumn {
  /** Samples in a row. */
  readonly #count: number
  readonly #fileCount: number
  /** The file's column of each sample, unless all of them are wanted as they come. */
  readonly #chosen: readonly number[] | undefined
  readonly #starts: Int32Array
  readonly #tabs = new Tabs()
  readonly #names: Buffer
  readonly #nameEnds: Int32Array
  readonly #ids: ReadonlyMap<string, ValueColumn>
  readonly #columns: readonly ValueColumn[]
  readonly #allocate: Allocate
  #plan = NOTHING

  constructor({ samples, chosen, format }: VcfDialect, allocate: Allocate) {
    this.#allocate = allocate
    this.#fileCount = samples.length
    this.#chosen = chosen
    const shown = chosen === undefined ? samples : chosen.map((i) => samples[i]!)
    this.#count = shown.length
    this.#starts = new Int32Array(shown.length)
    const names = shown.map((name) => Buffer.from(name))
    this.#names = Buffer.concat(names)
    this.#nameEnds = new Int32Array(names.length)
    names.reduce((end, name, i) => {
      this.#nameEnds[i] = end + name.length
      return end + name.length
    }, 0)
    this.#columns = format.map((field) => columnFor(field, allocate))
    this.#ids = new Map(format.map(({ id }, i) => [Buffer.from(id).toString('latin1'), this.#columns[i]!]))
  }

  bytes(rows: number): number {
    let bytes = rows * (this.#names.length + this.#count * 4)
    for (const column of this.#columns) bytes += column.bytes
    return bytes
  }

  /**
   * The samples of row `row`: FORMAT is bytes[start, formatEnd), the line ends at `end`. False when the line is seen
   * to have other columns than the header.
   */
  set(row: number, bytes: Uint8Array, start: number, formatEnd: number, end: number): boolean {
    if (this.#count === 0) return true
    const plan = same(this.#plan.text, bytes, start, formatEnd)
      ? this.#plan
      : this.#read(bytes, start, formatEnd)
    const first = row * this.#count
    if (this.#chosen === undefined) {
      let at = formatEnd
      for (let i = 0; i < this.#count; i++) {
        if (at >= end) return false
        at = this.#sample(plan, first + i, bytes, at + 1, end)
      }
      return at >= end
    }
    if (!this.#find(this.#chosen, bytes, formatEnd, end)) return false
    for (let i = 0; i < this.#count; i++) this.#sample(plan, first + i, bytes, this.#starts[i]!, end)
    return true
  }

  /** Where the columns of the chosen samples begin. */
  #find(chosen: readonly number[], bytes: Uint8Array, formatEnd: number, end: number): boolean {
    this.#tabs.use(bytes)
    let at = formatEnd + 1
    let column = 0
    for (let i = 0; i < chosen.length; i++) {
      const wanted = chosen[i]!
      if (wanted < column) {
        at = formatEnd + 1
        column = 0
      }
      at = this.#tabs.pass(at, end, wanted - column)
      column = wanted
      if (at > end) return false
      this.#starts[i] = at
    }
    return formatEnd < end
  }

  /** One sample's values; returns the end of its column. */
  #sample(plan: Plan, item: number, bytes: Uint8Array, start: number, end: number): number {
    const { columns, wanted } = plan
    let at = start
    for (let place = 0; place < wanted; place++) {
      let stop = at
      let byte = bytes[stop]
      while (stop < end && byte !== COLON && byte !== TAB) byte = bytes[++stop]
      columns[place]?.set(item, bytes, at, stop)
      if (stop >= end || byte === TAB) return stop
      at = stop + 1
    }
    if (this.#chosen === undefined) while (at < end && bytes[at] !== TAB) at++
    return at
  }

  #read(bytes: Uint8Array, start: number, end: number): Plan {
    const keys = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start)
      .toString('latin1')
      .split(':')
    // Of a key that comes twice the first place counts.
    const columns = keys.map((key, i) => (keys.indexOf(key) === i ? this.#ids.get(key) : undefined))
    const wanted = columns.findLastIndex((column) => column !== undefined) + 1
    this.#plan = { text: bytes.slice(start, end), columns, wanted }
    return this.#plan
  }

  /** Whether a line has a column for each of the file's samples, and no more. */
  isComplete(bytes: Uint8Array, formatEnd: number, end: number): boolean {
    this.#tabs.use(bytes)
    return (
      this.#tabs.pass(formatEnd, end, this.#fileCount) <= end &&
      this.#tabs.pass(formatEnd, end, this.#fileCount + 1) > end
    )
  }

  take(rows: number): ColumnVector {
    const items = rows * this.#count
    const offsets = new Int32Array(this.#allocate((rows + 1) * 4), 0, rows + 1)
    for (let i = 0; i <= rows; i++) offsets[i] = i * this.#count
    const children = [this.#takeNames(rows), ...this.#columns.map((column) => column.take(items))]
    return { length: rows, offsets, children: [{ length: items, children }] }
  }

  /** The same names in each row. */
  #takeNames(rows: number): ColumnVector {
    const length = rows * this.#count
    const { length: row } = this.#names
    const values = new Uint8Array(this.#allocate(Math.max(1, rows * row)), 0, rows * row)
    const offsets = new Int32Array(this.#allocate((length + 1) * 4), 0, length + 1)
    offsets[0] = 0
    let at = 1
    for (let i = 0; i < rows; i++) {
      values.set(this.#names, i * row)
      const before = i * row
      for (let k = 0; k < this.#count; k++) offsets[at++] = before + this.#nameEnds[k]!
    }
    return { length, offsets, values }
  }
}
