/**
 * DuckDB's errors as varve's: its texts begin with the kind, `Binder Error: …`.
 *
 * What is wrong with the statement is `invalid-input`, what is wrong with the data `invalid-data`; a conversion or
 * a number out of range counts as data, since it shows only when rows are read.
 */

import { type ErrorCode, VarveError } from '../errors.ts'
import { HIDDEN } from './protocol.ts'
import { UNNEST } from './rewrite/unnested.ts'

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

/** The line of the statement that an error shows, and the mark below it. */
const SHOWN = /\n+(LINE \d+: .*)\n( *)\^\s*$/

/** What a shown line is cut off with where it is too long. */
const CUT = '...'

/** A line that begins in what the rewrite told a scan, up to that argument's end. */
const TOLD = /^(LINE \d+: )\.\.\.(?=.*"(?:predicates|inLists)":).*[}\]]'\)+/

/**
 * Without what the rewrite put around scans: the line ends before it, or begins behind it; where it is marked inside,
 * none is shown.
 */
function withoutRewrite(message: string): string {
  const [block, line = '', indent = ''] = SHOWN.exec(message) ?? []
  if (block === undefined) return message
  const [told = '', head = ''] = TOLD.exec(line) ?? []
  const from = told.length
  const start = startOfUnnest(line)
  const to = start < 0 ? line.length : start
  if (from === 0 && to === line.length) return message
  const text = (from === 0 ? '' : head + CUT) + line.slice(from, to) + (to === line.length ? '' : CUT)
  const mark = indent.length - (from === 0 ? 0 : from - head.length - CUT.length)
  const isInside = indent.length < from || indent.length > to
  const shown = isInside ? '' : `\n\n${text}\n${' '.repeat(mark)}^`
  return message.slice(0, message.length - block.length) + shown
}

/** -1 where the line shows none, nor the beginning of one. */
function startOfUnnest(line: string): number {
  const whole = line.indexOf(UNNEST)
  if (whole >= 0 || !line.endsWith(CUT)) return whole
  const text = line.slice(0, -CUT.length)
  const last = text.lastIndexOf('(')
  return last >= 0 && UNNEST.startsWith(text.slice(last)) ? last : -1
}

export function fromDuckdb(text: string): VarveError {
  const message = withoutRewrite(text.replace(HIDDEN_CANDIDATE, ''))
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
