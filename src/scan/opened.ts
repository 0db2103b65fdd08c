/**
 * Files that one statement has opened, and the indexes that it has looked for: what it names again is the same object
 * to its end, with the same index or none, and is not asked for again.
 */

import { indexFolder } from '../index/location.ts'
import type { PartitionIndex } from '../index/types.ts'
import { locate } from '../store/index.ts'
import type { OpenedSource } from './open.ts'

interface Found {
  readonly uri: string
  readonly shown: string
  readonly size: number
  readonly identity: string
}

/** What looking for an index came to. */
interface Looked {
  readonly found: PartitionIndex | undefined
}

export class OpenedFiles {
  readonly #found = new Map<string, Found>()
  readonly #indexes = new Map<string, PartitionIndex | undefined>()
  /** Of objects of which an index was missing: the keys of those that there are; undefined where no one asked. */
  readonly #keys = new Map<string, Promise<ReadonlySet<string>> | undefined>()

  /** The file that was found under this name, in a source of its own: other bytes in its place are `stale`. */
  again(name: string): OpenedSource | undefined {
    const found = this.#found.get(name)
    if (found === undefined) return undefined
    const { uri, shown, size, identity } = found
    const { store, key } = locate(uri)
    return { source: store.attach(key, size, identity), shown, inMemory: false }
  }

  keep(name: string, { source, shown, inMemory }: OpenedSource): void {
    const { uri, size, identity } = source
    if (!inMemory) this.#found.set(name, { uri, shown, size, identity })
  }

  /**
   * Whether an index of this key was looked for, and which one there was. Once one was missing, the object's indexes
   * are listed: a hundred windows of a raster are a hundred keys.
   */
  async index(key: string, list: () => Promise<ReadonlySet<string>>): Promise<Looked | undefined> {
    if (this.#indexes.has(key)) return { found: this.#indexes.get(key) }
    const folder = indexFolder(key)
    if (!this.#keys.has(folder)) return undefined
    const listing = this.#keys.get(folder) ?? list()
    this.#keys.set(folder, listing)
    try {
      return (await listing).has(key) ? undefined : { found: undefined }
    } catch {
      // What may not be listed may still be read: whoever looks for the index itself is told what is wrong.
      return undefined
    }
  }

  keepIndex(key: string, found: PartitionIndex | undefined): void {
    this.#indexes.set(key, found)
    const folder = indexFolder(key)
    if (found === undefined && !this.#keys.has(folder)) this.#keys.set(folder, undefined)
  }
}
