/**
 * What opening files taught, for the next statement about them. It is believed only of the same object: each
 * statement asks anew what stands under the name, and forgets what was known of other bytes.
 */

import { checkRange, copyBytes } from '../bytes/range.ts'
import type { ByteSource } from '../bytes/types.ts'
import type { Memory } from '../formats/types.ts'

export interface MemoryLimits {
  readonly files: number
  /** Of all files together. */
  readonly bytes: number
  /** Of one file: what one of many bytes taught must not push out all the others. */
  readonly bytesOfFile: number
}

const LIMITS: MemoryLimits = { files: 256, bytes: 64 << 20, bytesOfFile: 16 << 20 }

/** Who a file is: its bytes cannot differ while these are the same. */
type Identified = Pick<ByteSource, 'size' | 'identity'>

interface Item {
  readonly value: unknown
  readonly bytes: number
}

export class FileMemory {
  /** In the order of their last use. */
  readonly #files = new Map<string, RememberedFile>()
  readonly #limits: MemoryLimits
  #bytes = 0

  constructor(limits: MemoryLimits = LIMITS) {
    this.#limits = limits
  }

  get bytes(): number {
    return this.#bytes
  }

  get files(): number {
    return this.#files.size
  }

  /** Whether anything is known of a file of this name, whatever it is now. */
  knows(name: string): boolean {
    return this.#files.has(name)
  }

  /** What is known of the file that stood under this name last: a guess, until `of` says that it still does. */
  last(name: string): RememberedFile | undefined {
    return this.#files.get(name)
  }

  /** What is known of the file under this name; nothing when it is not the one that was there. */
  of(name: string, { size, identity }: Identified): RememberedFile {
    const there = this.#files.get(name)
    if (there?.size === size && there.identity === identity) {
      this.#files.delete(name)
      this.#files.set(name, there)
      return there
    }
    this.forget(name)
    const changed = (file: RememberedFile, by: number): void => {
      if (this.#files.get(name) === file) this.#grow(by)
    }
    const fresh = new RememberedFile(size, identity, this.#limits.bytesOfFile, changed)
    this.#files.set(name, fresh)
    this.#grow(0)
    return fresh
  }

  forget(name: string): void {
    const there = this.#files.get(name)
    if (there === undefined) return
    this.#files.delete(name)
    this.#bytes -= there.bytes
  }

  #grow(by: number): void {
    this.#bytes += by
    for (const name of this.#files.keys()) {
      if (this.#bytes <= this.#limits.bytes && this.#files.size <= this.#limits.files) return
      this.forget(name)
    }
  }
}

/** One file's part of the memory. Of what is kept longest, the first goes when there is too much. */
export class RememberedFile implements Memory {
  readonly #items = new Map<string, Item>()
  /** Names of the ranges of bytes among the items. */
  readonly #ranges = new Map<string, { readonly start: number; readonly bytes: Uint8Array }>()
  readonly #most: number
  readonly #changed: (file: RememberedFile, by: number) => void
  #bytes = 0

  constructor(
    readonly size: number,
    readonly identity: string,
    most: number,
    changed: (file: RememberedFile, by: number) => void,
  ) {
    this.#most = most
    this.#changed = changed
  }

  get bytes(): number {
    return this.#bytes
  }

  recall<T>(name: string): T | undefined {
    const item = this.#items.get(name)
    if (item === undefined) return undefined
    this.#items.delete(name)
    this.#items.set(name, item)
    return item.value as T
  }

  keep(name: string, value: unknown, bytes: number): void {
    let change = this.#remove(name)
    if (bytes <= this.#most) {
      this.#items.set(name, { value, bytes })
      change += bytes
      this.#bytes += bytes
      for (const first of this.#items.keys()) {
        if (this.#bytes <= this.#most) break
        change += this.#remove(first)
      }
    }
    this.#changed(this, change)
  }

  /** The bytes that it gave back, as a negative number. */
  #remove(name: string): number {
    const item = this.#items.get(name)
    if (item === undefined) return 0
    this.#items.delete(name)
    this.#ranges.delete(name)
    this.#bytes -= item.bytes
    return -item.bytes
  }

  /** The source, of which no bytes are read twice as long as they are remembered. */
  over(source: ByteSource): ByteSource {
    const { uri, size, identity } = source
    return {
      uri,
      size,
      identity,
      read: async (start, end, options) => {
        checkRange(source, start, end)
        if (start === end) return new Uint8Array(0)
        for (const [name, kept] of this.#ranges) {
          if (start < kept.start || end > kept.start + kept.bytes.length) continue
          this.recall(name)
          return copyBytes(kept.bytes, start - kept.start, end - kept.start)
        }
        const bytes = await source.read(start, end, options)
        if (bytes.length === end - start) this.#keepRange(start, bytes)
        return bytes
      },
      forget: async () => {
        let change = 0
        for (const name of [...this.#ranges.keys()]) change += this.#remove(name)
        this.#changed(this, change)
        await source.forget?.()
      },
      close: async () => source.close?.(),
    }
  }

  #keepRange(start: number, bytes: Uint8Array): void {
    if (bytes.length > this.#most / 2) return
    const name = `bytes ${start} ${bytes.length}`
    // A copy: the array is the caller's, who may move it to another thread.
    const kept = { start, bytes: copyBytes(bytes) }
    this.keep(name, kept, kept.bytes.length)
    if (this.#items.has(name)) this.#ranges.set(name, kept)
  }
}
