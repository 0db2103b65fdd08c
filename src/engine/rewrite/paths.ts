/** Which names in a FROM are files that varve reads, and what DuckDB would call them. */

import { existsSync } from 'node:fs'

const VARVE_URL = /^(s3|lake|file|memory|gs|az):\/\//i
const REMOTE_URL = /^(s3|lake|memory|gs|az):\/\//i
const LOCAL_ENDING = /\.(fastq|fq|txt|lines)(\.(gz|bgz))?$/i

/** Whether only varve can read this; `file://` can be read by DuckDB's own functions, too. */
export function isRemote(path: string): boolean {
  return REMOTE_URL.test(path)
}

/**
 * Whether `FROM 'path'` is varve's: a URL of a store, or a local file (or glob) whose ending it knows.
 *
 * The local endings of DuckDB (.csv, .tsv, .parquet, .json) stay with DuckDB.
 */
export function claimsByDefault(path: string): boolean {
  if (VARVE_URL.test(path)) return true
  return LOCAL_ENDING.test(path) && (hasGlob(path) || existsSync(path))
}

export function hasGlob(path: string): boolean {
  return /[*?[]/.test(path)
}

/**
 * The name that `FROM 'dir/reads.fastq.gz'` has for its columns: `reads`, as in DuckDB (the file's name up to
 * its first dot); `undefined` for a glob, which has none.
 */
export function defaultAlias(path: string): string | undefined {
  if (hasGlob(path)) return undefined
  const name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)
  return name.split('.')[0] || undefined
}
