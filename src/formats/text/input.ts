/** The source bytes of one piece of work, fetched a little ahead of the decoder. */

import type { ByteSource } from '../../bytes/types.ts'

const MIB = 1 << 20
const PART = 8 * MIB
const OVERFLOW = 64 * 1024

export interface InputPart {
  readonly bytes: Uint8Array
  /** The source ends with this part. */
  readonly last: boolean
}

/**
 * Gives [start, end) in parts, then, for records that reach further, what stands behind it.
 *
 * `ramp`: the parts grow from 1 MiB to 8 MiB, and nothing is fetched ahead before the second one is asked for:
 * who wants five rows of a file pays for its first MiB only.
 */
export class Input {
  readonly #source: ByteSource
  readonly #end: number
  readonly #signal: AbortSignal | undefined
  readonly #ahead: Promise<InputPart>[] = []
  #at: number
  #part: number
  #overflow = OVERFLOW
  #asked = 0
  readonly #ramp: boolean

  constructor(source: ByteSource, start: number, end: number, ramp: boolean, signal: AbortSignal | undefined) {
    this.#source = source
    this.#at = start
    this.#end = Math.min(end, source.size)
    this.#ramp = ramp
    this.#part = ramp ? MIB : PART
    this.#signal = signal
  }

  /** Whether [start, end) has been given, so that the next part lies behind it. */
  get exhausted(): boolean {
    return this.#ahead.length === 0 && this.#at >= this.#end
  }

  async next(): Promise<InputPart> {
    this.#asked++
    const depth = this.#ramp && this.#asked === 1 ? 1 : 3
    while (this.#ahead.length < depth && this.#at < this.#end) this.#fetch()
    const part = this.#ahead.shift()
    return part === undefined ? this.#behind() : await part
  }

  #fetch(): void {
    const from = this.#at
    // On whole MiB, so that the first part ends with the head that is at hand.
    const to = Math.min(this.#end, Math.max(from + 1, Math.floor((from + this.#part) / MIB) * MIB))
    this.#at = to
    if (this.#part < PART && this.#asked > 1) this.#part *= 2
    const read = this.#read(from, to)
    // A part that fails while an earlier one is being decoded is reported when its turn comes.
    read.catch(() => undefined)
    this.#ahead.push(read)
  }

  #behind(): Promise<InputPart> {
    const from = this.#at
    const to = Math.min(this.#source.size, from + this.#overflow)
    this.#at = to
    this.#overflow = Math.min(PART, this.#overflow * 2)
    return this.#read(from, to)
  }

  async #read(from: number, to: number): Promise<InputPart> {
    const bytes = from < to ? await this.#source.read(from, to, { signal: this.#signal }) : new Uint8Array(0)
    return { bytes, last: to === this.#source.size }
  }
}
