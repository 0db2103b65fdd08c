/** Drives a record reader as its contract allows: bytes come bit by bit, rows are taken now and then. */

import type { DataType } from '../../../src/formats/batch.ts'
import type { BadRecord, TextFormat, TextLayout } from '../../../src/formats/text/types.ts'
import type { WantedFields } from '../../../src/formats/types.ts'
import { batchRows, hooks, type Rows } from '../../scan/support/harness.ts'

export interface Feeding {
  /** How many bytes more are there after a read that wants more; used in turn. */
  readonly grows: readonly number[]
  readonly maxRows: number
  readonly ignoreErrors?: boolean
  readonly columns?: readonly number[]
  readonly fields?: WantedFields
}

export const AT_ONCE: Feeding = { grows: [1 << 30], maxRows: 1 << 20 }

export interface Reading {
  readonly rows: Rows
  readonly rejects: readonly BadRecord[]
}

/** All records of the bytes; throws what the reader throws. */
export function readAll(format: TextFormat, bytes: Uint8Array, feeding: Feeding = AT_ONCE): Reading {
  const layout = format.layout(bytes, true, {}) as TextLayout
  const columns = feeding.columns ?? layout.columns.map((_, i) => i)
  const types: DataType[] = columns.map((column) => layout.columns[column]!.type)
  const { ignoreErrors = false, fields } = feeding
  const settings = { zones: false, firstRecord: 0, ignoreErrors, fields, allocate: hooks.allocate }
  const reader = format.reader(layout, columns, settings)
  const rows: Rows = []
  const rejects: BadRecord[] = []
  let at = layout.dataStart
  let end = 0
  for (let turn = 0; at < bytes.length; turn++) {
    const final = end >= bytes.length
    // What is not there yet must not be looked at.
    const there = bytes.slice(0, end)
    const stop = reader.read(there, at, end, end, final, feeding.maxRows)
    rejects.push(...reader.takeRejects())
    const moved = stop > at || reader.rows > 0
    if (reader.rows >= feeding.maxRows || turn % 3 === 0) rows.push(...batchRows(reader.take(), types))
    at = stop
    if (moved) continue
    if (final) throw new Error(`stuck at ${at} of ${bytes.length}`)
    end = Math.min(bytes.length, end + feeding.grows[turn % feeding.grows.length]!)
  }
  rows.push(...batchRows(reader.take(), types))
  return { rows, rejects }
}
