/** Rows of plain values on standard output, in the formats that query results have, too. */

import type { ResultColumn } from '../engine/types.ts'
import { type Value, vectorFrom } from '../formats/values.ts'
import type { Context, ListFormat } from './context.ts'
import { streamOutput } from './output.ts'
import { createWriter } from './render/writer.ts'

export type PlainRow = Readonly<Record<string, Value | undefined>>

/** Rows gathered before they are written. */
const BATCH = 1024

/** Writes the rows as they come; the first byte follows the first rows, so that what fails at once prints nothing. */
export async function writeRows(
  context: Context,
  format: ListFormat,
  columns: readonly ResultColumn[],
  rows: Iterable<PlainRow> | AsyncIterable<PlainRow>,
): Promise<void> {
  const output = streamOutput(context.io.stdout)
  for await (const piece of renderRows(context, format, columns, rows)) await output.write(piece)
}

/** The pieces of text that `writeRows` writes. */
export async function* renderRows(
  context: Context,
  format: ListFormat,
  columns: readonly ResultColumn[],
  rows: Iterable<PlainRow> | AsyncIterable<PlainRow>,
): AsyncGenerator<string | Uint8Array> {
  const { columns: width } = context.io.stdout
  const writer = await createWriter(format === 'plain' ? 'table' : format, { width })
  let begun = false
  for await (const batch of batches(rows)) {
    if (!begun) yield* writer.begin(columns)
    begun = true
    const vectors = columns.map(({ name, type }) =>
      vectorFrom(
        type,
        batch.map((row) => row[name]),
      ),
    )
    yield* writer.batch({ rows: batch.length, columns: vectors })
  }
  if (!begun) yield* writer.begin(columns)
  yield* writer.end()
}

async function* batches(rows: Iterable<PlainRow> | AsyncIterable<PlainRow>): AsyncGenerator<PlainRow[]> {
  let batch: PlainRow[] = []
  for await (const row of rows) {
    batch.push(row)
    if (batch.length < BATCH) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}
