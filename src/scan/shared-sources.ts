/** Sources that several tasks of one scan read at the same time: opened once, closed with the last of them. */

import type { ByteSource } from '../bytes/types.ts'
import { locate, withDiskCache } from '../store/index.ts'
import type { Task } from './messages.ts'

interface Shared {
  readonly source: ByteSource
  users: number
}

export class SharedSources {
  readonly #open = new Map<string, Shared>()

  /** The task's source, and how to give it back. Never shared beyond a scan: another one shall find a new file. */
  take({ source: { uri, size, identity }, scan }: Task): { source: ByteSource; give: () => Promise<void> } {
    const key = JSON.stringify([scan, uri, identity])
    let shared = this.#open.get(key)
    if (shared === undefined) {
      const { store, key: name } = locate(uri)
      shared = { source: withDiskCache(store.attach(name, size, identity)), users: 0 }
      this.#open.set(key, shared)
    }
    const mine = shared
    mine.users++
    return {
      source: mine.source,
      give: async () => {
        if (--mine.users > 0) return
        this.#open.delete(key)
        await mine.source.close?.()
      },
    }
  }
}
