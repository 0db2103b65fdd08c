/** Files that one statement has opened: what it names again is the same object to its end, and is not asked for again. */

import { locate } from '../store/index.ts'
import type { OpenedSource } from './open.ts'

interface Found {
  readonly uri: string
  readonly shown: string
  readonly size: number
  readonly identity: string
}

export class OpenedFiles {
  readonly #found = new Map<string, Found>()

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
}
