/** Tables of any length as scans: made batch by batch, as they are asked for. */

import type { ColumnBatch, Field } from '../formats/batch.ts'
import { type Value, vectorFrom } from '../formats/values.ts'
import type { ScanStream } from '../scan/types.ts'

/** Rows of a batch where rows come one by one. */
const BATCH = 2048

/** The batches of a generator, which nothing is asked of before the first `next`. */
export function streamOf(
  total: number,
  make: (signal: AbortSignal) => AsyncGenerator<ColumnBatch, void>,
): ScanStream {
  const abort = new AbortController()
  let batches: AsyncGenerator<ColumnBatch, void> | undefined
  let done = 0
  return {
    async next() {
      batches ??= make(abort.signal)
      const { value } = await batches.next()
      done += value?.rows ?? 0
      return value ?? undefined
    },
    release: () => undefined,
    get progress() {
      return { done, total: Math.max(done, total) }
    },
    close() {
      abort.abort()
      // A generator in the middle of a step is told by the signal; what it throws then, nobody waits for.
      batches?.return().catch(() => undefined)
    },
  }
}

/** A row's value in each wanted column, by the column's name. */
export type Cells = Readonly<Record<string, Value | undefined>>

/** Rows gathered into batches of these columns. */
export async function* batchesOf(
  fields: readonly Field[],
  rows: AsyncIterable<Cells>,
): AsyncGenerator<ColumnBatch, void> {
  let gathered: Cells[] = []
  for await (const row of rows) {
    gathered.push(row)
    if (gathered.length < BATCH) continue
    yield batchOf(fields, gathered)
    gathered = []
  }
  if (gathered.length > 0) yield batchOf(fields, gathered)
}

function batchOf(fields: readonly Field[], rows: readonly Cells[]): ColumnBatch {
  return {
    rows: rows.length,
    columns: fields.map(({ name, type }) =>
      vectorFrom(
        type,
        rows.map((row) => row[name]),
      ),
    ),
  }
}
