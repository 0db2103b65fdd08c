/** Tags as columns: all of them as a list, or some of them by name with the type of each. */

import type { ColumnVector, DataType } from '../batch.ts'
import { ListBuilder } from '../builders/lists.ts'
import { Float32Builder, Float64Builder, Int64Builder } from '../builders/numbers.ts'
import { type Allocate, Utf8Builder } from '../builders.ts'
import { float32, float64, int32 } from './bytes.ts'
import { Scratch, sixDigits } from './scratch.ts'
import {
  ARRAY,
  CHARACTER,
  DOUBLE,
  FLOAT,
  HEX,
  integerAt,
  isInteger,
  keyAt,
  TEXT,
  valueEnd,
  widthOf,
} from './tags.ts'

/** The types of SAM's text: character, whole number, number, text, bytes in hexadecimal, array. */
export const TAG_TYPES = ['A', 'i', 'f', 'Z', 'H', 'B'] as const
export type TagType = (typeof TAG_TYPES)[number]

const UTF8: DataType = { kind: 'utf8' }

/** One struct for each tag, with texts as samtools prints them. */
export const TAG_LIST: DataType = {
  kind: 'list',
  item: {
    kind: 'struct',
    fields: [
      { name: 'tag', type: UTF8 },
      { name: 'type', type: UTF8 },
      { name: 'value', type: UTF8 },
    ],
  },
}

export function typeOfTag(type: TagType): DataType {
  switch (type) {
    case 'i':
      return { kind: 'int64' }
    case 'f':
      return { kind: 'float32' }
    case 'B':
      // Holds every 32-bit integer and every float of an array exactly.
      return { kind: 'list', item: { kind: 'float64' } }
    default:
      return UTF8
  }
}

/** A tag's type as SAM's text has it: all whole numbers are `i`. */
export function samType(type: number): TagType | 'd' {
  return isInteger(type) ? 'i' : (String.fromCharCode(type) as TagType | 'd')
}

const scratch = new Scratch()
const LETTERS = Uint8Array.from({ length: 256 }, (_, i) => i)
const INTEGER = 105
const COMMA = 44

function putNumber(bytes: Uint8Array, at: number, type: number, inArray: boolean): void {
  if (isInteger(type)) scratch.integer(integerAt(bytes, at, type))
  else scratch.text(sixDigits(type === FLOAT ? float32(bytes, at) : float64(bytes, at), inArray))
}

/** Appends a value as samtools prints it behind `TAG:TYPE:`. */
function appendText(to: Utf8Builder, bytes: Uint8Array, type: number, at: number, next: number): void {
  if (type === TEXT || type === HEX) to.append(bytes, at, next - 1)
  else if (type === CHARACTER) to.append(bytes, at, next)
  else {
    scratch.begin(32)
    if (type === ARRAY) putArray(bytes, at)
    else putNumber(bytes, at, type, false)
    to.append(scratch.bytes, 0, scratch.length)
  }
}

function putArray(bytes: Uint8Array, at: number): void {
  const item = bytes[at]!
  const width = widthOf(item)
  const count = int32(bytes, at + 1)
  scratch.byte(item)
  for (let i = 0; i < count; i++) {
    scratch.reserve(32)
    scratch.byte(COMMA)
    putNumber(bytes, at + 5 + i * width, item, true)
  }
}

/** A column that takes some of a record's tags. */
export interface TagColumn {
  readonly bytes: number
  /** Record `row` has a value at `at`, of the tag whose name begins three bytes before. */
  set(row: number, bytes: Uint8Array, type: number, at: number, next: number): void
  /** A record without tags has an empty list, or null. */
  end(row: number): void
  take(rows: number): ColumnVector
}

export class TagList implements TagColumn {
  readonly #lists: ListBuilder
  readonly #tags: Utf8Builder
  readonly #types: Utf8Builder
  readonly #values: Utf8Builder

  constructor(allocate: Allocate) {
    this.#lists = new ListBuilder(allocate)
    this.#tags = new Utf8Builder(allocate)
    this.#types = new Utf8Builder(allocate)
    this.#values = new Utf8Builder(allocate)
  }

  get bytes(): number {
    return this.#lists.bytes + this.#values.bytes + this.#tags.length * 15
  }

