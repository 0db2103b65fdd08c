/** Parquet files that others wrote, as rows in varve's types (https://parquet.apache.org/docs/file-format/types/). */

import {
  type AsyncBuffer,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type SchemaElement,
  type SchemaTree,
} from 'hyparquet'
import type { ByteSource } from '../../bytes/types.ts'
import { VarveError } from '../../errors.ts'
import type { DataType, Field } from '../../formats/batch.ts'
import { codecTable } from '../../formats/parquet/codecs/index.ts'
import type { Row, Value } from '../types.ts'

export interface ForeignFile {
  readonly columns: readonly Field[]
  /** Rows in the file's order, a row group in memory at a time. */
  read(signal: AbortSignal | undefined): AsyncGenerator<Row>
}

/**
 * Reads what a file says of itself; `invalid-data` when it is no Parquet, `unsupported` when it is packed in a way not
 * known here. A table may have more files than may be open at a time: each is open only while it is read.
 */
export async function openForeign(open: () => ByteSource, signal?: AbortSignal): Promise<ForeignFile> {
  const metadata = await using(open, (source) =>
    inFile(source, async () => withRaw(await parquetMetadataAsync(asFile(source, signal)))),
  )
  const columns = fieldsOf(parquetSchema(metadata.original))
  return { columns, read }

  async function* read(stop: AbortSignal | undefined): AsyncGenerator<Row> {
    const source = open()
    try {
      const compressors = await codecTable()
      let rowStart = 0
      for (const group of metadata.raw.row_groups) {
        const rowEnd = rowStart + Number(group.num_rows)
        const options = { file: asFile(source, stop), metadata: metadata.raw, rowStart, rowEnd, utf8: false }
        const rows = await inFile(source, () =>
          parquetReadObjects({ ...options, parsers: PARSERS, compressors }),
        )
        for (const row of rows) yield fromRow(columns, row)
        rowStart = rowEnd
      }
    } finally {
      await source.close?.()
    }
  }
}

async function using<T>(open: () => ByteSource, work: (source: ByteSource) => Promise<T>): Promise<T> {
  const source = open()
  try {
    return await work(source)
  } finally {
    await source.close?.()
  }
}

function asFile(source: ByteSource, signal: AbortSignal | undefined): AsyncBuffer {
  return {
    byteLength: source.size,
    slice: async (start, end = source.size) => {
      const bytes = await source.read(Math.max(0, start), end, { signal })
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
    },
  }
}

/** hyparquet trusts what it reads, and says what it meets in its own words. */
async function inFile<T>({ uri }: ByteSource, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof VarveError) throw error
    const { message } = error as Error
    const code = /unsupported|not supported/i.test(message) ? 'unsupported' : 'invalid-data'
    throw new VarveError(code, `${uri} cannot be read as Parquet: ${message}`, { uri }, error)
  }
}

