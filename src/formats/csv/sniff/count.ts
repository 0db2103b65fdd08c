/** How many fields the first records have under one guess at the punctuation. */

import { buildMachine, type Machine, type Punctuation } from '../machine.ts'
import { Found, RecordScanner } from '../scanner.ts'

/** Rows that are counted, and typed, at a time. */
export const CHUNK = 2048

export interface Row {
  readonly start: number
  readonly fields: number
  /** A comment line, or one with its comment right behind a delimiter. */
  readonly comment: boolean
  /** A comment behind the last field. */
  readonly midComment: boolean
  /** This row and all after it in the sample end with an empty field. */
  lastAlwaysEmpty: boolean
}

/** The head of a file: bytes [start, end), which are the whole rest of it when `whole`. */
export interface Sample {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
  readonly whole: boolean
}

/** Counts fields chunk by chunk. */
export class FieldCounter {
  readonly machine: Machine
  readonly scanner: RecordScanner
  rows: Row[] = []
  error = false
  finished = false
  #at: number

  constructor(
    readonly punctuation: Punctuation,
    readonly sample: Sample,
  ) {
    this.machine = buildMachine(punctuation)
    this.scanner = new RecordScanner(this.machine)
    this.#at = sample.start
  }

  get everQuoted(): boolean {
    return this.scanner.everQuoted
  }

  get everEscaped(): boolean {
    return this.scanner.everEscaped
  }

  /** Takes over what another counter found in the first chunk, under signs that amount to the same. */
  startLike(other: FieldCounter): void {
    this.rows = other.rows
    this.error = other.error
    this.finished = other.finished
    this.#at = other.#at
    this.scanner.everQuoted = other.scanner.everQuoted
    this.scanner.everEscaped = other.scanner.everEscaped
  }

  /** The next rows, at most 2048. */
  next(): void {
    const { scanner } = this
    const { bytes, end, whole } = this.sample
    const rows: Row[] = []
    const empty: boolean[] = []
    while (rows.length < CHUNK) {
      const start = this.#at
      const found = scanner.scan(bytes, start, end, whole)
      if (found === Found.end || found === Found.incomplete) {
        this.finished = true
        break
      }
      if (found === Found.invalid) {
        this.rows = []
        this.error = true
        return
      }
      this.#at = scanner.next
      if (found === Found.blank) continue
      const line = found === Found.comment || (scanner.commented && scanner.commentLine)
      rows.push({
        start,
        fields: scanner.count,
        comment: line,
        midComment: scanner.commented && !line,
        lastAlwaysEmpty: true,
      })
      empty.push(scanner.lastEmpty)
    }
    for (let i = rows.length - 1, always = true; i >= 0; i--) {
      always &&= empty[i]!
      rows[i]!.lastAlwaysEmpty = always
    }
    if (this.#at >= end) this.finished = true
    this.rows = rows
  }
}
