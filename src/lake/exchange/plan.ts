/** What an export or import carries, and what it does not need to; computed before anything is written. */

import { isVarveError, VarveError } from '../../errors.ts'
import type { ObjectInfo } from '../../store/index.ts'
import { FILES } from '../files.ts'
import { type FileEntry, fileEntry, placeOf } from '../retrieve/object.ts'
import { rowAt } from '../table/block.ts'
import { openTable } from '../table/list.ts'
import { readTable } from '../table/read.ts'
import type { Lake, VersionDescription } from '../types.ts'
import { inParallel } from '../work/in-parallel.ts'

export const POLICIES = ['copy', 'copy_if_missing', 'metadata_only', 'fail_if_missing'] as const

/**
 * Whether payload bytes go with an export, or are found in place:
 * `copy`: all of them, and an import writes them all; `copy_if_missing`: an import writes what is not there;
 * `metadata_only`: none, for lakes where every object can be found; `fail_if_missing`: none, said as a condition.
 */
export type TransferPolicy = (typeof POLICIES)[number]

export const carriesPayloads = (policy: TransferPolicy): boolean =>
  policy === 'copy' || policy === 'copy_if_missing'

export interface TransferPlan {
  readonly dataset: string
  readonly version: number
  readonly policy: TransferPolicy
  readonly files: number
  readonly bytes: number
  /** Payloads to carry. */
  readonly transfers: number
  readonly transfer_bytes: number
  /** Payloads that need not be: they are there, or stay where they were registered. */
  readonly present: number
  /** Paths of files whose bytes are nowhere to be found. */
  readonly missing: readonly string[]
}

/** `invalid-input` for what is no policy. */
export function checkPolicy(text: string): TransferPolicy {
  const policy = POLICIES.find((known) => known === text)
  if (policy !== undefined) return policy
  throw new VarveError('invalid-input', `there is no policy "${text}", expected ${POLICIES.join(', ')}`, {
    policy: text,
  })
}

/** Requests for what is there at a time. */
const TOGETHER = 32

/** What a version's files consist of: each content once, under the first path that has it. */
export interface Payloads {
  /** Content whose checksum is known: it can be carried. */
  readonly known: readonly FileEntry[]
  /** Registered in place without a checksum: what cannot be checked stays where it is. */
  readonly inPlace: readonly FileEntry[]
  readonly files: number
  readonly bytes: number
}

/** The payloads of a version, in the order of their paths. */
export async function payloadsOf(
  lake: Lake,
  { tables }: VersionDescription,
  signal?: AbortSignal,
): Promise<Payloads> {
  const known = new Map<string, FileEntry>()
  const inPlace: FileEntry[] = []
  let files = 0
  let bytes = 0
  const ref = tables[FILES]
  if (ref === undefined) return { known: [], inPlace, files, bytes }
  const columns = ['path', 'bytes', 'sha256', 'etag', 'uri']
  for await (const block of readTable(lake, await openTable(lake, ref, signal), { columns, signal })) {
    for (let row = 0; row < block.rows; row++) {
      const entry = fileEntry(rowAt(block, row))
      files++
      bytes += entry.bytes
      if (entry.sha256 === undefined) inPlace.push(entry)
      else if (!known.has(entry.sha256)) known.set(entry.sha256, entry)
    }
  }
  return { known: [...known.values()], inPlace, files, bytes }
}

export interface Found {
  readonly there: readonly FileEntry[]
  readonly lacking: readonly FileEntry[]
}

/**
 * Splits entries into those whose bytes are there and those whose are not, each in its order; reads no byte.
 * `not-found` names a store that the lake does not know by its name.
 *
 * @param isGood what is to be said of an object of the right size that was last written at this time
 */
export async function lookFor(
  lake: Lake,
  entries: readonly FileEntry[],
  signal?: AbortSignal,
  isGood: (modified: number) => boolean = () => true,
): Promise<Found> {
  const found = new Array<boolean>(entries.length)
  await inParallel(entries.keys(), TOGETHER, signal, async (i, stop) => {
    const info = await infoOf(lake, entries[i]!, stop)
    found[i] = info !== undefined && isGood(info.modified)
  })
  return {
    there: entries.filter((_, i) => found[i]),
    lacking: entries.filter((_, i) => !found[i]),
  }
}

/** The object that an entry means; undefined when there is none, or another one. */
async function infoOf(lake: Lake, entry: FileEntry, signal: AbortSignal): Promise<ObjectInfo | undefined> {
  try {
    const { store, key } = await placeOf(lake, entry, signal)
    const info = await store.info(key, { signal })
    const isOther = entry.uri !== undefined && entry.etag !== undefined && entry.etag !== info?.identity
    return info?.size === entry.bytes && !isOther ? info : undefined
  } catch (error) {
    // A place that this machine may not read or cannot name is none; one that cannot be reached may be one.
    if (isVarveError(error, 'denied', 'unsupported', 'invalid-input')) return undefined
    throw error
  }
}

/** Paths named in a message. */
const SHOWN = 3

/** `not-found` when a plan misses something; nothing was written by then. */
export function refuseMissing({ missing }: TransferPlan, place: string): void {
  const [first] = missing
  if (first === undefined) return
  const shown = missing.slice(0, SHOWN).join(', ')
  const more = missing.length > SHOWN ? ` and ${missing.length - SHOWN} more` : ''
  const message = `${place}: the bytes of ${shown}${more} are missing, expected those of every file`
  throw new VarveError('not-found', message, { missing })
}

/** What a message and a plan name an entry by: where its bytes should be, if that is not the lake. */
export function namesOf(entries: readonly FileEntry[]): string[] {
  return entries.map(({ path, uri }) => (uri === undefined ? path : `${path} (${uri})`))
}
