/**
 * What rows say, as a hash: of values, not of files, so that the same data has the same hash in every lake,
 * whatever wrote its Parquet and wherever its objects are.
 */

import { createHash } from 'node:crypto'
import type { DataType, Field } from '../../formats/batch.ts'
import type { TableSchema, Value } from '../types.ts'
import { type Block, valueAt } from './block.ts'

/** Columns of `files` that say where bytes are and when they came there, not what they are. */
const PLACE_COLUMNS: ReadonlySet<string> = new Set(['uri', 'modified_at', 'origin'])

/** SHA-256 of the rows' values. */
export function contentOf(schema: TableSchema, block: Block): string {
  const hash = createHash('sha256')
  const isFiles = schema.keyKind === 'path'
  for (const field of [...schema.columns].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (isFiles && PLACE_COLUMNS.has(field.name)) continue
    const values = isFiles && field.name === 'etag' ? identities(block) : block.columns.get(field.name)
    const text = values === undefined ? undefined : columnText(field, values)
    // A column of nothing but nulls says as little as none.
    if (text !== undefined) hash.update(text)
  }
  return hash.digest('hex')
}

/** An ETag says what the bytes are only where no checksum does. */
function identities(block: Block): Value[] {
  return Array.from({ length: block.rows }, (_, row) =>
    valueAt(block, 'sha256', row) === null ? valueAt(block, 'etag', row) : null,
  )
}

function columnText({ name, type }: Field, values: ArrayLike<Value>): string | undefined {
  let empty = true
  const texts = Array.from(values, (value) => {
    if (value !== null && value !== undefined) empty = false
    return valueText(type, value ?? null)
  })
  return empty ? undefined : `${JSON.stringify(name)}:${type.kind}:[${texts.join(',')}]\n`
}

/** A value in one form; types matter only where they make another value. */
function valueText(type: DataType, value: Value): string {
  if (value === null) return ''
  switch (type.kind) {
    case 'utf8':
      return JSON.stringify(value)
    case 'binary':
      return Buffer.from(value as Uint8Array).toString('hex')
    case 'list':
      return `[${(value as readonly Value[]).map((item) => valueText(type.item, item)).join(',')}]`
    case 'struct': {
      const fields = value as Readonly<Record<string, Value>>
      const shown = type.fields.flatMap(({ name, type: inner }) => {
        const field = fields[name] ?? null
        return field === null ? [] : [`${JSON.stringify(name)}:${valueText(inner, field)}`]
      })
      return `{${shown.sort().join(',')}}`
    }
    default:
      return Object.is(value, -0) ? '-0' : String(value)
  }
}
