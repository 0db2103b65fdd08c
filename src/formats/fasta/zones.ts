/** Zone maps of FASTA: which ids, lengths, descriptions and offsets a segment holds. */

import type { Zone } from '../text/types.ts'

/** Texts beyond this are not kept whole in an index. */
const LONGEST_TEXT = 256

/** Sorts behind every text that people write. */
const LAST = '\u{10ffff}\u{10ffff}'

const NONE: Zone = { min: null, max: null, nulls: true }
const AT_BEGIN: Zone = { min: 0, max: 0, nulls: false }

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** A long record that is being passed: what its segments have in common. */
interface Passing {
  readonly id: Zone
  readonly description: Zone
  /** Filled in at the record's end. */
  readonly length: Mutable<Zone>
}

/** Zones of the records since the last `take`, in the order of `ZONES`. */
export class FastaZones {
  #least: Uint8Array | undefined
  #most: Uint8Array | undefined
  #shortest = Number.POSITIVE_INFINITY
  #longest = -1
  #described = false
  #bare = false
  #passing: Passing | undefined
  /** Residues of the long record before the open segment; undefined while its first one is open. */
  #offset: number | undefined

  /** A record begins. The bytes may be used for something else afterwards. */
  title(id: Uint8Array, description: Uint8Array | undefined): void {
    if (this.#least === undefined || Buffer.compare(id, this.#least) < 0) this.#least = id.slice()
    if (this.#most === undefined || Buffer.compare(id, this.#most) > 0) this.#most = id.slice()
    if (description === undefined) this.#bare = true
    else this.#described = true
  }

  /** A record ended with this many residues. */
  length(residues: number): void {
    this.#shortest = Math.min(this.#shortest, residues)
    this.#longest = Math.max(this.#longest, residues)
    if (this.#passing !== undefined) this.#passing.length.min = this.#passing.length.max = residues
  }

  take(): Zone[] {
    if (this.#passing !== undefined) {
      const { id, length, description } = this.#passing
      const offset = this.#offset
      this.#offset = undefined
      this.#passing = undefined
      this.#forget()
      return [id, length, description, offset === undefined ? AT_BEGIN : exactly(offset)]
    }
    const known = this.#least !== undefined
    const zones = [
      known ? { min: lower(this.#least!), max: upper(this.#most!), nulls: false } : NONE,
      this.#longest < 0 ? NONE : { min: this.#shortest, max: this.#longest, nulls: false },
      // Of many records the texts would be most of the index.
      this.#described ? { min: '', max: LAST, nulls: this.#bare } : NONE,
      known ? AT_BEGIN : NONE,
    ]
    this.#forget()
    return zones
  }

  /** Zones of a segment that ends inside a long record, of which `residues` were passed. */
  takeInside(id: Uint8Array, description: Uint8Array | undefined, residues: number): Zone[] {
    const passing = this.#passing ?? {
      id: { min: lower(id), max: upper(id), nulls: false },
      description:
        description === undefined ? NONE : { min: lower(description), max: upper(description), nulls: false },
      length: { min: null, max: null, nulls: false },
    }
    this.#passing = passing
    const zones = this.take()
    this.#passing = passing
    this.#offset = residues
    return zones
  }

  #forget(): void {
    this.#least = this.#most = undefined
    this.#shortest = Number.POSITIVE_INFINITY
    this.#longest = -1
    this.#described = this.#bare = false
  }
}

const exactly = (value: number): Zone => ({ min: value, max: value, nulls: false })

function lower(text: Uint8Array): string {
  return prefix(text) ?? Buffer.from(text).toString()
}

function upper(text: Uint8Array): string {
  const cut = prefix(text)
  return cut === undefined ? Buffer.from(text).toString() : `${cut}${LAST}`
}

/** The beginning of a text that is too long, without half a character. */
function prefix(text: Uint8Array): string | undefined {
  if (text.length <= LONGEST_TEXT) return undefined
  let end = LONGEST_TEXT
  while (end > 0 && (text[end]! & 0xc0) === 0x80) end--
  return Buffer.from(text.subarray(0, end)).toString()
}
