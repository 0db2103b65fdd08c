/**
 * Files that a statement names, asked for while the engine still makes out what the statement wants of them: by the
 * time that they are bound, the answer is there.
 */

import { VarveError } from '../errors.ts'
import type { NameResolver } from './context.ts'
import type { FileMemory } from './memory.ts'
import { type OpenedSource, openProbe } from './open.ts'

/** What a file's memory keeps the name of its index of another tool under, where conditions were pruned by one. */
export const NARROWED_BY = 'narrowed by'

/** Why a file that nobody took is not waited for; one for all. */
const LEFT = new VarveError('aborted', 'nobody bound the file')

interface Asked {
  readonly opening: Promise<OpenedSource | undefined>
  readonly abort: AbortController
}

export class ExpectedFiles {
  readonly #memory: FileMemory
  readonly #names: NameResolver | undefined
  readonly #asked = new Map<string, Asked>()

  constructor(memory: FileMemory, names: NameResolver | undefined) {
    this.#memory = memory
    this.#names = names
  }

  /**
   * Asks for those of the names that a file was read under before, each for the first who takes it; where there are
   * conditions, for what pruned by them before, too. What nobody took is closed when the signal says that nobody will.
   */
  expect(names: readonly string[], conditions: boolean, signal: AbortSignal): void {
    const beside = names.flatMap((name) => this.#memory.last(name)?.recall<string>(NARROWED_BY) ?? [])
    for (const name of conditions ? [...names, ...beside] : names) {
      if (this.#asked.has(name) || !this.#memory.knows(name) || this.#names?.owns(name) === true) continue
      const abort = new AbortController()
      const asked = { opening: openProbe({ name }, { names: this.#names }, abort.signal), abort }
      // Whoever takes it is told what went wrong.
      asked.opening.catch(() => undefined)
      this.#asked.set(name, asked)
      signal.addEventListener('abort', () => this.#leave(name, asked), { once: true })
    }
  }

  /**
   * The file as it was found, `undefined` inside for one that is gone; undefined when nobody expected it. From now on
   * it is the taker's: to wait for, to give up with the signal, to close.
   */
  take(name: string, signal?: AbortSignal): Promise<OpenedSource | undefined> | undefined {
    const asked = this.#asked.get(name)
    if (asked === undefined) return undefined
    this.#asked.delete(name)
    const stop = (): void => asked.abort.abort(signal?.reason)
    if (signal?.aborted) stop()
    else signal?.addEventListener('abort', stop, { once: true })
    return asked.opening
  }

  #leave(name: string, asked: Asked): void {
    if (this.#asked.get(name) !== asked) return
    this.#asked.delete(name)
    asked.abort.abort(LEFT)
    asked.opening.then((opened) => opened?.source.close?.()).catch(() => undefined)
  }
}
