/** Files that are kept open between reads: whoever reads one on finds what was read ahead. */

import type { OpenFile } from '../mount/types.ts'

/** Files that nobody reads just now, of which the least recently used are closed first. */
const MOST = 16

interface Held {
  readonly file: Promise<OpenFile>
  readers: number
}

export class HeldFiles {
  /** The least recently used first. */
  readonly #held = new Map<string, Held>()

  /** Does something with a file, which is opened unless it is open. One that cannot be opened is tried again next time. */
  async use<T>(key: string, open: () => Promise<OpenFile>, work: (file: OpenFile) => Promise<T>): Promise<T> {
    const held = this.#held.get(key) ?? { file: open(), readers: 0 }
    this.#held.delete(key)
    this.#held.set(key, held)
    held.readers++
    try {
      return await work(await held.file)
    } catch (error) {
      // What it read was damaged, has changed, or could not be had.
      if (this.#held.get(key) === held) this.#held.delete(key)
      throw error
    } finally {
      held.readers--
      if (held.readers === 0 && this.#held.get(key) !== held) await closed(held)
      await this.#trim()
    }
  }

  async #trim(): Promise<void> {
    const idle = [...this.#held].filter(([, { readers }]) => readers === 0)
    for (const [key, held] of idle.slice(0, Math.max(0, idle.length - MOST))) {
      this.#held.delete(key)
      await closed(held)
    }
  }

  async close(): Promise<void> {
    const all = [...this.#held.values()]
    this.#held.clear()
    await Promise.all(all.filter(({ readers }) => readers === 0).map(closed))
  }
}

async function closed({ file }: Held): Promise<void> {
  const opened = await file.catch(() => undefined)
  await opened?.close()
}
