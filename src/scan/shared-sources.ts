/** Sources that several tasks of one scan read at the same time: opened once, closed with the last of them. */

import type { ByteSource } from '../bytes/types.ts'
import type { SourceRef } from '../formats/types.ts'
import { locate, withDiskCache } from '../store/index.ts'

interface Shared {
  readonly source: ByteSource
  /** What was made for the source once. */
  readonly made: Map<string, Promise<unknown>>
  users: number
}

/** A source as one task has it, until it gives it back. */
export interface Taken {
  readonly source: ByteSource
  readonly memo: <T>(name: string, make: () => Promise<T>) => Promise<T>
  readonly give: () => Promise<void>
}

export class SharedSources {
  readonly #open = new Map<string, Shared>()

  /** A scan's source. Never shared beyond a scan: another one shall find a new file. */
  take({ uri, size, identity }: SourceRef, scan: number): Taken {
    const key = JSON.stringify([scan, uri, identity])
    let shared = this.#open.get(key)
    if (shared === undefined) {
      const { store, key: name } = locate(uri)
      shared = { source: withDiskCache(store.attach(name, size, identity)), made: new Map(), users: 0 }
      this.#open.set(key, shared)
    }
    const mine = shared
    mine.users++
    return {
      source: mine.source,
      memo: <T>(name: string, make: () => Promise<T>): Promise<T> => {
        const there = mine.made.get(name) as Promise<T> | undefined
        if (there !== undefined) return there
        const made = make()
        mine.made.set(name, made)
        // What failed for one task, cancelled perhaps, is tried again by the next.
        made.catch(() => mine.made.delete(name))
        return made
      },
      give: async () => {
        if (--mine.users > 0) return
        this.#open.delete(key)
        await mine.source.close?.()
      },
    }
  }
}
