/** Things by key that weigh bytes: the ones that were not used for longest go first. */

import type { Maybe } from './maybe.ts'

export class Lru<T> {
  readonly #limit: number
  readonly #weigh: (value: T) => number
  /** The least recently used first. */
  readonly #values = new Map<string, T>()
  readonly #coming = new Map<string, Promise<T>>()
  #bytes = 0

  /** The last one stays, whatever it weighs. */
  constructor(limit: number, weigh: (value: T) => number) {
    this.#limit = limit
    this.#weigh = weigh
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Whether it is there; does not count as a use. */
  has(key: string): boolean {
    return this.#values.has(key)
  }

  /** What is kept; this counts as a use. */
  kept(key: string): T | undefined {
    const value = this.#values.get(key)
    if (value !== undefined) {
      this.#values.delete(key)
      this.#values.set(key, value)
    }
    return value
  }

  /** What is kept, else what `make` makes, once for all who wait for it. A failure is not kept. */
  get(key: string, make: () => Promise<T>): Maybe<T> {
    const value = this.kept(key)
    if (value !== undefined) return value
    const coming = this.#coming.get(key)
    if (coming !== undefined) return coming
    const made = make()
      .then((fresh) => this.keep(key, fresh))
      .finally(() => this.#coming.delete(key))
    this.#coming.set(key, made)
    return made
  }

  /** Keeps what is not kept yet. */
  keep(key: string, value: T): T {
    if (this.#values.has(key)) return value
    this.#values.set(key, value)
    this.#bytes += this.#weigh(value)
    for (const [oldest, old] of this.#values) {
      if (this.#bytes <= this.#limit || oldest === key) break
      this.#values.delete(oldest)
      this.#bytes -= this.#weigh(old)
    }
    return value
  }
}
