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
  #bytes = 0

  constructor(most: number) {
    this.#most = most
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
      keep: (name, value, bytes) => this.#keep(object + name, { value, bytes }),
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
    this.#bytes -= this.#items.get(key)?.bytes ?? 0
    this.#items.delete(key)
  }
}
