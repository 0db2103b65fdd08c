/** A table's schema as a document in the bucket: a JSON Schema of its rows, and what only varve needs beside it. */

import { createHash } from 'node:crypto'
import * as z from 'zod'
import { VarveError } from '../../errors.ts'
import type { DataType, Field } from '../../formats/batch.ts'
import type { Row, TableSchema, Value } from '../types.ts'

const DRAFT = 'https://json-schema.org/draft/2020-12/schema'

const typeShape: z.ZodType<DataType> = z.lazy(() =>
  z.union([
    z.object({
      kind: z.enum(
        'bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 utf8 binary date time'.split(
          ' ',
        ) as ['bool'],
      ),
    }),
    z.object({ kind: z.literal('timestamp'), zoned: z.boolean().optional() }),
    z.object({ kind: z.literal('decimal'), precision: z.number(), scale: z.number() }),
    z.object({ kind: z.literal('list'), item: typeShape }),
    z.object({ kind: z.literal('struct'), fields: z.array(z.object({ name: z.string(), type: typeShape })) }),
  ]),
) as z.ZodType<DataType>

const documentShape = z.looseObject({
  'x-varve': z.object({
    columns: z.array(z.object({ name: z.string(), type: typeShape })),
    key: z.array(z.string()),
    keyKind: z.enum(['values', 'path']),
    rules: z.record(z.string(), z.unknown()).optional(),
  }),
})

/** The document's text; the same for the same schema. */
export function schemaToJson({ columns, key, keyKind, rules }: TableSchema): string {
  const properties = Object.fromEntries(
    columns.map(({ name, type }) => [name, propertyOf(type, key.includes(name))]),
  )
  const document = {
    $schema: DRAFT,
    type: 'object',
    properties,
    required: key,
    'x-varve': { columns, key, keyKind, ...(rules === undefined ? {} : { rules }) },
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

export function parseSchema(text: string, uri: string): TableSchema {
  const parsed = documentShape.safeParse(JSON.parse(text))
  if (parsed.success) return parsed.data['x-varve']
  const issue = parsed.error.issues[0]!
  const message = `${uri} is no schema of a table: ${issue.path.join('.')}: ${issue.message}`
  throw new VarveError('invalid-data', message, { uri })
}

export function schemaHash(schema: TableSchema): string {
  return createHash('sha256').update(schemaToJson(schema)).digest('hex')
}

function propertyOf(type: DataType, required: boolean): Record<string, unknown> {
  const { type: name, ...rest } = jsonType(type)
  return { type: required ? name : [name, 'null'], ...rest }
}

function jsonType(type: DataType): { type: string; [key: string]: unknown } {
  switch (type.kind) {
    case 'bool':
      return { type: 'boolean' }
    case 'float32':
    case 'float64':
    case 'decimal':
      return { type: 'number' }
    case 'utf8':
      return { type: 'string' }
    case 'binary':
      return { type: 'string', contentEncoding: 'base16' }
    case 'date':
      return { type: 'string', format: 'date' }
    case 'time':
      return { type: 'string', format: 'time' }
    case 'timestamp':
      return { type: 'string', format: 'date-time' }
    case 'list':
      return { type: 'array', items: propertyOf(type.item, false) }
    case 'struct':
      return {
        type: 'object',
        properties: Object.fromEntries(
          type.fields.map((field) => [field.name, propertyOf(field.type, false)]),
        ),
      }
    default:
      return { type: 'integer' }
  }
}

/**
 * The schema that rows of both fit: the columns of `older`, then what `newer` adds. Types may widen within the
 * integers, within the floats, and from integers to floats.
 *
 * `invalid-data` names a column whose types have nothing in common.
 */
export function unitedSchema(older: TableSchema, newer: TableSchema): TableSchema {
  const columns = new Map(older.columns.map((field) => [field.name, field]))
  for (const field of newer.columns) {
    const known = columns.get(field.name)
    columns.set(
      field.name,
      known === undefined ? field : { name: field.name, type: unitedType(known, field) },
    )
  }
  if (older.key.join('\0') !== newer.key.join('\0')) {
    const message = `the key is (${newer.key.join(', ')}), expected (${older.key.join(', ')}) as before`
    throw new VarveError('invalid-input', message, { key: newer.key })
  }
  const united = { ...older, columns: [...columns.values()], rules: newer.rules ?? older.rules }
  for (const name of older.key) {
    const [before, after] = [older, united].map(
      ({ columns }) => columns.find((column) => column.name === name)!,
    )
    // Keys of another encoding would sort in another order.
    if (/float/.test(before!.type.kind) === /float/.test(after!.type.kind)) continue
    const message = `the key column "${name}" is ${after!.type.kind}, expected ${before!.type.kind} as before`
    throw new VarveError('invalid-data', message, { column: name })
  }
  return united
}

const WIDTHS: Readonly<Record<string, number>> = {
  int8: 1,
  int16: 2,
  int32: 3,
  int64: 4,
  float32: 5,
  float64: 6,
}

function unitedType({ name, type: a }: Field, { type: b }: Field): DataType {
  if (JSON.stringify(a) === JSON.stringify(b)) return a
  if (a.kind === 'struct' && b.kind === 'struct') {
    const fields = new Map(a.fields.map((field) => [field.name, field]))
    for (const field of b.fields) {
      const known = fields.get(field.name)
      const inner = { name: `${name}.${field.name}`, type: field.type }
      fields.set(field.name, known === undefined ? field : { ...field, type: unitedType(known, inner) })
    }
    return { kind: 'struct', fields: [...fields.values()] }
  }
  if (a.kind === 'list' && b.kind === 'list')
    return { kind: 'list', item: unitedType({ name, type: a.item }, { name, type: b.item }) }
  const [x, y] = [WIDTHS[a.kind], WIDTHS[b.kind]]
  if (x !== undefined && y !== undefined) {
    const wider = x > y ? a : b
    // A float32 does not hold every integer that it is wider than.
    return wider.kind === 'float32' && Math.min(x, y) > 2 && Math.min(x, y) < 5 ? { kind: 'float64' } : wider
  }
  throw new VarveError('invalid-data', `column "${name}" is ${b.kind}, expected ${a.kind} as before`, {
    column: name,
  })
}

/** A row whose values are of narrower types, in those of this schema: 64-bit integers are bigints, other numbers not. */
export function castRow({ columns }: TableSchema, row: Row): Row {
  const cast = columns.flatMap(({ name, type }) => {
    const value = row[name] ?? null
    return value === null ? [] : [[name, castValue(type, value)] as const]
  })
  return Object.fromEntries(cast)
}

function castValue(type: DataType, value: Value): Value {
  if (value === null) return null
  switch (type.kind) {
    case 'int64':
      return BigInt(value as number | bigint)
    case 'float32':
    case 'float64':
      return Number(value)
    case 'list':
      return (value as readonly Value[]).map((item) => castValue(type.item, item))
    case 'struct':
      return castRow({ columns: type.fields, key: [], keyKind: 'values' }, value as Row)
    default:
      return value
  }
}

/** Whether the columns that both have are of the same types. */
export function sameTypes(a: TableSchema, b: TableSchema): boolean {
  const types = new Map(b.columns.map(({ name, type }) => [name, JSON.stringify(type)]))
  return a.columns.every(({ name, type }) => {
    const other = types.get(name)
    return other === undefined || other === JSON.stringify(type)
  })
}
