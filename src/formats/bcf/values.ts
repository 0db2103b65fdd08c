/** Columns of values that are set from typed ones, and give what `read_vcf` gives for the text that bcftools prints. */

import { int32 } from '../bam/bytes.ts'
import { sixDigits } from '../bam/scratch.ts'
import type { ColumnVector } from '../batch.ts'
import { ListBuilder } from '../builders/lists.ts'
import { Float32Builder, Int32Builder } from '../builders/numbers.ts'
import type { Allocate } from '../builders.ts'
import { columnFor as columnOfText, type ValueColumn } from '../vcf/columns.ts'
import type { VcfField } from '../vcf/fields.ts'
import { readFloat } from '../vcf/numbers.ts'
import {
  CHAR,
  END_BITS,
  END_INTEGER,
  FLOAT,
  floatAt,
  integerAt,
  isInteger,
  MISSING_BITS,
  MISSING_CHAR,
  MISSING_INTEGER,
  textEnd,
  WIDTHS,
} from './typed.ts'

export interface BcfColumn {
  /** Bytes of memory held, about. */
  readonly bytes: number
  /** Value `index`, of `count` values at `at`; an index larger by more than one leaves nulls behind. */
  set(index: number, bytes: Uint8Array, type: number, count: number, at: number): void
  take(length: number): ColumnVector
}

/** A number that says nothing, and one that ends its vector: neither is one of 32 bits. */
const NOTHING = 0x1_0000_0000
const VECTOR_END = 0x1_0000_0001

/** The number at `at`, of a numeric type. NaN is a number here. */
function numberAt(bytes: Uint8Array, at: number, type: number): number {
  if (type === FLOAT) {
    const bits = int32(bytes, at)
    return bits === MISSING_BITS ? NOTHING : bits === END_BITS ? VECTOR_END : floatAt(bytes, at)
  }
  const value = integerAt(bytes, at, type)
  return value > END_INTEGER ? value : value === MISSING_INTEGER ? NOTHING : VECTOR_END
}

/** Of a text where numbers are declared, each that a comma parts. */
function numbersOfText(bytes: Uint8Array, at: number, count: number): number[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + at, textEnd(bytes, at, count) - at)
  if (text.length === 0) return []
  return text
    .toString('latin1')
    .split(',')
    .map((item) => readFloat(Buffer.from(item), 0, item.length) ?? NOTHING)
}

/** What fits a column: whole numbers of 32 bits, or any. */
type Numbers = Int32Builder | Float32Builder

class NumberColumn implements BcfColumn {
  readonly #numbers: Numbers
  readonly #whole: boolean
  readonly #lists: ListBuilder | undefined

  constructor({ kind, list }: VcfField, allocate: Allocate) {
    this.#whole = kind === 'int'
    this.#numbers = this.#whole ? new Int32Builder(allocate) : new Float32Builder(allocate)
    this.#lists = list ? new ListBuilder(allocate) : undefined
  }

  get bytes(): number {
    return this.#numbers.bytes + (this.#lists?.bytes ?? 0)
  }

  set(index: number, bytes: Uint8Array, type: number, count: number, at: number): void {
    const lists = this.#lists
    if (type === CHAR) this.#setAll(index, numbersOfText(bytes, at, count))
    else if (lists === undefined) this.#put(index, count === 0 ? NOTHING : numberAt(bytes, at, type))
    else if (count === 0) lists.padTo(index + 1)
    else this.#setList(lists, index, bytes, type, count, at)
  }

  #setList(
    lists: ListBuilder,
    index: number,
    bytes: Uint8Array,
    type: number,
    count: number,
    at: number,
  ): void {
    const width = WIDTHS[type]!
    const first = numberAt(bytes, at, type)
    // A lone missing value is no list.
    const isLone = first === NOTHING && (count === 1 || numberAt(bytes, at + width, type) === VECTOR_END)
    if (first === VECTOR_END || isLone) {
      lists.padTo(index + 1)
      return
    }
    let item = lists.items
    this.#put(item++, first)
    for (let i = 1; i < count; i++) {
      const value = numberAt(bytes, at + i * width, type)
      if (value === VECTOR_END) break
      this.#put(item++, value)
    }
    lists.end(index, item)
  }

  #setAll(index: number, values: readonly number[]): void {
    const lists = this.#lists
    if (lists === undefined) this.#put(index, values[0] ?? NOTHING)
    else if (values.length === 0 || (values.length === 1 && values[0] === NOTHING)) lists.padTo(index + 1)
    else {
      let item = lists.items
      for (const value of values) this.#put(item++, value)
      lists.end(index, item)
    }
  }

  #put(index: number, value: number): void {
    const fits = value !== NOTHING && value !== VECTOR_END && (!this.#whole || isWhole(value))
    if (fits) this.#numbers.set(index, value)
    else this.#numbers.padTo(index + 1)
  }

  take(length: number): ColumnVector {
    const numbers = this.#numbers
    return this.#lists?.take(length, (items) => numbers.take(items)) ?? numbers.take(length)
  }
}

const isWhole = (value: number): boolean => value === (value | 0)

const DOT = Buffer.from('.')

/** Texts, flags, lists of texts: what VCF's columns make of the text. */
class TextColumn implements BcfColumn {
  readonly #texts: ValueColumn

  constructor(field: VcfField, allocate: Allocate) {
    this.#texts = columnOfText(field, allocate)
  }

  get bytes(): number {
    return this.#texts.bytes
  }

  set(index: number, bytes: Uint8Array, type: number, count: number, at: number): void {
    if (type !== CHAR) this.#setText(index, Buffer.from(printed(bytes, type, count, at)))
    else {
      const end = textEnd(bytes, at, count)
      if (end === at) this.#setText(index, DOT)
      else if (bytes.subarray(at, end).includes(MISSING_CHAR)) this.#setText(index, withDots(bytes, at, end))
      else this.#texts.set(index, bytes, at, end)
    }
  }

  #setText(index: number, text: Uint8Array): void {
    this.#texts.set(index, text, 0, text.length)
  }

  take(length: number): ColumnVector {
    return this.#texts.take(length)
  }
}

function withDots(bytes: Uint8Array, at: number, end: number): Uint8Array {
  return bytes.slice(at, end).map((byte) => (byte === MISSING_CHAR ? DOT[0]! : byte))
}

/** Values as bcftools prints them. */
export function printed(bytes: Uint8Array, type: number, count: number, at: number): string {
  if (type === CHAR) {
    const text = withDots(bytes, at, textEnd(bytes, at, count))
    return text.length === 0 ? '.' : Buffer.from(text).toString('utf8')
  }
  const values: string[] = []
  for (let i = 0; i < count && WIDTHS[type] !== 0; i++) {
    const value = numberAt(bytes, at + i * WIDTHS[type]!, type)
    if (value === VECTOR_END) break
    values.push(value === NOTHING ? '.' : isInteger(type) ? String(value) : sixDigits(value))
  }
  return values.length === 0 ? '.' : values.join(',')
}

/** An empty column for a field. */
export function columnFor(field: VcfField, allocate: Allocate): BcfColumn {
  const isNumber = field.kind === 'int' || field.kind === 'float'
  return isNumber ? new NumberColumn(field, allocate) : new TextColumn(field, allocate)
}
