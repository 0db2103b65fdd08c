/** Where indexes are kept: in the lake when there is one, else in the user's cache folder. */

import { createHash } from 'node:crypto'
import type { ByteSource } from '../bytes/types.ts'
import { isVarveError } from '../errors.ts'
import type { Options } from '../formats/text/types.ts'
import type { Segment } from '../formats/types.ts'
import { cacheFolder, locate, openStore } from '../store/index.ts'
import type { ObjectStore } from '../store/types.ts'
import { readIndex, reopenIndex } from './read.ts'
import type { IndexFacts, PartitionIndex } from './types.ts'
import { writeIndex } from './write.ts'

/** What an index is looked up by. */
export interface IndexTarget {
  readonly uri: string
  readonly identity: string
  readonly size: number
  readonly format: string
  /** The format's options as given: another separator makes another index. */
  readonly options: Options
}

export interface IndexHomeSettings {
  /** The lake's URL; it is used when it has a `lake.json`. */
  readonly lake: string
  /** Default `VARVE_CACHE`, else the user's cache directory. */
  readonly cache?: string | undefined
}

/** `indexes/<identity>/<format>.parquet`, as DESIGN §6 has it; the identity is of the object, not of its name. */
export function indexKey(target: IndexTarget): string {
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
  const identity = hash(JSON.stringify([target.uri, target.identity, target.size])).slice(0, 32)
  const given = Object.entries(target.options).sort(([a], [b]) => (a < b ? -1 : 1))
  const variant = given.length === 0 ? '' : `-${hash(JSON.stringify(given)).slice(0, 8)}`
  return `indexes/${identity}/${target.format}${variant}.parquet`
}

/** Where all indexes of one object stand: `indexes/<identity>/`. */
export function indexFolder(key: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1)
}

/** Finds and keeps indexes. */
export class IndexHome {
  readonly #settings: IndexHomeSettings
  #lake: Promise<ObjectStore | undefined> | undefined

  constructor(settings: IndexHomeSettings) {
    this.#settings = settings
  }

  /** The lake's store, when the lake exists. */
  lake(): Promise<ObjectStore | undefined> {
    this.#lake ??= this.#findLake()
    return this.#lake
  }

  async #findLake(): Promise<ObjectStore | undefined> {
    const store = openStore(asFolder(this.#settings.lake))
    return (await store.info('lake.json')) === undefined ? undefined : store
  }

  #cache(): ObjectStore {
    return openStore(asFolder(this.#settings.cache ?? cacheFolder()))
  }

  /** Where an index would be written: its URI. */
  async place(target: IndexTarget): Promise<string> {
    const store = (await this.lake()) ?? this.#cache()
    return `${store.url}${indexKey(target)}`
  }

  /** The index of this identity, or undefined; `invalid-data` when it is damaged or foreign. */
  async find(target: IndexTarget, signal?: AbortSignal): Promise<PartitionIndex | undefined> {
    const key = indexKey(target)
    for (const store of [await this.lake(), this.#cache()]) {
      const file = await store?.open(key, { signal })
      if (file !== undefined) return await readIndex(file, target, signal)
    }
    return undefined
  }

  /** The keys of all indexes of the object, whatever the format and its options. */
  async keys(target: IndexTarget, signal?: AbortSignal): Promise<ReadonlySet<string>> {
    const keys = new Set<string>()
    const folder = indexFolder(indexKey(target))
    for (const store of [await this.lake(), this.#cache()])
      for await (const entry of store?.list(folder, { signal }) ?? []) if ('key' in entry) keys.add(entry.key)
    return keys
  }

  /**
   * An index that was found before, without reading it; undefined when its file is gone, or another one by now. `sure`:
   * it was there just now.
   */
  async again(
    index: PartitionIndex,
    signal?: AbortSignal,
    sure = false,
  ): Promise<PartitionIndex | undefined> {
    const { store, key } = locate(index.location)
    if (!mayHoldWindows(index)) {
      const identity = sure ? index.locationIdentity : (await store.info(key, { signal }))?.identity
      if (identity !== index.locationIdentity) return undefined
      return reopenIndex(index, store.attach(key, index.bytes, identity))
    }
    const file = await store.open(key, { signal })
    if (file?.identity === index.locationIdentity) return reopenIndex(index, file)
    await file?.close?.()
    return undefined
  }

  /** Writes an index, whole or not at all, and returns it opened. A lake that cannot be written is passed over. */
  async write(target: IndexTarget, facts: IndexFacts, segments: readonly Segment[]): Promise<PartitionIndex> {
    const bytes = writeIndex(facts, segments)
    const key = indexKey(target)
    const lake = await this.lake()
    let store = lake ?? this.#cache()
    try {
      await keep(store, key, bytes)
    } catch (error) {
      if (lake === undefined || !isVarveError(error, 'denied', 'read-only')) throw error
      store = this.#cache()
      await keep(store, key, bytes)
    }
    const file = await store.open(key)
    return await readIndex(file!, target)
  }
}

/**
 * Writes the index unless the same one is there: on a disk a file written anew is another one, to the slices that
 * were cut by it and to whoever reads it just now.
 */
async function keep(store: ObjectStore, key: string, bytes: Uint8Array): Promise<void> {
  if ((await store.put(key, bytes, { ifNoneMatch: '*' })) === 'written') return
  const there = await store.get(key)
  if (there === undefined || Buffer.compare(there.bytes, bytes) !== 0) await store.put(key, bytes)
}

/** Whether more of the index file may be wanted than was read of it: then it is held open. */
function mayHoldWindows({ layout }: PartitionIndex): boolean {
  return layout.container === 'gzip' || layout.blocks !== undefined
}

function asFolder(url: string): string {
  return url.endsWith('/') ? url : `${url}/`
}

/** The index file that a slice's window stands in, without a request. */
export function attachIndexFile(uri: string, size: number, identity: string): ByteSource {
  const { store, key } = locate(uri)
  return store.attach(key, size, identity)
}
