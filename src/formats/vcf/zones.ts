/** Chromosomes and positions of a segment, at least and at most. */

import type { Zone } from '../text/types.ts'
import { same } from './keys.ts'

const NOTHING = new Uint8Array(0)

export class VcfZones {
  /** The chromosome of the record before. */
  #chrom: Uint8Array = NOTHING
  #least: Uint8Array = NOTHING
  #most: Uint8Array = NOTHING
  #records = 0
  #from = 0
  #to = 0
  #endFrom = 0
  #endTo = 0

  /** Whether records came before, and all of them on another chromosome than bytes[start, end). */
  isNew(bytes: Uint8Array, start: number, end: number): boolean {
    return this.#records > 0 && !same(this.#chrom, bytes, start, end)
  }

  add(bytes: Uint8Array, start: number, end: number, pos: number, endPos: number): void {
    if (this.#records === 0 || !same(this.#chrom, bytes, start, end)) {
      this.#chrom = bytes.slice(start, end)
      if (this.#records === 0 || Buffer.compare(this.#chrom, this.#least) < 0) this.#least = this.#chrom
      if (this.#records === 0 || Buffer.compare(this.#chrom, this.#most) > 0) this.#most = this.#chrom
    }
    if (this.#records++ === 0) {
      this.#from = this.#to = pos
      this.#endFrom = this.#endTo = endPos
      return
    }
    if (pos < this.#from) this.#from = pos
    else if (pos > this.#to) this.#to = pos
    if (endPos < this.#endFrom) this.#endFrom = endPos
    else if (endPos > this.#endTo) this.#endTo = endPos
  }

  /** chrom, pos, end_pos. */
  take(): Zone[] {
    const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')
    const none = this.#records === 0
    const zone = (min: Zone['min'], max: Zone['max']): Zone => ({
      min: none ? null : min,
      max: none ? null : max,
      nulls: false,
    })
    const zones = [
      zone(text(this.#least), text(this.#most)),
      zone(this.#from, this.#to),
      zone(this.#endFrom, this.#endTo),
    ]
    this.#records = 0
    this.#chrom = NOTHING
    return zones
  }
}
