/** DuckDB's result vectors as Arrow-layout columns: whole copies where the layouts agree. */

import duckdb, { type LogicalType, type Vector } from '@duckdb/node-bindings'
import type { ColumnValues, ColumnVector } from '../../formats/batch.ts'
import { bytesToBits, getBit } from './bits.ts'
import { printInterval, printNanoseconds, printTimeNanoseconds, printUuid, printZonedTime } from './print.ts'
import { readStrings, textColumn } from './read-strings.ts'
import { take } from './take.ts'
import { enumValues, fromLogicalType, needsText, structFields } from './types.ts'

const { Type } = duckdb

/** Reads the first `rows` values of a flat vector. */
export type ReadColumn = (vector: Vector, rows: number) => ColumnVector

/** A reader for columns of this type, made once per result. */
export function columnReader(logical: LogicalType, foreign: ReadColumn): ReadColumn {
  const id = duckdb.get_type_id(logical)
  const fixed = FIXED.get(id)
  if (fixed !== undefined) {
    return (vector, rows) => ({
      length: rows,
      validity: validityOf(vector, rows),
      values: fixed.view(dataOf(vector, rows * fixed.width)),
    })
  }
  const print = PRINTED.get(id)
  if (print !== undefined) return printed(print.width, print.print)
  if (needsText(logical)) return foreign
  switch (id) {
    case Type.VARCHAR:
    case Type.BLOB:
      return (vector, rows) => readStrings(dataOf(vector, rows * 16), rows, validityOf(vector, rows))
    case Type.BOOLEAN:
      return (vector, rows) => ({
        length: rows,
        validity: validityOf(vector, rows),
        values: bytesToBits(duckdb.vector_get_data(vector, rows)),
      })
    case Type.DECIMAL:
      return decimals(INTEGER_WIDTHS.get(duckdb.decimal_internal_type(logical))!)
    case Type.ENUM:
      return enums(logical)
    case Type.LIST:
      return lists(duckdb.list_type_child_type(logical), foreign)
    case Type.ARRAY:
      return arrays(
        duckdb.array_type_array_size(logical),
        columnReader(duckdb.array_type_child_type(logical), foreign),
      )
    case Type.STRUCT: {
      const readers = structFields(logical).map(({ type }) => columnReader(type, foreign))
      return (vector, rows) => ({
        length: rows,
        validity: validityOf(vector, rows),
        children: readers.map((read, i) => read(duckdb.struct_vector_get_child(vector, i), rows)),
      })
    }
    case Type.SQLNULL:
      return (_, rows) => ({
        length: rows,
        validity: new Uint8Array((rows + 7) >> 3),
        values: new Int32Array(rows),
      })
    default:
      return foreign
  }
}

interface Fixed {
  readonly width: number
  readonly view: (data: Uint8Array<ArrayBuffer>) => ColumnValues
}

const signed64 = (data: Uint8Array<ArrayBuffer>): BigInt64Array<ArrayBuffer> => new BigInt64Array(data.buffer)

const FIXED = new Map<number, Fixed>([
  [Type.TINYINT, { width: 1, view: (data) => new Int8Array(data.buffer) }],
  [Type.SMALLINT, { width: 2, view: (data) => new Int16Array(data.buffer) }],
  [Type.INTEGER, { width: 4, view: (data) => new Int32Array(data.buffer) }],
  [Type.BIGINT, { width: 8, view: signed64 }],
  [Type.UTINYINT, { width: 1, view: (data) => data }],
  [Type.USMALLINT, { width: 2, view: (data) => new Uint16Array(data.buffer) }],
  [Type.UINTEGER, { width: 4, view: (data) => new Uint32Array(data.buffer) }],
  [Type.UBIGINT, { width: 8, view: (data) => new BigUint64Array(data.buffer) }],
  [Type.FLOAT, { width: 4, view: (data) => new Float32Array(data.buffer) }],
  [Type.DOUBLE, { width: 8, view: (data) => new Float64Array(data.buffer) }],
  [Type.DATE, { width: 4, view: (data) => new Int32Array(data.buffer) }],
  [Type.TIME, { width: 8, view: signed64 }],
  [Type.TIMESTAMP, { width: 8, view: signed64 }],
  [Type.TIMESTAMP_TZ, { width: 8, view: signed64 }],
  [Type.TIMESTAMP_S, { width: 8, view: (data) => scaled(signed64(data), 1_000_000n) }],
  [Type.TIMESTAMP_MS, { width: 8, view: (data) => scaled(signed64(data), 1000n) }],
  [Type.HUGEINT, { width: 16, view: (data) => data }],
])

/** Infinity is the largest number in every unit. */
const INFINITY = 0x7fffffffffffffffn

function scaled(values: BigInt64Array<ArrayBuffer>, factor: bigint): BigInt64Array {
  return values.map((value) => (value === INFINITY || value === -INFINITY ? value : value * factor))
}

interface Printed {
  readonly width: number
  readonly print: (data: DataView, at: number) => string
}

