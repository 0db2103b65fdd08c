/** References and positions of a segment, at least and at most. */

import type { Zone } from '../text/types.ts'
import type { NameTable } from './references.ts'

const NONE = -2

export class BamZones {
  #records = 0
  /** That of the record before. */
  #reference = NONE
  #least = NONE
  #most = NONE
  #unplaced = false
  #from = 0
  #to = 0
  #endFrom = 0
  #endTo = 0
  #positions = 0

  constructor(readonly names: NameTable) {}

  /** Whether records came before, and the last of them on another reference. */
  isNew(reference: number): boolean {
    return this.#records > 0 && this.#reference !== reference
  }

  /** 1-based; `pos` 0: it has none. */
  add(reference: number, pos: number, endPos: number): void {
    this.#records++
    if (reference !== this.#reference) this.#name(reference)
    if (pos === 0) return
    if (this.#positions++ === 0) {
      this.#from = this.#to = pos
      this.#endFrom = this.#endTo = endPos
      return
    }
    if (pos < this.#from) this.#from = pos
    else if (pos > this.#to) this.#to = pos
    if (endPos < this.#endFrom) this.#endFrom = endPos
    else if (endPos > this.#endTo) this.#endTo = endPos
  }

  #name(reference: number): void {
    this.#reference = reference
    if (reference < 0) {
      this.#unplaced = true
      return
    }
    const name = this.names.of(reference)
    if (this.#least < 0 || Buffer.compare(name, this.names.of(this.#least)) < 0) this.#least = reference
    if (this.#most < 0 || Buffer.compare(name, this.names.of(this.#most)) > 0) this.#most = reference
  }

  /** rname, pos, end_pos. */
  take(): Zone[] {
    const text = (reference: number): string | null => (reference < 0 ? null : this.names.names[reference]!)
    const known = this.#positions > 0
    const nulls = this.#positions < this.#records
    const zone = (min: number, max: number): Zone => ({
      min: known ? min : null,
      max: known ? max : null,
      nulls,
    })
    const zones = [
      { min: text(this.#least), max: text(this.#most), nulls: this.#unplaced },
      zone(this.#from, this.#to),
      zone(this.#endFrom, this.#endTo),
    ]
    this.#records = this.#positions = 0
    this.#reference = this.#least = this.#most = NONE
    this.#unplaced = false
    return zones
  }
}
