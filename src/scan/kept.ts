/**
 * Blocks that a decoding thread has decoded and may need again: neighbouring windows of a raster touch the same tiles.
 * Bounded, the least recently used out first; what is kept of an object is found by its identity alone, so that
 * nothing is taken for a part of other bytes that stand in its place.
 */

import { availableParallelism } from 'node:os'
import type { Memory, SourceRef } from '../formats/types.ts'
import { parseSize } from '../store/index.ts'

/** Of all threads together. */
const DEFAULT = '256M'

/** One value may take up such a part of it. */
const MOST_OF_ONE = 1 / 4

interface Item {
  readonly value: unknown
  readonly bytes: number
  readonly buffers: readonly ArrayBuffer[]
}

/** What was dropped, and the tasks that may still look at it. */
interface Dropped {
  readonly buffers: readonly ArrayBuffer[]
  readonly holders: Set<symbol>
}

/** Bytes that each of so many threads may keep, by `VARVE_BLOCK_MEMORY`; 0 for nothing. */
export function keptBytes(threads = availableParallelism(), env: NodeJS.ProcessEnv = process.env): number {
  const { VARVE_BLOCK_MEMORY: text = DEFAULT } = env
  return Math.floor(parseSize(text, 'VARVE_BLOCK_MEMORY') / threads)
}

export class KeptBlocks {
  /** In the order of their last use. */
  readonly #items = new Map<string, Item>()
  readonly #most: number
  readonly #recycle: (buffers: readonly ArrayBuffer[]) => void
  readonly #tasks = new Set<symbol>()
  #dropped: Dropped[] = []
  #bytes = 0

  /** `recycle` takes the memory of what is kept no longer, when nobody looks at it any more. */
  constructor(most: number, recycle: (buffers: readonly ArrayBuffer[]) => void = () => undefined) {
    this.#most = most
    this.#recycle = recycle
  }

  /** A task begins, which may hold what it finds here until it calls what this returns. */
  begin(): () => void {
    const task = Symbol()
    this.#tasks.add(task)
    return () => {
      this.#tasks.delete(task)
      for (const { holders } of this.#dropped) holders.delete(task)
      this.#sweep()
    }
  }

  get bytes(): number {
    return this.#bytes
  }

  /** What is kept of one object; undefined where nothing is kept at all. */
  of({ uri, size, identity }: SourceRef): Memory | undefined {
    if (this.#most === 0) return undefined
    const object = JSON.stringify([uri, size, identity])
    return {
      recall: <T>(name: string): T | undefined => this.#recall(object + name) as T | undefined,
      keep: (name, value, bytes, buffers = []) => this.#keep(object + name, { value, bytes, buffers }),
    }
  }

  #recall(key: string): unknown {
    const item = this.#items.get(key)
    if (item === undefined) return undefined
    this.#items.delete(key)
    this.#items.set(key, item)
    return item.value
  }

  #keep(key: string, item: Item): void {
    this.#remove(key)
    if (item.bytes > this.#most * MOST_OF_ONE) return
    this.#items.set(key, item)
    this.#bytes += item.bytes
    for (const oldest of this.#items.keys()) {
      if (this.#bytes <= this.#most) return
      this.#remove(oldest)
    }
  }

  #remove(key: string): void {
    const item = this.#items.get(key)
    if (item === undefined) return
    this.#bytes -= item.bytes
    this.#items.delete(key)
    if (item.buffers.length === 0) return
    this.#dropped.push({ buffers: item.buffers, holders: new Set(this.#tasks) })
    this.#sweep()
  }

  #sweep(): void {
    const free = this.#dropped.filter(({ holders }) => holders.size === 0)
    if (free.length === 0) return
    this.#dropped = this.#dropped.filter(({ holders }) => holders.size > 0)
    this.#recycle(free.flatMap(({ buffers }) => buffers))
  }
}
