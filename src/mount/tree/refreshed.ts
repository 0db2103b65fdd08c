/** Something that may change, asked for anew at most once a second, and once for all who wait for it. */

import type { Maybe } from './maybe.ts'

/** A value that is younger is not asked for again, in ms. */
export const FRESH_MS = 1000

export class Refreshed<T> {
  readonly #now: () => number
  readonly #ask: () => Promise<T>
  #held: { readonly value: T; readonly at: number } | undefined
  #asking: Promise<T> | undefined

  constructor(now: () => number, ask: () => Promise<T>) {
    this.#now = now
    this.#ask = ask
  }

  /** At once while it is fresh. */
  get(): Maybe<T> {
    const held = this.#held
    const age = held === undefined ? Number.POSITIVE_INFINITY : this.#now() - held.at
    // A clock that was turned back must not keep it for ever.
    if (held !== undefined && age >= 0 && age < FRESH_MS) return held.value
    this.#asking ??= this.#refresh().finally(() => {
      this.#asking = undefined
    })
    return this.#asking
  }

  async #refresh(): Promise<T> {
    // What changes while it is asked for is seen a second after the question, not after the answer.
    const at = this.#now()
    const value = await this.#ask()
    this.#held = { value, at }
    return value
  }
}
