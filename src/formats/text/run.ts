/** Runs of segments: their rows, or their text. */

import { VarveError } from '../../errors.ts'
import type { ColumnBatch } from '../batch.ts'
import type { Run } from '../types.ts'
import { Checker } from './checker.ts'
import { type Job, newReader, Records } from './records.ts'
import { supplyRun } from './supply.ts'
import { grow, RawWindow } from './window.ts'

/** A run's window with its first row at the front. */
async function openRun(job: Job, run: Run): Promise<RawWindow> {
  const window = new RawWindow(supplyRun(job.source, job.layout, run, job.hooks), job.hooks)
  try {
    await skipTo(job, run, window)
  } catch (error) {
    window.close()
    throw error
  }
  return window
}

async function skipTo(job: Job, run: Run, window: RawWindow): Promise<void> {
  while (window.base + window.fill < run.raw) {
    if (!(await grow(window, run.rawEnd))) throw cutShort(job, run)
    window.at = Math.min(window.fill, run.raw - window.base)
  }
  window.at = run.raw - window.base
  const reader = newReader(job, [], { firstRecord: run.firstRow })
  const records = new Records(job, window, reader)
  while (reader.seen < run.skip) {
    const from = window.at
    records.read(run.rawEnd, window.base + window.fill === run.rawEnd, run.skip - reader.seen)
    reader.take()
    if (window.at === from && !(await grow(window, run.rawEnd))) throw cutShort(job, run)
  }
}

function cutShort({ source: { uri } }: Job, run: Run): VarveError {
  const message = `the decompressed bytes end before ${run.rawEnd}, where the index says that a slice ends (${uri})`
  return new VarveError('invalid-data', message, { uri, byte: run.rawEnd })
}

/** The rows of a run. */
export async function* readRun(
  job: Job,
  run: Run,
  projection: readonly number[],
): AsyncGenerator<ColumnBatch, undefined> {
  const window = await openRun(job, run)
  try {
    yield* runBatches(job, run, projection, window)
  } finally {
    window.close()
  }
}

async function* runBatches(
  job: Job,
  run: Run,
  projection: readonly number[],
  window: RawWindow,
): AsyncGenerator<ColumnBatch, undefined> {
  const { within } = run
  const reader = newReader(job, projection, { firstRecord: run.firstRow + run.skip, within })
  const records = new Records(job, window, reader)
  const checker = new Checker(job.source.uri, run.skip === 0 ? run.checks : [])
  for (;;) {
    const from = window.at
    // A run ends where a record ends, so its last bytes are final for the reader.
    records.read(run.rawEnd, window.base + window.fill === run.rawEnd, run.rows - reader.seen + reader.rows)
    checker.pass(window, from, window.at)
    const end = reader.seen >= run.rows || window.raw >= run.rawEnd
    if (reader.rows > 0 && (end || records.full)) yield records.take()
    else if (!end && !(await grow(window, run.rawEnd))) throw cutShort(job, run)
    if (end) break
  }
  if (reader.seen < run.rows && !job.hooks.ignoreErrors) throw cutShort(job, run)
  return undefined
}

/** The decompressed bytes of a run's rows, as they stand in the file; a stretch of one as the format writes it. */
export async function* readText(job: Job, run: Run): AsyncGenerator<Uint8Array, undefined> {
  const { format, layout } = job
  if (run.within !== undefined && format.write !== undefined) {
    const all = layout.columns.map((_, column) => column)
    for await (const batch of readRun(job, run, all)) yield format.write(batch, true)
    return undefined
  }
  const window = await openRun(job, run)
  try {
    yield* runText(job, run, window)
  } finally {
    window.close()
  }
}

async function* runText(job: Job, run: Run, window: RawWindow): AsyncGenerator<Uint8Array, undefined> {
  const reader = newReader(job, [], { firstRecord: run.firstRow + run.skip, ignoreErrors: true })
  const records = new Records(job, window, reader)
  for (;;) {
    const from = window.at
    records.read(run.rawEnd, window.base + window.fill === run.rawEnd, run.rows - reader.seen)
    reader.take()
    // White lines behind a segment's last record are no records, but they are in the file.
    if (run.toEnd && reader.seen >= run.rows) window.at = window.fill
    if (window.at > from) yield window.bytes.slice(from, window.at)
    if ((reader.seen >= run.rows && !run.toEnd) || window.raw >= run.rawEnd) return undefined
    if (window.at === from && !(await grow(window, run.rawEnd))) throw cutShort(job, run)
  }
}
