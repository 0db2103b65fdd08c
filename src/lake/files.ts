/** The table that every dataset has: one row for each logical file. */

import { createHash } from 'node:crypto'
import { VarveError } from '../errors.ts'
import type { Field } from '../formats/batch.ts'
import { objectKey } from './layout.ts'
import { placeOfUri } from './stores.ts'
import type { Lake, Row, TableSchema } from './types.ts'

export const FILES = 'files'

/** What is kept of every file; the metadata columns of a dataset follow. */
const STORED: readonly Field[] = [
  { name: 'path', type: { kind: 'utf8' } },
  { name: 'bytes', type: { kind: 'int64' } },
  { name: 'sha256', type: { kind: 'utf8' } },
  { name: 'etag', type: { kind: 'utf8' } },
  { name: 'uri', type: { kind: 'utf8' } },
  { name: 'media_type', type: { kind: 'utf8' } },
  { name: 'format', type: { kind: 'utf8' } },
  { name: 'tier', type: { kind: 'utf8' } },
  { name: 'asset_id', type: { kind: 'utf8' } },
  { name: 'modified_at', type: { kind: 'timestamp', zoned: true } },
]

/** Columns of `files()` in their order: what is stored, and `name` and `ext`, which follow from the path. */
export const FILE_COLUMNS: readonly Field[] = [
  STORED[0]!,
  { name: 'name', type: { kind: 'utf8' } },
  { name: 'ext', type: { kind: 'utf8' } },
  ...STORED.slice(1),
]

const RESERVED: ReadonlySet<string> = new Set(FILE_COLUMNS.map(({ name }) => name))

/** The schema of `files` with these metadata columns. */
export function filesSchema(metadata: readonly Field[]): TableSchema {
  const taken = metadata.find(({ name }) => RESERVED.has(name.toLowerCase()))
  if (taken !== undefined) {
    const message = `the metadata column "${taken.name}" has the name of a column that every file has, expected another`
    throw new VarveError('invalid-input', message, { column: taken.name })
  }
  return { columns: [...STORED, ...metadata], key: ['path'], keyKind: 'path' }
}

/** The metadata columns of a files table. */
export function metadataColumns({ columns }: TableSchema): Field[] {
  return columns.filter(({ name }) => !RESERVED.has(name))
}

/** The last part of a path, and what follows its last dot, in lower case; undefined without one. */
export function nameAndExt(path: string): { readonly name: string; readonly ext: string | undefined } {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const dot = name.lastIndexOf('.')
  return { name, ext: dot > 0 && dot < name.length - 1 ? name.slice(dot + 1).toLowerCase() : undefined }
}

/**
 * The identity of the bytes as they were first registered under a path. It is kept when they move, whether to
 * another path or to another place, and differs for two copies. Formed as a UUID (RFC 9562, version 8).
 */
export function assetId(path: string, identity: string): string {
  const hex = createHash('sha256').update(`${path}\0${identity}`).digest('hex')
  const variant = ((Number.parseInt(hex[16]!, 16) & 0x3) | 0x8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** Where a file's bytes are. Uploaded ones are in the lake, found by their checksum, wherever the lake is. */
export function objectUri(lake: Lake, row: Row): string {
  const { uri, sha256 } = row
  return typeof uri === 'string' ? placeOfUri(lake, uri) : `${lake.url}${objectKey(sha256 as string)}`
}