const PRINTED = new Map<number, Printed>([
  [
    Type.UUID,
    {
      width: 16,
      print: (data, at) => printUuid(data.getBigUint64(at, true), data.getBigUint64(at + 8, true)),
    },
  ],
  [
    Type.UHUGEINT,
    {
      width: 16,
      print: (data, at) => `${(data.getBigUint64(at + 8, true) << 64n) | data.getBigUint64(at, true)}`,
    },
  ],
  [
    Type.INTERVAL,
    {
      width: 16,
      print: (data, at) =>
        printInterval(data.getInt32(at, true), data.getInt32(at + 4, true), data.getBigInt64(at + 8, true)),
    },
  ],
  [Type.TIMESTAMP_NS, { width: 8, print: (data, at) => printNanoseconds(data.getBigInt64(at, true)) }],
  [Type.TIME_NS, { width: 8, print: (data, at) => printTimeNanoseconds(data.getBigInt64(at, true)) }],
  [Type.TIME_TZ, { width: 8, print: (data, at) => printZonedTime(data.getBigInt64(at, true)) }],
])

/** node-api gives a copy in an ArrayBuffer of its own, which may be viewed and moved. */
function dataOf(vector: Vector, bytes: number): Uint8Array<ArrayBuffer> {
  const data = duckdb.vector_get_data(vector, bytes) as Uint8Array<ArrayBuffer>
  return data.byteOffset === 0 && data.byteLength === data.buffer.byteLength ? data : data.slice()
}

function validityOf(vector: Vector, rows: number): Uint8Array<ArrayBuffer> | undefined {
  const bits: Uint8Array | null = duckdb.vector_get_validity(vector, ((rows + 63) >> 6) * 8)
  return bits === null ? undefined : new Uint8Array(bits.subarray(0, (rows + 7) >> 3))
}

function texts(
  vector: Vector,
  rows: number,
  width: number,
  print: (data: DataView, row: number) => string,
): ColumnVector {
  const data = dataOf(vector, rows * width)
  const view = new DataView(data.buffer)
  const validity = validityOf(vector, rows)
  return textColumn(
    Array.from({ length: rows }, (_, row) =>
      validity === undefined || getBit(validity, row) ? print(view, row) : undefined,
    ),
  )
}

function printed(width: number, print: Printed['print']): ReadColumn {
  return (vector, rows) => texts(vector, rows, width, (data, row) => print(data, row * width))
}

const INTEGER_WIDTHS = new Map<number, number>([
  [Type.UTINYINT, 1],
  [Type.USMALLINT, 2],
  [Type.UINTEGER, 4],
  [Type.SMALLINT, 2],
  [Type.INTEGER, 4],
  [Type.BIGINT, 8],
  [Type.HUGEINT, 16],
])

function enums(logical: LogicalType): ReadColumn {
  const names = enumValues(logical)
  const width = INTEGER_WIDTHS.get(duckdb.enum_internal_type(logical))!
  const get = (data: DataView, row: number): number =>
    width === 1
      ? data.getUint8(row)
      : width === 2
        ? data.getUint16(row * 2, true)
        : data.getUint32(row * 4, true)
  return (vector, rows) => texts(vector, rows, width, (data, row) => names[get(data, row)]!)
}

/** Decimals of any internal width as 16 bytes each. */
function decimals(width: number): ReadColumn {
  return (vector, rows) => {
    const data = dataOf(vector, rows * width)
    const validity = validityOf(vector, rows)
    if (width === 16) return { length: rows, validity, values: data }
    const values = new Uint8Array(rows * 16)
    for (let row = 0; row < rows; row++) {
      const at = row * width
      for (let i = 0; i < width; i++) values[row * 16 + i] = data[at + i]!
      if (data[at + width - 1]! > 127) values.fill(0xff, row * 16 + width, row * 16 + 16)
    }
    return { length: rows, validity, values }
  }
}

function lists(item: LogicalType, foreign: ReadColumn): ReadColumn {
  const readItems = columnReader(item, foreign)
  const type = fromLogicalType(item)
  return (vector, rows) => {
    const entries = new BigUint64Array(dataOf(vector, rows * 16).buffer)
    const validity = validityOf(vector, rows)
    const items = readItems(duckdb.list_vector_get_child(vector), duckdb.list_vector_get_size(vector))
    const offsets = new Int32Array(rows + 1)
    const starts = new Int32Array(rows)
    let inOrder = true
    for (let row = 0; row < rows; row++) {
      const valid = validity === undefined || getBit(validity, row)
      const size = valid ? Number(entries[row * 2 + 1]!) : 0
      starts[row] = size === 0 ? offsets[row]! : Number(entries[row * 2]!)
      if (starts[row] !== offsets[row]) inOrder = false
      offsets[row + 1] = offsets[row]! + size
    }
    if (inOrder && offsets[rows] === items.length) {
      return { length: rows, validity, offsets, children: [items] }
    }
    // A filter or a constant leaves rows whose items lie in another order, several times or not at all.
    const indexes = new Int32Array(offsets[rows]!)
    for (let row = 0; row < rows; row++) {
      for (let i = offsets[row]!; i < offsets[row + 1]!; i++) indexes[i] = starts[row]! + i - offsets[row]!
    }
    return { length: rows, validity, offsets, children: [take(type, items, indexes)] }
  }
}

function arrays(size: number, readItems: ReadColumn): ReadColumn {
  return (vector, rows) => ({
    length: rows,
    validity: validityOf(vector, rows),
    offsets: Int32Array.from({ length: rows + 1 }, (_, row) => row * size),
    children: [readItems(duckdb.array_vector_get_child(vector), rows * size)],
  })
}
