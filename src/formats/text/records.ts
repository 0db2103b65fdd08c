/** Reads records out of a window, in batches, and says where the bad ones stand. */

import type { ByteSource } from '../../bytes/types.ts'
import { VarveError } from '../../errors.ts'
import type { ColumnBatch } from '../batch.ts'
import type { Layout, ReadHooks } from '../types.ts'
import {
  type BadRecord,
  BadRecordError,
  type ReaderSettings,
  type RecordReader,
  type TextFormat,
} from './types.ts'
import type { RawWindow } from './window.ts'

const SMALL_BATCH = 2048
const LARGE_BATCH = 65536
const BATCH_BYTES = 4 << 20

/** What all of one task's reading is about. */
export interface Job {
  readonly format: TextFormat
  readonly layout: Layout
  readonly source: ByteSource
  readonly hooks: ReadHooks
}

/** A reader for the job's records, the first of which has this ordinal. */
export function newReader(
  { format, layout, hooks }: Job,
  projection: readonly number[],
  settings: Partial<ReaderSettings> & Pick<ReaderSettings, 'firstRecord'>,
): RecordReader {
  const { allocate, ignoreErrors, fields } = hooks
  return format.reader(layout, projection, { zones: false, allocate, ignoreErrors, fields, ...settings })
}

/** What an error says of its place. */
export interface Place {
  readonly uri: string
  readonly record: number
  readonly byte: number
  /** Both count from the piece's beginning, and the message holds `{record}` and `{byte}` in their place. */
  readonly relative?: true
}

/** A reader over a window, with batch sizes and places. */
export class Records {
  #batchRows: number

  constructor(
    readonly job: Job,
    readonly window: RawWindow,
    readonly reader: RecordReader,
    readonly relative = false,
  ) {
    this.#batchRows = job.hooks.small === true ? SMALL_BATCH : LARGE_BATCH
  }

  get full(): boolean {
    // The record that is being passed belongs to no batch yet.
    if (this.reader.long === 'inside') return false
    return this.reader.rows >= this.#batchRows || this.reader.bytes >= BATCH_BYTES
  }

  take(): ColumnBatch {
    this.#batchRows = LARGE_BATCH
    return this.reader.take()
  }

  /** Reads the records in the window that begin before the raw offset `until`, `maxRows` at most. */
  read(until: number, final: boolean, maxRows = Number.POSITIVE_INFINITY): void {
    const { window, reader } = this
    const stop = Math.min(until - window.base, window.fill)
    try {
      const rows = Math.min(this.#batchRows, maxRows)
      window.at = reader.read(window.bytes, window.at, stop, window.fill, final, rows)
    } catch (error) {
      throw error instanceof BadRecordError ? this.#placed(error) : error
    }
    // Offsets are those of the window as the reader saw it.
    for (const bad of reader.takeRejects()) {
      this.job.hooks.onReject?.({ ...bad, message: this.#numbered(bad), byte: window.base + bad.at })
    }
  }

  /** The message, with `{record}` for a number that is not known yet. */
  #numbered({ record, message }: BadRecord): string {
    return this.relative ? message.replace(` ${record}`, ' {record}') : message
  }

  #placed(error: BadRecordError): VarveError {
    const { at, record } = error.bad
    const { uri } = this.job.source
    const byte = this.window.base + at
    const place: Place = { uri, record, byte, ...(this.relative && { relative: true }) }
    const text = this.#numbered(error.bad)
    // Errors of the decoder count bytes of the file: here the number must not be taken for one of those.
    const unit = this.job.layout.container === 'plain' ? 'byte' : 'decompressed byte'
    const where = `(${uri} @ ${unit} ${this.relative ? '{byte}' : byte})`
    return new VarveError('invalid-data', `${text} ${where}`, { ...place }, error)
  }
}
