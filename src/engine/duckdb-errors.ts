/**
 * DuckDB's errors as varve's: its texts begin with the kind, `Binder Error: …`.
 *
 * What is wrong with the statement is `invalid-input`, what is wrong with the data `invalid-data`; a conversion or
 * a number out of range counts as data, since it shows only when rows are read.
 */

import { type ErrorCode, VarveError } from '../errors.ts'
import { HIDDEN } from './protocol.ts'

const KINDS: Readonly<Record<string, ErrorCode>> = {
  Conversion: 'invalid-data',
  'Out of Range': 'invalid-data',
  'Mismatch Type': 'invalid-data',
  'Divide by Zero': 'invalid-data',
  'Not implemented': 'unsupported',
  'Missing Extension': 'unsupported',
  Extension: 'unsupported',
  Autoload: 'unsupported',
  'Extension Autoloading': 'unsupported',
  INTERRUPT: 'aborted',
  'Out of Memory': 'unavailable',
  'Out of memory': 'unavailable',
  Permission: 'denied',
  Network: 'unavailable',
  HTTP: 'unavailable',
  Connection: 'unavailable',
  INTERNAL: 'internal',
  Internal: 'internal',
  FATAL: 'internal',
  Fatal: 'internal',
  Serialization: 'internal',
}

const DATA =
  /CSV Error|Malformed JSON|Error when sniffing|no magic bytes|too small to be a Parquet|Error while reading/i

/** Whether DuckDB refused the statement before it did anything. */
export function isRefused(error: unknown): boolean {
  return error instanceof VarveError && ['Parser', 'Binder', 'Catalog'].includes(String(error.details.duckdb))
}

/** The hidden argument of varve's own functions, in a list of those that a function knows. */
const HIDDEN_CANDIDATE = new RegExp(`^ *${HIDDEN} VARCHAR\\n?`, 'gm')

export function fromDuckdb(text: string): VarveError {
  const message = text.replace(HIDDEN_CANDIDATE, '')
  const [, kind = ''] = /^([A-Za-z][A-Za-z ]*?) Error: /.exec(message) ?? []
  return new VarveError(codeOf(kind, message), message, kind === '' ? {} : { duckdb: kind })
}

function codeOf(kind: string, message: string): ErrorCode {
  switch (kind) {
    case '':
      return 'internal'
    case 'IO':
      return ioCode(message)
    case 'Invalid Input':
      return DATA.test(message) ? 'invalid-data' : 'invalid-input'
    case 'Constraint':
      return /duplicate key/i.test(message) ? 'conflict' : 'invalid-data'
    case 'Catalog':
      // A missing file in a FROM is a missing table to DuckDB.
      return /Table with name \S*[./]\S* does not exist/.test(message) ? 'not-found' : 'invalid-input'
    default:
      return KINDS[kind] ?? 'invalid-input'
  }
}

function ioCode(message: string): ErrorCode {
  if (/No files found|No such file|does not exist|not found/i.test(message)) return 'not-found'
  if (/Permission denied|Operation not permitted/i.test(message)) return 'denied'
  if (/read-only/i.test(message)) return 'read-only'
  if (/Could not set lock|Conflicting lock/i.test(message)) return 'conflict'
  if (/Is a directory|Not a directory|not a valid DuckDB database/i.test(message)) return 'invalid-input'
  return 'unavailable'
}
