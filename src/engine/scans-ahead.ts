/**
 * Scans that a statement opens before it reads the first of them, as the sums of a UNION ALL are: DuckDB will read all of
 * them. While the rows of one are read, the next ones fetch and decode what they give first. Only so many: what they
 * hold nobody has asked for yet.
 */

import type { ScanStream } from '../scan/types.ts'

/** Scans that have begun and that nobody reads. */
const AHEAD = 4

export class ScansAhead {
  /** In the order in which DuckDB will read them. */
  readonly #waiting = new Set<ScanStream>()
  readonly #begun = new Set<ScanStream>()
  #opened = 0
  #reading = false

  opened(stream: ScanStream): void {
    this.#opened++
    // The first one is read at once; one that comes when others were read may be for nothing, behind a LIMIT.
    if (this.#opened === 1 || this.#reading) return
    this.#waiting.add(stream)
    this.#begin()
  }

  /** Its next batch is asked for. */
  asked(stream: ScanStream): void {
    this.#reading = true
    if (this.#waiting.delete(stream) || this.#begun.delete(stream)) this.#begin()
  }

  #begin(): void {
    for (const stream of this.#waiting) {
      if (this.#begun.size >= AHEAD) return
      this.#waiting.delete(stream)
      this.#begun.add(stream)
      stream.ahead?.()
    }
  }
}
