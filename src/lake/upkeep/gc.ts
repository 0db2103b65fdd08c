/**
 * Garbage collection: mark what versions name, sweep what nothing names and is older than the grace.
 *
 * The race with a commit. A commit names two kinds of objects. Those that the version before it names, which are
 * marked, because that version cannot be deleted while it is the latest. And those that it has put itself since it
 * began: new ones, or ones that were there, which every writer makes young again when they are older than a day
 * (immutable.ts, ingest/upload.ts). Candidates are listed before any mark is read, so a commit that came before the
 * marks is seen by them, and what one that comes later has put is younger than the listing, or was younger than a day
 * when it was put. So a commit is safe when it takes less than the grace without that day, six days by default, the
 * differences between the clocks of its writer and of the store included.
 *
 * An object that is made young again after it was listed is spared, since its age is asked for once more before it
 * is deleted. No store deletes on the condition of an age, so the moment between that question and the deletion
 * stays: an object that nothing named for the whole grace must be sent again within it to be lost, and `verify` tells.
 *
 * With a grace below a day, a commit that runs at the same time may lose what it reuses: only for lakes without writers.
 * The same holds for a fork, merge or move of what is deleted while it runs, if garbage is collected before it is done.
 */

import { VarveError } from '../../errors.ts'
import { type Keyed, sortByKey } from '../ingest/sort.ts'
import { DATASETS, labelsPrefix, OBJECTS } from '../layout.ts'
import { requireLake } from '../open.ts'
import type { Lake } from '../types.ts'
import { inParallel } from '../work/in-parallel.ts'
import { storeTime } from './clock.ts'
import { indexesOfGone } from './indexes.ts'
import { isContentKey, namedKeys } from './named.ts'
import { lapsedReservations } from './reservations.ts'

export interface GcOptions {
  /** Deletes and writes nothing; ages are then by this machine's clock. */
  readonly dryRun?: boolean | undefined
  /** What is younger is left, in seconds; default seven days. */
  readonly graceSeconds?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Old objects looked at, of how many. */
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined
}

export interface GcReport {
  readonly dry_run: boolean
  readonly grace_seconds: number
  /** Versions whose data is kept. */
  readonly versions: number
  /** Objects that were deleted, or would be, and their bytes. */
  readonly objects: number
  readonly bytes: number
  /** Their keys in the lake, in order. */
  readonly deleted: readonly string[]
}

export const GRACE_SECONDS = 7 * 24 * 60 * 60

/** Deletions at a time. */
const TOGETHER = 16

/** An object that may be garbage. */
export interface Candidate {
  readonly key: string
  readonly bytes: number
}

/**
 * Deletes what no version of the lake names and is older than the grace: parts, lists, schemas and payloads,
 * reservations of labels whose commit never came, indexes of payloads that are gone. Nothing else is ever touched.
 * `invalid-data`, and nothing deleted, when a description, list, schema or part of files is missing or damaged.
 */
export async function gc(lake: Lake, options: GcOptions = {}): Promise<GcReport> {
  const { dryRun = false, graceSeconds = GRACE_SECONDS, signal, onProgress } = options
  if (!(graceSeconds >= 0)) {
    const message = `the grace is ${graceSeconds} seconds, expected 0 or more`
    throw new VarveError('invalid-input', message, { grace: graceSeconds })
  }
  await requireLake(lake, signal)
  const now = dryRun ? lake.now() : await storeTime(lake, signal)
  const before = now - graceSeconds * 1000
  const deleted: Candidate[] = []
  const sweep = (garbage: AsyncIterable<Candidate>): Promise<void> =>
    inParallel(garbage, TOGETHER, signal, async (one, stop) => {
      if (!dryRun && !(await deleteIfOld(lake, one.key, before, stop))) return
      deleted.push(one)
    })
  let versions = 0
  let done = 0
  const labels: string[] = []
  const old = await listed(oldObjects(lake, before, labels, signal), signal)
  const named = namedKeys({ ...lake, memo: new Map() }, () => versions++, signal)
  await sweep(unnamed(old.items, named, signal, () => onProgress?.({ done: ++done, total: old.count })))
  await sweep(lapsedReservations(lake, labels, signal))
  const gone = new Set(deleted.map(({ key }) => key))
  await sweep(indexesOfGone(lake, before, gone, signal))
  return {
    dry_run: dryRun,
    grace_seconds: graceSeconds,
    versions,
    objects: deleted.length,
    bytes: deleted.reduce((sum, { bytes }) => sum + bytes, 0),
    deleted: deleted.map(({ key }) => key).sort(),
  }
}

/** Old content-addressed objects, by key; keys of old labels go to `labels`. */
async function* oldObjects(
  lake: Lake,
  before: number,
  labels: string[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Keyed<number>> {
  for (const prefix of [DATASETS, OBJECTS])
    for await (const entry of lake.store.list(prefix, { signal })) {
      if (!('key' in entry) || !isOld(entry.modified, before)) continue
      const { key, size } = entry
      const [, dataset = ''] = key.split('/')
      if (isContentKey(key)) yield { key, value: size }
      else if (key.startsWith(labelsPrefix(dataset)) && key.endsWith('.json')) labels.push(key)
    }
}

/** A store that does not say how old an object is says 0. */
function isOld(modified: number, before: number): boolean {
  return modified > 0 && modified <= before
}

/** Reads a stream to its end before anything else is done; what does not fit into memory waits on the disk. */
async function listed(
  items: AsyncIterable<Keyed<number>>,
  signal: AbortSignal | undefined,
): Promise<{ items: AsyncGenerator<Keyed<number>>; count: number }> {
  let count = 0
  const counted = async function* (): AsyncGenerator<Keyed<number>> {
    for await (const item of items) {
      count++
      yield item
    }
  }
  const sorted = sortByKey(counted(), { encode: String, decode: Number, signal })
  // The first one is known once all have been seen.
  const first = await sorted.next()
  const rest = async function* (): AsyncGenerator<Keyed<number>> {
    try {
      if (first.done !== true) yield first.value
      yield* sorted
    } finally {
      await sorted.return(undefined)
    }
  }
  return { items: rest(), count }
}

/** Candidates that are not among the marks. All marks have been read before the first one is given. */
async function* unnamed(
  candidates: AsyncGenerator<Keyed<number>>,
  named: AsyncIterable<string>,
  signal: AbortSignal | undefined,
  onCandidate: () => void,
): AsyncGenerator<Candidate> {
  const keyed = async function* (): AsyncGenerator<Keyed<undefined>> {
    for await (const key of named) yield { key, value: undefined }
  }
  const marks = sortByKey(keyed(), { encode: () => '', decode: () => undefined, signal })
  try {
    let mark = await marks.next()
    for await (const { key, value: bytes } of candidates) {
      onCandidate()
      while (mark.done !== true && mark.value.key < key) mark = await marks.next()
      if (mark.done === true || mark.value.key !== key) yield { key, bytes }
    }
  } finally {
    await marks.return(undefined)
    await candidates.return(undefined)
  }
}

/** Deletes an object unless someone has made it young again, or deleted it, since it was listed. */
async function deleteIfOld(lake: Lake, key: string, before: number, signal: AbortSignal): Promise<boolean> {
  const there = await lake.store.info(key, { signal })
  if (there === undefined || !isOld(there.modified, before)) return false
  await lake.store.delete(key, { signal })
  return true
}
