/**
 * Files that a statement names, asked for while the engine still makes out what the statement wants of them: by the
 * time that they are bound, the answer is there.
 */

import type { NameResolver } from './context.ts'
import type { FileMemory } from './memory.ts'
import { type OpenedSource, openProbe } from './open.ts'

export class ExpectedFiles {
  readonly #memory: FileMemory
  readonly #names: NameResolver | undefined
  readonly #opening = new Map<string, Promise<OpenedSource | undefined>>()

  constructor(memory: FileMemory, names: NameResolver | undefined) {
    this.#memory = memory
    this.#names = names
  }

  /**
   * Asks for those of the names that a file was read under before, each for the first who takes it. What nobody took
   * is closed when the signal says that nobody will.
   */
  expect(names: readonly string[], signal: AbortSignal): void {
    for (const name of names) {
      if (this.#opening.has(name) || !this.#memory.knows(name) || this.#names?.owns(name) === true) continue
      const opening = openProbe({ name }, { names: this.#names }, signal)
      // Whoever takes it is told what went wrong.
      opening.catch(() => undefined)
      this.#opening.set(name, opening)
      signal.addEventListener('abort', () => this.#leave(name, opening), { once: true })
    }
  }

  /** The file as it was found, `undefined` inside for one that is gone; undefined when nobody expected it. */
  take(name: string): Promise<OpenedSource | undefined> | undefined {
    const opening = this.#opening.get(name)
    this.#opening.delete(name)
    return opening
  }

  #leave(name: string, opening: Promise<OpenedSource | undefined>): void {
    if (this.#opening.get(name) !== opening) return
    this.#opening.delete(name)
    opening.then((opened) => opened?.source.close?.()).catch(() => undefined)
  }
}
