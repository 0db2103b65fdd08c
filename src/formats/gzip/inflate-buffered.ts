/**
 * Inflating with node's public API alone, for a node whose inner handle has changed: `inflateRawSync` keeps no
 * state, so the stream is held from its beginning and inflated anew whenever its length has doubled (linear
 * work, but memory for a whole member). It cannot stop at blocks: no access points inside members.
 */

import { constants, inflateRawSync } from 'node:zlib'
import { VarveError } from '../../errors.ts'
import type { InflateFactory, InflateMode, InflateStop, RawInflate } from './inflate.ts'

const FIRST_TRY = 16 * 1024

const NOTHING = new Uint8Array(0)

class BufferedInflate implements RawInflate {
  readonly stopsAtBlocks = false
  consumed = 0
  written = 0
  leftover: Uint8Array = NOTHING
  complaint = ''
  readonly #dictionary: Uint8Array | undefined
  #held = new Uint8Array(FIRST_TRY)
  #length = 0
  #tried = 0
  #tryAt = FIRST_TRY
  #output: Uint8Array = NOTHING
  #given = 0
  #ended = false

  constructor(dictionary: Uint8Array | undefined) {
    this.#dictionary = dictionary?.length ? dictionary : undefined
  }

  run(
    mode: InflateMode,
    input: Uint8Array,
    inStart: number,
    inEnd: number,
    out: Uint8Array,
    outStart: number,
    outEnd: number,
  ): InflateStop {
    this.consumed = this.written = 0
    if (this.#given === this.#output.length && !this.#ended) {
      this.#hold(input.subarray(inStart, inEnd))
      this.consumed = inEnd - inStart
      const due = this.#length >= this.#tryAt || (mode === 'flush' && this.#length > this.#tried)
      if (due && !this.#inflate()) return 'damaged'
    }
    const more = this.#output.subarray(this.#given, this.#given + outEnd - outStart)
    out.set(more, outStart)
    this.#given += more.length
    this.written = more.length
    if (this.written === outEnd - outStart) return 'output'
    return this.#ended ? 'end' : 'input'
  }

  reset(): void {
    this.#length = this.#tried = this.#given = 0
    this.#tryAt = FIRST_TRY
    this.#output = this.leftover = NOTHING
    this.#ended = false
  }

  close(): void {
    this.reset()
    this.#held = NOTHING as Uint8Array<ArrayBuffer>
  }

  #hold(bytes: Uint8Array): void {
    if (this.#length + bytes.length > this.#held.length) {
      const larger = new Uint8Array(2 * (this.#length + bytes.length))
      larger.set(this.#held.subarray(0, this.#length))
      this.#held = larger
    }
    this.#held.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /** Inflates all that is held; false when it is damaged. */
  #inflate(): boolean {
    const input = this.#held.subarray(0, this.#length)
    const options = {
      finishFlush: constants.Z_SYNC_FLUSH,
      info: true,
      ...(this.#dictionary ? { dictionary: this.#dictionary } : {}),
    }
    let result: { readonly buffer: Uint8Array; readonly engine: { readonly bytesWritten: number } }
    try {
      // With `info` the answer is an object, which the types of node 20 do not say.
      result = inflateRawSync(input, options) as unknown as typeof result
    } catch (cause) {
      const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
      this.complaint = cause instanceof Error ? cause.message : String(cause)
      if (code === 'Z_DATA_ERROR') return false
      const tooLarge = code === 'ERR_BUFFER_TOO_LARGE'
      const message = `zlib: ${this.complaint}, inflating ${this.#length} bytes at once`
      throw new VarveError(tooLarge ? 'unsupported' : 'internal', message, { zlib: code }, cause)
    }
    this.#output = result.buffer
    this.#tried = this.#length
    this.#tryAt = 2 * this.#length
    const taken = result.engine.bytesWritten
    this.#ended = taken < this.#length
    if (this.#ended) this.leftover = input.slice(taken)
    return true
  }
}

/** The fallback of `createInflate`. */
export const createBufferedInflate: InflateFactory = (dictionary) => new BufferedInflate(dictionary)
