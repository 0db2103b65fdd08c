/** Opening what a row of `files` names. */

import { throwIfAborted } from '../../errors.ts'
import { type FileEntry, openStored, placeOf } from '../../lake/retrieve/object.ts'
import type { Lake } from '../../lake/types.ts'
import type { ObjectStore } from '../../store/index.ts'
import type { OpenFile, ReaderFactory } from '../types.ts'
import { memoryFile } from './memory-file.ts'

/**
 * First bytes that come with the request which finds the object: a small file is whole then. Half of what
 * `varve get` takes at a time would be wasted on those who read here and there.
 */
const HEAD = 1024 * 1024

/** What opens files of a lake. */
export interface Opening {
  readonly lake: Lake
  readonly readers: ReaderFactory
  readonly signal: AbortSignal
}

/** An object that someone has open. */
interface Held {
  readonly identity: Promise<string>
  handles: number
}

export class Objects {
  readonly #opening: Opening
  readonly #held = new Map<string, Held>()

  constructor(opening: Opening) {
    this.#opening = opening
  }

  /**
   * Opens a file with one request, or none where the object's identity is known: the version has it on record, or
   * somebody has the object open. `stale` when it is of another size or identity by now, `not-found` when it is gone,
   * at the latest when it is read.
   */
  async open(entry: FileEntry): Promise<OpenFile> {
    const { lake, readers, signal } = this.#opening
    throwIfAborted(signal)
    // No store has a range of an empty object, and there is nothing that could be stale about it.
    if (entry.bytes === 0) return memoryFile(new Uint8Array(0))
    const { store, key } = await placeOf(lake, entry, signal)
    if (entry.uri !== undefined && entry.etag !== undefined)
      return readers.open(store.attach(key, entry.bytes, entry.etag), entry.sha256)
    return this.#openHeld(entry, store, key)
  }

  async #openHeld(entry: FileEntry, store: ObjectStore, key: string): Promise<OpenFile> {
    const { readers, signal } = this.#opening
    const name = JSON.stringify([store.url, key, entry.bytes])
    const known = this.#held.get(name)
    const first = known === undefined ? openStored(entry, store, key, { head: HEAD, signal }) : undefined
    const held = known ?? { identity: first!.then(({ identity }) => identity), handles: 0 }
    this.#held.set(name, held)
    held.handles++
    const leave = (): void => {
      if (--held.handles === 0 && this.#held.get(name) === held) this.#held.delete(name)
    }
    try {
      const identity = await held.identity
      const file = readers.open((await first) ?? store.attach(key, entry.bytes, identity), entry.sha256)
      return {
        size: file.size,
        read: (target, start) => file.read(target, start),
        close: () => {
          leave()
          return file.close()
        },
      }
    } catch (error) {
      leave()
      throw error
    }
  }
}
