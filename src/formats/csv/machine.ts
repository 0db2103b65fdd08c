/**
 * The state machine that DuckDB reads CSV with (strict mode), as a table: next state of every state and byte.
 * Being the same machine, it takes and refuses the same files.
 */

import type { CsvDialect } from './dialect.ts'

export const STANDARD = 0
export const DELIMITER = 1
/** At the beginning of a record. */
export const RECORD = 2
export const CARRIAGE_RETURN = 3
export const QUOTED = 4
/** After a quote inside a quoted field: its end, or the first of two. */
export const UNQUOTED = 5
export const ESCAPE = 6
export const INVALID = 7
/** One space at the beginning of a field: a quote may follow. */
export const SPACE = 8
export const COMMENT = 9
/** Some bytes into a longer delimiter: 10, 11, 12. */
export const PARTIAL = 10
const STATES = 13

const LF = 10
const CR = 13
const BLANK = 32

export interface Machine {
  /** table[state * 256 + byte] */
  readonly table: Uint8Array
  /** 1 for the bytes that end a run of ordinary ones, outside and inside quotes. */
  readonly stops: Uint8Array
  readonly quotedStops: Uint8Array
  /** Last bytes of the delimiter, before which the field ended. */
  readonly extra: number
  readonly delim: number
  /** -1 for none. */
  readonly quote: number
  readonly escape: number
  readonly comment: number
  /** The byte that ends a line. */
  readonly newline: number
  readonly crlf: boolean
  /** Spaces after a closing quote are dropped. */
  readonly trims: boolean
}

export type Punctuation = Pick<CsvDialect, 'delim' | 'quote' | 'escape' | 'comment' | 'newline'>

const code = (character: string): number => (character === '' ? -1 : character.charCodeAt(0))

export function buildMachine(dialect: Punctuation): Machine {
  const delim = new TextEncoder().encode(dialect.delim)
  const quote = code(dialect.quote)
  const escapeSign = code(dialect.escape)
  const comment = code(dialect.comment)
  const first = delim[0] ?? -1
  const crlf = dialect.newline === '\r\n'
  const table = new Uint8Array(STATES * 256)
  const set = (state: number, byte: number, next: number): void => {
    if (byte >= 0) table[state * 256 + byte] = next
  }
  const fill = (state: number, next: number): void => {
    table.fill(next, state * 256, state * 256 + 256)
  }
  fill(QUOTED, QUOTED)
  fill(ESCAPE, QUOTED)
  fill(UNQUOTED, INVALID)
  fill(CARRIAGE_RETURN, INVALID)
  fill(INVALID, INVALID)
  fill(COMMENT, COMMENT)

  for (const state of [STANDARD, DELIMITER, RECORD, UNQUOTED, SPACE, PARTIAL, PARTIAL + 1, PARTIAL + 2]) {
    const boundary = state === DELIMITER || state === RECORD
    if (boundary && first !== BLANK) set(state, BLANK, SPACE)
    set(state, first, delim.length > 1 ? PARTIAL : DELIMITER)
    setNewline(state)
    if (boundary || state === SPACE) set(state, quote, QUOTED)
    if (state < PARTIAL) set(state, comment, COMMENT)
  }
  for (let i = 1; i < delim.length; i++) {
    set(PARTIAL + i - 1, delim[i]!, i === delim.length - 1 ? DELIMITER : PARTIAL + i)
  }
  set(QUOTED, quote, UNQUOTED)
  if (escapeSign !== quote) set(QUOTED, escapeSign, ESCAPE)
  else set(UNQUOTED, quote, QUOTED)
  const trims = ![first, quote, escapeSign, comment].includes(BLANK)
  if (trims) set(UNQUOTED, BLANK, UNQUOTED)
  set(COMMENT, crlf ? CR : dialect.newline.charCodeAt(0), crlf ? CARRIAGE_RETURN : RECORD)
  if (crlf) set(COMMENT, LF, RECORD)
  set(CARRIAGE_RETURN, LF, RECORD)

  /** A line end of another kind than the file's first one is an error. */
  function setNewline(state: number): void {
    if (crlf) {
      set(state, CR, CARRIAGE_RETURN)
      set(state, LF, state === STANDARD ? INVALID : RECORD)
    } else {
      const own = dialect.newline.charCodeAt(0)
      set(state, own, RECORD)
      set(state, own === LF ? CR : LF, INVALID)
    }
  }

  return {
    table,
    stops: marks([first, LF, CR, comment]),
    quotedStops: marks([quote, escapeSign]),
    extra: Math.max(0, delim.length - 1),
    delim: first,
    quote,
    escape: escapeSign,
    comment,
    newline: dialect.newline === '\r' ? CR : LF,
    crlf,
    trims,
  }
}

function marks(bytes: readonly number[]): Uint8Array {
  const table = new Uint8Array(256)
  for (const byte of bytes) if (byte >= 0) table[byte] = 1
  return table
}
