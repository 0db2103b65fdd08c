/** The source bytes of one piece of work, fetched a little ahead of the decoder. */

import type { ByteSource } from '../../bytes/types.ts'
import type { ReadHooks } from '../types.ts'

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
  readonly #hooks: ReadHooks
  /** Buffers that parts were read into, and the one of the part given last. */
  readonly #pooled = new Set<ArrayBufferLike>()
  #given: ArrayBufferLike | undefined
  readonly #ahead: Promise<InputPart>[] = []
  /** Parts behind the piece of work that are on their way, for a record that reaches far. */
  readonly #beyond: Promise<InputPart>[] = []
  #at: number
  #part: number
  #overflow = OVERFLOW
  #asked = 0
  readonly #ramp: boolean
  readonly #along: number

  /**
   * `part`: bytes of the parts, where more than 8 MiB shall come with one request; `along`: so many bytes behind the
   * end will be wanted, and come with the last request before it.
   */
  constructor(
    source: ByteSource,
    start: number,
    end: number,
    ramp: boolean,
    hooks: ReadHooks,
    { part = PART, along = 0 }: { readonly part?: number | undefined; readonly along?: number } = {},
  ) {
    this.#source = source
    this.#at = start
    this.#end = Math.min(end, source.size)
    this.#ramp = ramp
    this.#part = ramp ? MIB : Math.max(PART, part)
    this.#hooks = hooks
    this.#along = along
  }

  /** Whether [start, end) has been given, so that the next part lies behind it. */
  get exhausted(): boolean {
    return this.#ahead.length === 0 && this.#at >= this.#end
  }

  /** Asks for the first part, before anyone waits for it. */
  begin(): void {
    if (this.#asked === 0 && this.#ahead.length === 0 && this.#at < this.#end) this.#fetch()
  }

  /** The next part. The one before must have been read: its memory is used again. */
  async next(): Promise<InputPart> {
    this.#asked++
    this.#recycle()
    const depth = this.#ramp && this.#asked === 1 ? 1 : 3
    while (this.#ahead.length < depth && this.#at < this.#end) this.#fetch()
    const part = this.#ahead.shift()
    const next = await (part ?? this.#behind())
    this.#given = next.bytes.buffer
    return next
  }

  /** No part is needed any more. */
  close(): void {
    this.#recycle()
    // What is still on its way may not be waited for; its memory is left to the garbage collector.
    this.#ahead.splice(0)
    this.#beyond.splice(0)
  }

  #recycle(): void {
    const given = this.#given
    this.#given = undefined
    if (given !== undefined && this.#pooled.delete(given)) this.#hooks.recycle?.(given as ArrayBuffer)
  }

  #fetch(): void {
    const from = this.#at
    // The first part of a file ends where the head ends that is at hand.
    const to = Math.min(this.#end, this.#ramp && from < MIB ? MIB : from + this.#part)
    const reach = to < this.#end ? to : Math.min(this.#source.size, to + this.#along)
    this.#at = reach
    if (this.#part < PART && this.#asked > 1) this.#part *= 2
    const read = reach > to ? this.#readAlong(from, to, reach) : this.#read(from, to)
    // A part that fails while an earlier one is being decoded is reported when its turn comes.
    read.catch(() => undefined)
    this.#ahead.push(read)
  }

  /** [from, to), with what stands behind it up to `reach` kept for whoever asks for the next part. */
  #readAlong(from: number, to: number, reach: number): Promise<InputPart> {
    const read = this.#read(from, reach)
    // A copy (which slice() of a Buffer is not): the part's own memory is used again before.
    const behind = read.then(({ bytes, last }) => ({
      bytes: new Uint8Array(bytes.subarray(to - from)),
      last,
    }))
    behind.catch(() => undefined)
    this.#beyond.push(behind)
    return read.then(({ bytes }) => ({ bytes: bytes.subarray(0, to - from), last: false }))
  }

  #behind(): Promise<InputPart> {
    // Who has come so far is in a huge record, and will go on: do not wait for each part of it.
    const depth = this.#overflow === PART ? 3 : 1
    while (this.#beyond.length < depth) {
      const read = this.#fetchBehind()
      read.catch(() => undefined)
      this.#beyond.push(read)
      if (this.#at >= this.#source.size) break
    }
    return this.#beyond.shift()!
  }

  #fetchBehind(): Promise<InputPart> {
    const from = this.#at
    const to = Math.min(this.#source.size, from + this.#overflow)
    this.#at = to
    this.#overflow = Math.min(PART, this.#overflow * 2)
    return this.#read(from, to)
  }

  async #read(from: number, to: number): Promise<InputPart> {
    const allocate = (size: number): ArrayBuffer => {
      const buffer = this.#hooks.allocate(size)
      this.#pooled.add(buffer)
      return buffer
    }
    const options = { signal: this.#hooks.signal, allocate: this.#hooks.recycle && allocate }
    const bytes = from < to ? await this.#source.read(from, to, options) : new Uint8Array(0)
    return { bytes, last: to === this.#source.size }
  }
}
