/** Columns of values that are set from the bytes of a record: texts, numbers, flags, lists of them. */

import type { ColumnVector } from '../batch.ts'
import { ListBuilder } from '../builders/lists.ts'
import { FlagBuilder, Float32Builder, Int32Builder } from '../builders/numbers.ts'
import { type Allocate, Utf8Builder } from '../builders.ts'
import type { VcfField } from './fields.ts'
import { NO_FLOAT, NO_INTEGER, readFloat, readInteger } from './numbers.ts'

const COMMA = 44
const DOT = 46

/** There may be hundreds of fields, most of them with little in them. */
const FIRST_BYTES = 1024

export interface ValueColumn {
  /** Bytes of memory held, about. */
  readonly bytes: number
  /** Value `index`, of bytes[start, end); an index larger by more than one leaves nulls behind. */
  set(index: number, bytes: Uint8Array, start: number, end: number): void
  take(length: number): ColumnVector
}

/** Whether the value is missing: `.`, or nothing at all. */
function isMissing(bytes: Uint8Array, start: number, end: number): boolean {
  return end <= start || (end === start + 1 && bytes[start] === DOT)
}

export class TextColumn implements ValueColumn {
  readonly #texts: Utf8Builder

  constructor(allocate: Allocate, firstBytes?: number) {
    this.#texts = new Utf8Builder(allocate, firstBytes)
  }

  get bytes(): number {
    return this.#texts.bytes + this.#texts.length * 4
  }

  set(index: number, bytes: Uint8Array, start: number, end: number): void {
    const texts = this.#texts
    if (index > texts.length) texts.padTo(index)
    if (end === start + 1 && bytes[start] === DOT) texts.padTo(index + 1)
    else texts.append(bytes, start, end)
  }

  take(length: number): ColumnVector {
    this.#texts.padTo(length)
    return this.#texts.take()
  }
}

class IntegerColumn implements ValueColumn {
  readonly #numbers: Int32Builder

  constructor(allocate: Allocate) {
    this.#numbers = new Int32Builder(allocate)
  }

  get bytes(): number {
    return this.#numbers.bytes
  }

  set(index: number, bytes: Uint8Array, start: number, end: number): void {
    let value = readInteger(bytes, start, end)
    // Several values where one is declared: the first.
    if (value === NO_INTEGER) value = readInteger(bytes, start, firstEnd(bytes, start, end))
    if (value === NO_INTEGER) this.#numbers.padTo(index + 1)
    else this.#numbers.set(index, value)
  }

  take(length: number): ColumnVector {
    return this.#numbers.take(length)
  }
}

class FloatColumn implements ValueColumn {
  readonly #numbers: Float32Builder

  constructor(allocate: Allocate) {
    this.#numbers = new Float32Builder(allocate)
  }

  get bytes(): number {
    return this.#numbers.bytes
  }

  set(index: number, bytes: Uint8Array, start: number, end: number): void {
    if (isMissing(bytes, start, end)) {
      this.#numbers.padTo(index + 1)
      return
    }
    const value = readFloat(bytes, start, end) ?? readFloat(bytes, start, firstEnd(bytes, start, end))
    if (value === NO_FLOAT) this.#numbers.padTo(index + 1)
    else this.#numbers.set(index, value)
  }

  take(length: number): ColumnVector {
    return this.#numbers.take(length)
  }
}

function firstEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  while (at < end && bytes[at] !== COMMA) at++
  return at
}

class FlagColumn implements ValueColumn {
  readonly #flags: FlagBuilder

  constructor(allocate: Allocate) {
    this.#flags = new FlagBuilder(allocate)
  }

  get bytes(): number {
    return this.#flags.bytes
  }

  set(index: number): void {
    this.#flags.set(index)
  }

  take(length: number): ColumnVector {
    return this.#flags.take(length)
  }
}

/** Lists of what a separator parts; a lone `.` is no list. */
export class ListColumn implements ValueColumn {
  readonly #lists: ListBuilder
  readonly #items: ValueColumn
  readonly #separator: number

  constructor(allocate: Allocate, items: ValueColumn, separator = COMMA) {
    this.#lists = new ListBuilder(allocate)
    this.#items = items
    this.#separator = separator
  }

  get bytes(): number {
    return this.#lists.bytes + this.#items.bytes
  }

  set(index: number, bytes: Uint8Array, start: number, end: number): void {
    if (isMissing(bytes, start, end)) {
      this.#lists.padTo(index + 1)
      return
    }
    const items = this.#items
    const separator = this.#separator
    let item = this.#lists.items
    let from = start
    for (let at = start; at < end; at++) {
      if (bytes[at] !== separator) continue
      items.set(item++, bytes, from, at)
      from = at + 1
    }
    items.set(item++, bytes, from, end)
    this.#lists.end(index, item)
  }

  take(length: number): ColumnVector {
    return this.#lists.take(length, (items) => this.#items.take(items))
  }
}

function plainColumn(kind: VcfField['kind'], allocate: Allocate): ValueColumn {
  switch (kind) {
    case 'int':
      return new IntegerColumn(allocate)
    case 'float':
      return new FloatColumn(allocate)
    case 'flag':
      return new FlagColumn(allocate)
    case 'text':
      return new TextColumn(allocate, FIRST_BYTES)
  }
}

/** An empty column for a field. */
export function columnFor({ kind, list }: VcfField, allocate: Allocate): ValueColumn {
  const values = plainColumn(kind, allocate)
  return list ? new ListColumn(allocate, values) : values
}
