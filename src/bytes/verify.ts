import { createHash, type Hash } from 'node:crypto'
import { VarveError } from '../errors.ts'
import { readExactly } from './range.ts'
import type { ByteSource, ReadOptions } from './types.ts'

/**
 * A source compared with the SHA-256 of its whole, as far as one can: a checksum of the whole says nothing of a range.
 *
 * A read of everything is checked before it is given, and done once more when it is not what it should be. Reads that
 * follow one another from the first byte on are hashed as they come, and the one that ends the source is `invalid-data`
 * when any byte before it was wrong; from then on every read is. Other reads are passed on unchecked.
 *
 * Rejected: checksums of blocks, recorded when a file is added, which would check every read. They cost a request
 * before the first byte can be given, or a row of `files` that grows with the file.
 */
export function withChecksum(source: ByteSource, sha256: string): ByteSource {
  const { uri, size, identity } = source
  const order = new HashInOrder(size)
  let isDamaged = false

  async function damaged(): Promise<VarveError> {
    isDamaged = true
    await source.forget?.()
    return new VarveError('invalid-data', `${uri} does not have the SHA-256 ${sha256}`, { uri, sha256 })
  }

  async function whole(options: ReadOptions | undefined): Promise<Uint8Array> {
    const isRight = (bytes: Uint8Array): boolean =>
      createHash('sha256').update(bytes).digest('hex') === sha256
    const first = await readExactly(source, 0, size, options)
    if (isRight(first)) return first
    // What was wrong on its way here, or in a cache, is right the second time.
    await source.forget?.()
    const second = await readExactly(source, 0, size, options)
    if (isRight(second)) return second
    throw await damaged()
  }

  return {
    uri,
    size,
    identity,
    async read(start, end, options) {
      if (isDamaged) throw await damaged()
      if (start === 0 && end === size) return whole(options)
      const bytes = await order.read(start, end, () => readExactly(source, start, end, options))
      if (order.digest !== undefined && order.digest !== sha256) throw await damaged()
      return bytes
    },
    forget: async () => source.forget?.(),
    close: async () => source.close?.(),
  }
}

/** Hashes what is read in order, several reads at a time, until an order is lost: then it waits for it to go on. */
class HashInOrder {
  /** Of the whole, once all of it was read in order. */
  digest: string | undefined
  readonly #size: number
  #hash: Hash | undefined = createHash('sha256')
  /** Everything before it is hashed. */
  #hashed = 0
  /** Everything before it is hashed or on its way. */
  #asked = 0
  /** Goes up when a read fails: those behind it, which would wait for its bytes, are not hashed any more. */
  #generation = 0
  #waiting: (() => void)[] = []

  constructor(size: number) {
    this.#size = size
  }

  async read(start: number, end: number, read: () => Promise<Uint8Array>): Promise<Uint8Array> {
    if (this.#hash === undefined || start < this.#hashed || start > this.#asked) return read()
    const generation = this.#generation
    this.#asked = Math.max(this.#asked, end)
    try {
      const bytes = await read()
      while (generation === this.#generation && this.#hashed < start)
        await new Promise<void>((resolve) => this.#waiting.push(resolve))
      if (generation === this.#generation) this.#add(bytes, start, end)
      return bytes
    } catch (error) {
      if (generation === this.#generation) {
        this.#generation++
        this.#asked = this.#hashed
        this.#wake()
      }
      throw error
    }
  }

  #add(bytes: Uint8Array, start: number, end: number): void {
    if (end <= this.#hashed) return
    this.#hash?.update(bytes.subarray(this.#hashed - start))
    this.#hashed = end
    if (end === this.#size) {
      this.digest = this.#hash?.digest('hex')
      this.#hash = undefined
    }
    this.#wake()
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const go of waiting) go()
  }
}
