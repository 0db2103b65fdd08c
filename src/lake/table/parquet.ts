/** Parts as Parquet files, which any Parquet reader reads, too. */

import { type FileMetaData, parquetMetadata, parquetRead } from 'hyparquet'
import { parquetWriteBuffer } from 'hyparquet-writer'
import type { Field } from '../../formats/batch.ts'
import type { Row, TableSchema, Value } from '../types.ts'
import type { Block } from './block.ts'
import { fromParquet, isAsRead, parquetSchema } from './parquet-types.ts'

const CREATED_BY = 'varve table 1'

/** Rows by columns, without the columns that are null throughout: what a column may hold is the schema's to say. */
export function blockOf(schema: TableSchema, rows: readonly Row[]): Block {
  const columns = new Map<string, Value[]>()
  for (const { name } of schema.columns) {
    let empty = true
    const values = rows.map((row) => {
      const value = row[name] ?? null
      if (value !== null) empty = false
      return value
    })
    if (!empty) columns.set(name, values)
  }
  return { rows: rows.length, columns }
}

/** The rows as a Parquet file; the same bytes for the same rows, whatever the order of the schema's columns. */
export function writePart(schema: TableSchema, block: Block): Uint8Array {
  const fields = partFields(schema, block)
  const buffer = parquetWriteBuffer({
    schema: parquetSchema(fields),
    columnData: fields.map(({ name }) => ({
      name,
      data: block.columns.get(name) as Value[],
      offsetIndex: false,
    })),
    rowGroupSize: Math.max(1, block.rows),
    createdBy: CREATED_BY,
  })
  return new Uint8Array(buffer)
}

/** The key first, the rest by name. */
function partFields({ columns, key }: TableSchema, block: Block): Field[] {
  const rank = ({ name }: Field): number => (key.includes(name) ? key.indexOf(name) : key.length)
  return columns
    .filter(({ name }) => block.columns.has(name))
    .sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1))
}

/**
 * The rows of a part, or the columns of them that are asked for.
 *
 * @param bytes a whole file that `writePart` made, its hash already checked: hyparquet trusts what it reads.
 */
export async function readPart(
  schema: TableSchema,
  bytes: Uint8Array,
  wanted?: ReadonlySet<string>,
): Promise<Block> {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
  const metadata = withRawDecimals(parquetMetadata(file))
  const stored = new Set(metadata.schema.map(({ name }) => name))
  const fields = schema.columns.filter(({ name }) => stored.has(name) && (wanted?.has(name) ?? true))
  const rows = Number(metadata.num_rows)
  const columns = new Map<string, ArrayLike<Value>>()
  if (fields.length === 0) return { rows, columns }
  await parquetRead({
    file,
    metadata,
    columns: fields.map(({ name }) => name),
    utf8: false,
    parsers: PARSERS,
    onChunk: ({ columnName, columnData }) => {
      const { type } = fields.find(({ name }) => name === columnName)!
      columns.set(
        columnName,
        isAsRead(type)
          ? (columnData as ArrayLike<Value>)
          : Array.from(columnData as ArrayLike<unknown>, (value) => fromParquet(type, value)),
      )
    },
  })
  return { rows, columns }
}

/** Values as rows hold them, not as Dates. */
const PARSERS = {
  timestampFromMicroseconds: (micros: bigint) => micros as unknown as Date,
  dateFromDays: (days: number) => days as unknown as Date,
  stringFromBytes: (bytes: Uint8Array | undefined) =>
    bytes === undefined || bytes === null
      ? (bytes as undefined)
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'),
}

/** hyparquet makes decimals floating point numbers, which most of them are not. */
function withRawDecimals(metadata: FileMetaData): FileMetaData {
  const schema = metadata.schema.map((element) => {
    if (element.converted_type !== 'DECIMAL') return element
    const { converted_type: _, logical_type: __, precision: ___, scale: ____, ...raw } = element
    return raw
  })
  return { ...metadata, schema }
}
