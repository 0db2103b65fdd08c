/** Looking for a file's index: while the file itself is asked for, where an earlier statement knew what to look for. */

import { type IndexHome, type IndexTarget, indexKey } from '../index/location.ts'
import type { PartitionIndex } from '../index/types.ts'
import { areSame } from './learnt.ts'
import type { RememberedFile } from './memory.ts'
import type { OpenedFiles } from './opened.ts'

/** A segment with its zones, about. */
const SEGMENT_BYTES = 500

/**
 * One file's search. What is guessed, that the file is still the same one, costs nothing when it is wrong; and an index
 * that was found before is asked for again, but not read again when it is the same.
 */
export class IndexSearch {
  readonly #home: IndexHome
  readonly #last: RememberedFile | undefined
  readonly #guess: string | undefined
  readonly #opened: OpenedFiles | undefined
  readonly #signal: AbortSignal | undefined
  #early: Promise<PartitionIndex | undefined> | undefined

  /**
   * `last`: the file that stood under the name; `guess`: what is looked for when it stands there still; `opened`: what
   * the statement has found already.
   */
  constructor(
    home: IndexHome,
    last: RememberedFile | undefined,
    guess: IndexTarget | undefined,
    opened: OpenedFiles | undefined,
    signal: AbortSignal | undefined,
  ) {
    this.#home = home
    this.#last = last
    this.#guess = guess && indexKey(guess)
    this.#opened = opened
    this.#signal = signal
    this.#early = guess && this.#find(this.#guess!, guess, last)
    // Whoever needs it is told what went wrong; where another file stands by now, nobody does.
    this.#early?.catch(() => undefined)
  }

  /** The index, or undefined; `invalid-data` when it is damaged or foreign. `memory`: of the file that is there. */
  async find(target: IndexTarget, memory: RememberedFile | undefined): Promise<PartitionIndex | undefined> {
    const key = indexKey(target)
    const isGuessed = memory !== undefined && memory === this.#last && this.#guess === key
    const early = isGuessed ? this.#early : undefined
    if (early === undefined) return this.#find(key, target, memory)
    this.#early = undefined
    return early
  }

  /** What was looked for in vain is let go of. */
  close(): void {
    this.#early?.then((index) => index?.close?.()).catch(() => undefined)
    this.#early = undefined
  }

  async #find(
    key: string,
    target: IndexTarget,
    memory: RememberedFile | undefined,
  ): Promise<PartitionIndex | undefined> {
    const before = await this.#opened?.index(key, () => this.#home.keys(target, this.#signal))
    if (before !== undefined && before.found === undefined) return undefined
    const name = `index ${key}`
    const known = before?.found ?? memory?.recall<PartitionIndex>(name)
    const there = known && (await this.#home.again(known, this.#signal, before !== undefined))
    const index = await ifSame(there ?? (await this.#home.find(target, this.#signal)), this.#signal)
    if (index !== undefined && there === undefined)
      memory?.keep(name, index, index.segments.length * SEGMENT_BYTES)
    this.#opened?.keepIndex(key, index)
    return index
  }
}

/** The index, if the objects beside the file are still those that it was made with. */
export async function findIndex(
  target: IndexTarget,
  home: IndexHome,
  signal: AbortSignal | undefined,
): Promise<PartitionIndex | undefined> {
  return ifSame(await home.find(target, signal), signal)
}

async function ifSame(
  index: PartitionIndex | undefined,
  signal: AbortSignal | undefined,
): Promise<PartitionIndex | undefined> {
  if (await areSame(index?.layout.companions, signal)) return index
  await index?.close?.()
  return undefined
}
