/** Small objects under their hash (schemas, table parts), read whole and checked, with the last ones kept. */

import { VarveError } from '../../errors.ts'
import { getImmutable } from '../../lake/immutable.ts'
import type { Lake } from '../../lake/types.ts'
import type { OpenFile } from '../types.ts'
import { Lru } from './lru.ts'
import type { Maybe } from './maybe.ts'
import { copyTo } from './memory-file.ts'

/** Some hundred parts of an ordinary table, or one of rows that are documents: readers come back to a part's end. */
const MEMORY = 32 * 1024 * 1024

export class Immutables {
  readonly #lake: Lake
  readonly #signal: AbortSignal
  readonly #kept = new Lru<Uint8Array>(MEMORY, (bytes) => bytes.length)

  constructor(lake: Lake, signal: AbortSignal) {
    this.#lake = lake
    this.#signal = signal
  }

  /** The object's bytes; `invalid-data` when it is missing or damaged. */
  get(key: string, hash: string): Maybe<Uint8Array> {
    return this.#kept.get(key, () => getImmutable(this.#lake, key, hash, this.#signal))
  }

  /** A file of these bytes, fetched when it is first read. */
  open(key: string, hash: string, size: number): OpenFile {
    let bytes: Maybe<Uint8Array> | undefined
    return {
      size,
      read: async (target, start) => {
        bytes ??= this.#checked(key, hash, size)
        try {
          return copyTo(target, await bytes, start)
        } catch (error) {
          // The next read may have more luck.
          bytes = undefined
          throw error
        }
      },
      close: async () => {
        bytes = undefined
      },
    }
  }

  async #checked(key: string, hash: string, size: number): Promise<Uint8Array> {
    const bytes = await this.get(key, hash)
    if (bytes.length === size) return bytes
    const uri = this.#lake.url + key
    throw new VarveError('invalid-data', `${uri} has ${bytes.length} bytes, expected ${size}`, { uri })
  }
}
