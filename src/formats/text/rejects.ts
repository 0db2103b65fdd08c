/** What all readers of records do alike: bad records, and batches of the projected columns. */

import type { ColumnBatch, ColumnVector } from '../batch.ts'
import { type BadRecord, BadRecordError, type ReaderSettings } from './types.ts'

/** Bad records: thrown, or with `ignoreErrors` kept until somebody asks for them. */
export class Rejects {
  #kept: BadRecord[] = []
  readonly #noun: string
  readonly #settings: ReaderSettings

  /** `noun`: what a record is called in messages: 'fastq: record'. */
  constructor(noun: string, settings: ReaderSettings) {
    this.#noun = noun
    this.#settings = settings
  }

  /** How many are kept. */
  get length(): number {
    return this.#kept.length
  }

  /** The error of the record at `at`, before which the reader saw `seen` others. */
  error(at: number, seen: number, what: string): BadRecordError {
    const record = this.#settings.firstRecord + seen
    return new BadRecordError({ at, record, message: `${this.#noun} ${record} ${what}` })
  }

  /** Throws that error, or keeps what it says. */
  note(at: number, seen: number, what: string): void {
    const error = this.error(at, seen, what)
    if (!this.#settings.ignoreErrors) throw error
    this.#kept.push(error.bad)
  }

  /** Forgets those kept behind the first `length`: their records are read again. */
  truncate(length: number): void {
    this.#kept.length = length
  }

  /** Those kept since the last call. */
  take(): BadRecord[] {
    return this.#kept.splice(0)
  }
}

/** A batch of the projected columns, each of them taken once however often it is projected. */
export function projectedBatch(
  projection: readonly number[],
  rows: number,
  take: (column: number) => ColumnVector,
): ColumnBatch {
  const taken = new Map<number, ColumnVector>()
  const columns = projection.map((column) => {
    const vector = taken.get(column) ?? take(column)
    taken.set(column, vector)
    return vector
  })
  return { rows, columns }
}
