/** `varve export`: a version as one file. */

import { createHash, type Hash } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import type { ByteSource } from '../../bytes/types.ts'
import { VarveError } from '../../errors.ts'
import { getImmutable } from '../immutable.ts'
import { readLake } from '../init.ts'
import { descriptionKey, listKey, objectKey, partKey, schemaKey } from '../layout.ts'
import { type FileEntry, openObject, RANGE } from '../retrieve/object.ts'
import { openTable } from '../table/list.ts'
import type { Lake, VersionDescription } from '../types.ts'
import { inOrder } from '../work/in-order.ts'
import { BUNDLE, BUNDLE_FILE } from './bundle.ts'
import {
  carriesPayloads,
  lookFor,
  namesOf,
  type Payloads,
  payloadsOf,
  refuseMissing,
  type TransferPlan,
  type TransferPolicy,
} from './plan.ts'
import { TarFile } from './tar-file.ts'

export interface ExportOptions {
  /** Default `copy_if_missing`. */
  readonly policy?: TransferPolicy | undefined
  /** Only the plan: nothing is written. */
  readonly plan?: boolean | undefined
  readonly signal?: AbortSignal | undefined
  /** Told of payload bytes as they are written. */
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined
}

export interface ExportReport extends TransferPlan {
  readonly file: string
  /** 0 when it was only planned. */
  readonly bundle_bytes: number
}

/**
 * Writes a version into a file that other lakes import; the same version gives the same bytes. `not-found` lists
 * the files whose bytes are missing, before anything is written.
 *
 * Carried are the contents whose checksum is known. A file that was registered in place without one stays where
 * it is, in the bundle as in the lake: nobody could tell later whether it was carried whole.
 */
export async function exportVersion(
  lake: Lake,
  version: VersionDescription,
  file: string,
  options: ExportOptions = {},
): Promise<ExportReport> {
  const { policy = 'copy_if_missing', signal } = options
  const payloads = await payloadsOf(lake, version, signal)
  const plan = await planExport(lake, version, policy, payloads, signal)
  if (options.plan === true) return { ...plan, file, bundle_bytes: 0 }
  refuseMissing(plan, `${version.dataset}@${version.number}`)
  const source = await readLake(lake.store, signal)
  const tar = new TarFile(file)
  try {
    const facts = { lake: source?.id ?? null, policy, description: version }
    await tar.add(BUNDLE_FILE, jsonText({ format: BUNDLE.format, version: 1, ...facts }))
    await tar.add(descriptionKey(version.dataset, version.number), jsonText(version))
    await addTables(lake, version, tar, signal)
    if (carriesPayloads(policy)) await addPayloads(lake, payloads.known, plan, tar, options)
    return { ...plan, file, bundle_bytes: await tar.finish() }
  } finally {
    await tar.close()
  }
}

const jsonText = (value: object): Uint8Array => Buffer.from(`${JSON.stringify(value, null, 2)}\n`)

async function planExport(
  lake: Lake,
  { dataset, number }: VersionDescription,
  policy: TransferPolicy,
  { known, inPlace, files, bytes }: Payloads,
  signal: AbortSignal | undefined,
): Promise<TransferPlan> {
  const carried = carriesPayloads(policy) ? known : []
  const { lacking } = await lookFor(lake, carried, signal)
  return {
    dataset,
    version: number,
    policy,
    files,
    bytes,
    transfers: carried.length,
    transfer_bytes: carried.reduce((sum, entry) => sum + entry.bytes, 0),
    present: known.length - carried.length + inPlace.length,
    missing: namesOf(lacking),
  }
}

/** Schemas and lists of the tables, and their parts, each once. */
async function addTables(
  lake: Lake,
  { tables }: VersionDescription,
  tar: TarFile,
  signal: AbortSignal | undefined,
): Promise<void> {
  const keys = new Map<string, string>()
  for (const ref of Object.values(tables)) {
    keys.set(schemaKey(ref.home, ref.schema), ref.schema)
    keys.set(listKey(ref.home, ref.list), ref.list)
    const { parts } = await openTable(lake, ref, signal)
    for (const { home, hash } of parts) keys.set(partKey(home, hash), hash)
  }
  const named = async function* (): AsyncGenerator<readonly [string, string]> {
    yield* keys
  }
  const fetched = inOrder(
    named(),
    async ([key, hash]) => [key, await getImmutable(lake, key, hash, signal)] as const,
  )
  for await (const [key, bytes] of fetched) await tar.add(key, bytes)
}

interface Range {
  readonly entry: FileEntry
  readonly start: number
  readonly end: number
}

async function addPayloads(
  lake: Lake,
  entries: readonly FileEntry[],
  { transfer_bytes: total }: TransferPlan,
  tar: TarFile,
  options: ExportOptions,
): Promise<void> {
  const stop = new AbortController()
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal])
  setMaxListeners(0, signal)
  const sources = new Map<FileEntry, Promise<ByteSource>>()
  // Ranges of all payloads in one row, some of them ahead: small ones as well as large ones keep the line busy.
  const fetched = inOrder(rangesOf(entries), async ({ entry, start, end }) => {
    const opening = sources.get(entry) ?? openObject(lake, entry, signal)
    sources.set(entry, opening)
    const source = await opening
    const bytes = await source.read(start, end, { signal })
    return { entry, source, start, end, bytes }
  })
  let hash: Hash | undefined
  let done = 0
  try {
    for await (const { entry, source, start, end, bytes } of fetched) {
      if (start === 0) {
        hash = createHash('sha256')
        await tar.begin(objectKey(entry.sha256!), entry.bytes)
      }
      hash!.update(bytes)
      await tar.write(bytes)
      done += bytes.length
      options.onProgress?.({ done, total })
      if (end < entry.bytes) continue
      requireHash(entry, source.uri, hash!.digest('hex'))
      await tar.end()
      sources.delete(entry)
      await source.close?.()
    }
  } finally {
    stop.abort()
    await Promise.allSettled([...sources.values()].map(async (source) => (await source).close?.()))
  }
}

async function* rangesOf(entries: readonly FileEntry[]): AsyncGenerator<Range> {
  for (const entry of entries) {
    let start = 0
    do {
      const end = Math.min(start + RANGE, entry.bytes)
      yield { entry, start, end }
      start = end
    } while (start < entry.bytes)
  }
}

function requireHash({ path, sha256 }: FileEntry, uri: string, actual: string): void {
  if (actual === sha256) return
  const message = `${path}: ${uri} is damaged: its SHA-256 is ${actual}, expected ${sha256}`
  throw new VarveError('invalid-data', message, { path, uri })
}
