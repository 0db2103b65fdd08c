/** Looking for a file's index: while the file itself is asked for, where an earlier statement knew what to look for. */

import { type IndexHome, type IndexTarget, indexKey } from '../index/location.ts'
import type { PartitionIndex } from '../index/types.ts'
import { areSame } from './learnt.ts'
import type { RememberedFile } from './memory.ts'

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
  readonly #signal: AbortSignal | undefined
  #early: Promise<PartitionIndex | undefined> | undefined

  /** `last`: the file that stood under the name; `guess`: what is looked for when it stands there still. */
  constructor(
    home: IndexHome,
    last: RememberedFile | undefined,
    guess: IndexTarget | undefined,
    signal: AbortSignal | undefined,
  ) {
    this.#home = home
    this.#last = last
    this.#guess = guess && indexKey(guess)
    this.#signal = signal
    this.#early = guess && this.#find(guess, last)
    // Whoever needs it is told what went wrong; where another file stands by now, nobody does.
    this.#early?.catch(() => undefined)
  }

  /** The index, or undefined; `invalid-data` when it is damaged or foreign. `memory`: of the file that is there. */
  async find(target: IndexTarget, memory: RememberedFile | undefined): Promise<PartitionIndex | undefined> {
    const isGuessed = memory !== undefined && memory === this.#last && this.#guess === indexKey(target)
    const early = isGuessed ? this.#early : undefined
    if (early === undefined) return this.#find(target, memory)
    this.#early = undefined
    return early
  }

  /** What was looked for in vain is let go of. */
  close(): void {
    this.#early?.then((index) => index?.close?.()).catch(() => undefined)
    this.#early = undefined
  }

  async #find(target: IndexTarget, memory: RememberedFile | undefined): Promise<PartitionIndex | undefined> {
    const name = `index ${indexKey(target)}`
    const known = memory?.recall<PartitionIndex>(name)
    const there = known && (await this.#home.again(known, this.#signal))
    if (there !== undefined) return ifSame(there, this.#signal)
    const index = await findIndex(target, this.#home, this.#signal)
    if (index !== undefined) memory?.keep(name, index, index.segments.length * SEGMENT_BYTES)
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
