/** Which names in a FROM are files that varve reads, and which are DuckDB's: tables, and files of its own formats. */

import { existsSync } from 'node:fs'
import { hasKnownExtension } from '../formats/registry.ts'
import { isGlob } from '../store/index.ts'

const STORE_URL = /^(?:s3|gs|az|memory|lake):\/\//i
const FILE_URL = /^file:\/\//i
/** What DuckDB itself reads when it stands in a FROM. */
const DUCKDB_ENDING = /\.(?:parquet|json|jsonl|ndjson|geojson|xlsx|avro|duckdb|db)(?:\.(?:gz|zst))?$/i

/**
 * Whether `FROM 'path'` is varve's to read: a URL of a store (DuckDB would look for an extension to download), a
 * name whose ending varve knows, and any other file or pattern that could not be a table.
 */
export function claims(path: string): boolean {
  if (STORE_URL.test(path) || hasKnownExtension(path)) return true
  if (DUCKDB_ENDING.test(path)) return false
  if (FILE_URL.test(path)) return true
  return /[./]/.test(path) && (isGlob(path) || existsSync(path))
}
