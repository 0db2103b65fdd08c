/** ColumnBatches as apache-arrow's RecordBatches: wrapped, not copied, since the memory layout is Arrow's. */

import {
  Field as ArrowField,
  type DataType as ArrowType,
  Binary,
  Bool,
  type Data,
  DateDay,
  Decimal,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  List,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  TimeMicrosecond,
  TimestampMicrosecond,
  Uint8,
  Uint16,
  Uint32,
  Uint64,
  Utf8,
} from 'apache-arrow'
import type { ColumnBatch, ColumnVector, DataType, Field } from '../../formats/batch.ts'

/** The Arrow schema of these columns, all nullable; `sqlType`, where known, goes into the field's metadata. */
export function arrowSchema(columns: readonly (Field & { readonly sqlType?: string })[]): Schema {
  return new Schema(
    columns.map(({ name, type, sqlType }) => {
      const metadata = sqlType === undefined ? null : new Map([['varve:sql_type', sqlType]])
      return new ArrowField(name, arrowType(type), true, metadata)
    }),
  )
}

/** One batch under a schema that `arrowSchema` made of the same columns. */
export function toRecordBatch(schema: Schema, batch: ColumnBatch): RecordBatch {
  const type = new Struct(schema.fields)
  const children = schema.fields.map((field, i) => arrowData(field.type, batch.columns[i]!))
  return new RecordBatch(schema, makeData({ type, length: batch.rows, nullCount: 0, children }))
}

function arrowType(type: DataType): ArrowType {
  switch (type.kind) {
    case 'bool':
      return new Bool()
    case 'int8':
      return new Int8()
    case 'int16':
      return new Int16()
    case 'int32':
      return new Int32()
    case 'int64':
      return new Int64()
    case 'uint8':
      return new Uint8()
    case 'uint16':
      return new Uint16()
    case 'uint32':
      return new Uint32()
    case 'uint64':
      return new Uint64()
    case 'float32':
      return new Float32()
    case 'float64':
      return new Float64()
    case 'utf8':
      return new Utf8()
    case 'binary':
      return new Binary()
    case 'date':
      return new DateDay()
    case 'time':
      return new TimeMicrosecond()
    case 'timestamp':
      return new TimestampMicrosecond(type.zoned === true ? 'UTC' : null)
    case 'decimal':
      return new Decimal(type.scale, type.precision, 128)
    case 'list':
      return new List(new ArrowField('item', arrowType(type.item), true))
    case 'struct':
      return new Struct(type.fields.map(({ name, type }) => new ArrowField(name, arrowType(type), true)))
  }
}

function arrowData(type: ArrowType, vector: ColumnVector): Data {
  const { length, validity, offsets, values, children = [] } = vector
  const nulls = validity === undefined ? { nullCount: 0 } : { nullBitmap: validity }
  // makeData is typed per type; here the type is only known as one of the above.
  const make = makeData as unknown as (props: Record<string, unknown>) => Data
  if (type instanceof List) {
    const child = arrowData(type.children[0]!.type, children[0]!)
    return make({ type, length, ...nulls, valueOffsets: offsets, child })
  }
  if (type instanceof Struct) {
    const fields = type.children.map((field, i) => arrowData(field.type, children[i]!))
    return make({ type, length, ...nulls, children: fields })
  }
  if (type instanceof Utf8 || type instanceof Binary)
    return make({ type, length, ...nulls, valueOffsets: offsets, data: values ?? new Uint8Array(0) })
  if (type instanceof Decimal && values !== undefined)
    return make({
      type,
      length,
      ...nulls,
      data: new Uint32Array(values.buffer, values.byteOffset, length * 4),
    })
  return make({ type, length, ...nulls, data: values })
}