  set(_row: number, bytes: Uint8Array, type: number, at: number, next: number): void {
    this.#tags.append(bytes, at - 3, at - 1)
    const shown = isInteger(type) ? INTEGER : type
    this.#types.append(LETTERS, shown, shown + 1)
    appendText(this.#values, bytes, type, at, next)
  }

  end(row: number): void {
    this.#lists.end(row, this.#tags.length)
  }

  take(rows: number): ColumnVector {
    return this.#lists.take(rows, (length) => ({
      length,
      children: [this.#tags.take(), this.#types.take(), this.#values.take()],
    }))
  }
}

/** One tag as text; a number is printed. */
class TextTag implements TagColumn {
  readonly #values: Utf8Builder

  constructor(allocate: Allocate) {
    this.#values = new Utf8Builder(allocate)
  }

  get bytes(): number {
    return this.#values.bytes
  }

  set(row: number, bytes: Uint8Array, type: number, at: number, next: number): void {
    // Of a tag that comes twice the first one counts.
    if (this.#values.length <= row) appendText(this.#values, bytes, type, at, next)
  }

  end(row: number): void {
    this.#values.padTo(row + 1)
  }

  take(rows: number): ColumnVector {
    this.#values.padTo(rows)
    return this.#values.take()
  }
}

/** One tag as a number; what is none is null. */
class NumberTag implements TagColumn {
  constructor(
    readonly values: Int64Builder | Float32Builder,
    readonly whole: boolean,
  ) {}

  get bytes(): number {
    return this.values.bytes
  }

  set(row: number, bytes: Uint8Array, type: number, at: number): void {
    if (this.values.length > row) return
    if (isInteger(type)) this.values.set(row, integerAt(bytes, at, type))
    else if (this.whole) return
    else if (type === FLOAT) this.values.set(row, float32(bytes, at))
    else if (type === DOUBLE) this.values.set(row, float64(bytes, at))
  }

  end(row: number): void {
    this.values.padTo(row + 1)
  }

  take(rows: number): ColumnVector {
    return this.values.take(rows)
  }
}

/** One tag as a list of numbers. */
class ArrayTag implements TagColumn {
  readonly #lists: ListBuilder
  readonly #items: Float64Builder

  constructor(allocate: Allocate) {
    this.#lists = new ListBuilder(allocate)
    this.#items = new Float64Builder(allocate)
  }

  get bytes(): number {
    return this.#lists.bytes + this.#items.bytes
  }

  set(row: number, bytes: Uint8Array, type: number, at: number): void {
    if (type !== ARRAY || this.#lists.length > row) return
    const item = bytes[at]!
    const width = widthOf(item)
    const count = int32(bytes, at + 1)
    for (let i = 0; i < count; i++) {
      const from = at + 5 + i * width
      const value = isInteger(item)
        ? integerAt(bytes, from, item)
        : item === FLOAT
          ? float32(bytes, from)
          : float64(bytes, from)
      this.#items.set(this.#items.length, value)
    }
    this.#lists.end(row, this.#items.length)
  }

  end(row: number): void {
    this.#lists.padTo(row + 1)
  }

  take(rows: number): ColumnVector {
    return this.#lists.take(rows, (length) => this.#items.take(length))
  }
}

export function columnOfTag(type: TagType, allocate: Allocate): TagColumn {
  switch (type) {
    case 'i':
      return new NumberTag(new Int64Builder(allocate), true)
    case 'f':
      return new NumberTag(new Float32Builder(allocate), false)
    case 'B':
      return new ArrayTag(allocate)
    default:
      return new TextTag(allocate)
  }
}

/** Hands the tags in bytes[from, end), which were checked, to the columns; but not the one that stands at `except`. */
export function readTags(
  row: number,
  bytes: Uint8Array,
  from: number,
  end: number,
  except: number,
  list: TagColumn | undefined,
  byKey: ReadonlyMap<number, TagColumn>,
): void {
  let at = from
  while (at < end) {
    const type = bytes[at + 2]!
    const next = valueEnd(bytes, at + 3, type, end)
    if (at !== except) {
      list?.set(row, bytes, type, at + 3, next)
      if (byKey.size > 0) byKey.get(keyAt(bytes, at))?.set(row, bytes, type, at + 3, next)
    }
    at = next
  }
  list?.end(row)
  for (const column of byKey.values()) column.end(row)
}
