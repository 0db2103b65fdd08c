/** What the readers of formats with one text column and the ordinal have in common: all but finding records. */

import { isUtf8 } from 'node:buffer'
import { VarveError } from '../../errors.ts'
import type { ColumnBatch } from '../batch.ts'
import { ordinals, Utf8Builder } from '../builders.ts'
import { checkOptionNames } from './options.ts'
import { projectedBatch, type Rejects } from './rejects.ts'
import type { BadRecord, Options, ReaderSettings, RecordReader, TextLayout, Zone } from './types.ts'
import { firstInvalidUtf8 } from './utf8.ts'

/** The layout of such a format: the column, then `record`. `invalid-data` for what is no text. */
export function oneColumnLayout(
  format: string,
  column: string,
  head: Uint8Array,
  options: Options,
): TextLayout {
  checkOptionNames(format, options, [])
  const nul = head.indexOf(0)
  if (nul >= 0) {
    throw new VarveError('invalid-data', `${format}: byte ${nul} is NUL, expected text`, { byte: nul })
  }
  return {
    columns: [
      { name: column, type: { kind: 'utf8' } },
      { name: 'record', type: { kind: 'int64' } },
    ],
    zones: [],
    dataStart: 0,
    ordinal: 1,
    dialect: {},
  }
}

export abstract class OneColumnReader implements RecordReader {
  rows = 0
  seen = 0
  /** The text column, when it is wanted. */
  protected readonly text: Utf8Builder | undefined

  constructor(
    readonly projection: readonly number[],
    readonly settings: ReaderSettings,
  ) {
    this.text = projection.includes(0) ? new Utf8Builder(settings.allocate) : undefined
  }

  /** `read` without the check of the text. */
  protected abstract scan(
    bytes: Uint8Array,
    start: number,
    until: number,
    end: number,
    final: boolean,
    maxRows: number,
  ): number

  /** Another reader of the kind, which only counts. */
  protected abstract counter(): OneColumnReader

  /** Knows what a record is called in messages: 'lines: line'. */
  protected abstract readonly rejects: Rejects

  read(
    bytes: Uint8Array,
    start: number,
    until: number,
    end: number,
    final: boolean,
    maxRows: number,
  ): number {
    const { rows, seen, text } = this
    const stop = this.scan(bytes, start, until, end, final, maxRows)
    if (text === undefined || firstInvalidUtf8(text, rows) < 0) return stop
    text.truncate(rows)
    this.rows = rows
    this.seen = seen
    return this.#readOneByOne(text, bytes, start, until, end, final, maxRows)
  }

  /** Again, for bytes in which something is not UTF-8. */
  #readOneByOne(
    text: Utf8Builder,
    bytes: Uint8Array,
    start: number,
    until: number,
    end: number,
    final: boolean,
    maxRows: number,
  ): number {
    // Where the first record begins: there may be something before it.
    let at = this.counter().scan(bytes, start, until, end, final, 0)
    while (at < until && this.rows < maxRows) {
      const row = this.rows
      const next = this.scan(bytes, at, until, end, final, row + 1)
      if (this.rows === row) return next
      if (!isUtf8(text.value(row))) {
        this.rows--
        this.seen--
        text.truncate(row)
        this.rejects.note(at, this.seen, 'is not valid UTF-8')
      }
      at = next
    }
    return at
  }

  get bytes(): number {
    return this.text?.bytes ?? 0
  }

  take(): ColumnBatch {
    const first = this.settings.firstRecord + this.seen - this.rows
    const text = this.text?.take()
    const batch = projectedBatch(this.projection, this.rows, (column) =>
      column === 0 ? text! : ordinals(this.settings.allocate, first, this.rows),
    )
    this.rows = 0
    return batch
  }

  takeZones(): Zone[] {
    return []
  }

  takeRejects(): BadRecord[] {
    return this.rejects.take()
  }
}