/** Values as rows hold them, not as Dates; JSON stays text. */
const PARSERS = {
  timestampFromMilliseconds: (millis: bigint) => millis * 1000n,
  timestampFromMicroseconds: (micros: bigint) => micros,
  timestampFromNanoseconds: (nanos: bigint) => nanos / 1000n,
  dateFromDays: (days: number) => days,
  jsonFromBytes: (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString('utf8'),
  geometryFromBytes: (bytes: Uint8Array) => bytes,
  geographyFromBytes: (bytes: Uint8Array) => bytes,
}

interface Metadata {
  /** What the types are told from. */
  readonly original: FileMetaData
  /** What is read with. */
  readonly raw: FileMetaData
}

/** hyparquet makes decimals floating point numbers, which most of them are not. */
function withRaw(original: FileMetaData): Metadata {
  const schema = original.schema.map((element) => {
    if (!isDecimal(element)) return element
    const { converted_type: _, logical_type: __, precision: ___, scale: ____, ...raw } = element
    return raw
  })
  return { original, raw: { ...original, schema } }
}

const isDecimal = ({ converted_type, logical_type }: SchemaElement): boolean =>
  converted_type === 'DECIMAL' || logical_type?.type === 'DECIMAL'

function fieldsOf({ children }: SchemaTree): Field[] {
  return children.map((node) => ({ name: node.element.name, type: typeOf(node) }))
}

function typeOf(node: SchemaTree): DataType {
  const { element } = node
  return element.repetition_type === 'REPEATED' ? { kind: 'list', item: single(node) } : single(node)
}

/** The type of a node as if it were there once. */
function single(node: SchemaTree): DataType {
  const { element, children } = node
  if (element.type !== undefined) return plain(element)
  const isList = element.converted_type === 'LIST' || element.logical_type?.type === 'LIST'
  const [only] = children
  if (isList && only !== undefined) {
    const [item] = only.children
    return { kind: 'list', item: only.children.length === 1 ? typeOf(item!) : single(only) }
  }
  // A map is what hyparquet makes an object of; as text it is kept whole.
  if (/^MAP/.test(element.converted_type ?? element.logical_type?.type ?? '')) return { kind: 'utf8' }
  return { kind: 'struct', fields: fieldsOf(node) }
}

const CONVERTED: Readonly<Record<string, DataType>> = {
  INT_8: { kind: 'int8' },
  INT_16: { kind: 'int16' },
  INT_32: { kind: 'int32' },
  INT_64: { kind: 'int64' },
  UINT_8: { kind: 'uint8' },
  UINT_16: { kind: 'uint16' },
  UINT_32: { kind: 'uint32' },
  UINT_64: { kind: 'uint64' },
  UTF8: { kind: 'utf8' },
  ENUM: { kind: 'utf8' },
  JSON: { kind: 'utf8' },
  DATE: { kind: 'date' },
  TIME_MILLIS: { kind: 'time' },
  TIME_MICROS: { kind: 'time' },
}

function plain(element: SchemaElement): DataType {
  const { type, converted_type: converted, logical_type: logical } = element
  if (isDecimal(element)) {
    const { precision = 38, scale = 0 } = logical?.type === 'DECIMAL' ? logical : element
    return { kind: 'decimal', precision, scale }
  }
  if (logical?.type === 'TIMESTAMP')
    return logical.isAdjustedToUTC ? { kind: 'timestamp', zoned: true } : { kind: 'timestamp' }
  if (converted === 'TIMESTAMP_MILLIS' || converted === 'TIMESTAMP_MICROS')
    return { kind: 'timestamp', zoned: true }
  if (logical?.type === 'STRING' || logical?.type === 'UUID') return { kind: 'utf8' }
  if (logical?.type === 'FLOAT16') return { kind: 'float32' }
  if (logical?.type === 'INTEGER')
    return { kind: `${logical.isSigned ? '' : 'u'}int${logical.bitWidth}` as 'int32' }
  const known = converted === undefined ? undefined : CONVERTED[converted]
  if (known !== undefined) return known
  switch (type) {
    case 'BOOLEAN':
      return { kind: 'bool' }
    case 'INT32':
      return { kind: 'int32' }
    case 'INT64':
      return { kind: 'int64' }
    case 'INT96':
      return { kind: 'timestamp' }
    case 'FLOAT':
      return { kind: 'float32' }
    case 'DOUBLE':
      return { kind: 'float64' }
    default:
      return { kind: 'binary' }
  }
}

function fromRow(fields: readonly Field[], row: Readonly<Record<string, unknown>>): Row {
  const values: Record<string, Value> = {}
  for (const { name, type } of fields) {
    const value = plainValue(type, row[name])
    if (value !== null) values[name] = value
  }
  return values
}

function plainValue(type: DataType, value: unknown): Value {
  if (value === null || value === undefined) return null
  switch (type.kind) {
    case 'utf8':
      return value instanceof Uint8Array
        ? Buffer.from(value).toString('utf8')
        : typeof value === 'string'
          ? value
          : JSON.stringify(value, (_key, inner: unknown) =>
              typeof inner === 'bigint' ? String(inner) : inner,
            )
    case 'binary':
      return typeof value === 'string' ? Buffer.from(value) : (value as Uint8Array)
    case 'int64':
    case 'timestamp':
      return BigInt(value as number | bigint)
    case 'uint64':
      return BigInt.asUintN(64, value as bigint)
    case 'time':
      // Milliseconds are 32 bits wide, microseconds 64.
      return typeof value === 'bigint' ? value : BigInt(value as number) * 1000n
    case 'decimal':
      return value instanceof Uint8Array ? signed(value) : BigInt(value as number | bigint)
    case 'list':
      return (value as readonly unknown[]).map((item) => plainValue(type.item, item))
    case 'struct': {
      const inner = value as Readonly<Record<string, unknown>>
      return Object.fromEntries(
        type.fields.map((field) => [field.name, plainValue(field.type, inner[field.name])]),
      )
    }
    default:
      return value as Value
  }
}

/** Big-endian two's complement. */
function signed(bytes: Uint8Array): bigint {
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`))
}
