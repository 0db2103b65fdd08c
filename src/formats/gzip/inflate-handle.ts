/**
 * Native zlib through the inner handle of node's InflateRaw: the only file that knows node's inner parts.
 *
 * The public API offers no synchronous inflate that keeps its state, and none that stops at a deflate block's
 * end (Z_BLOCK). The handle has both since node 8: `writeSync(flush, in, inOff, inLen, out, outOff, outLen)`
 * leaves [room left, input left] in the stream's `_writeState`, and calls `onerror` instead of throwing.
 * A feature check decides once per thread; without the handle `inflate-buffered.ts` does the work, slower.
 */

import { constants, createInflateRaw, deflateRawSync } from 'node:zlib'
import { VarveError } from '../../errors.ts'
import type { InflateFactory, InflateMode, InflateStop, RawInflate } from './inflate.ts'
import { createBufferedInflate } from './inflate-buffered.ts'

interface ZlibHandle {
  writeSync(
    flush: number,
    input: Uint8Array,
    inOffset: number,
    inLength: number,
    out: Uint8Array,
    outOffset: number,
    outLength: number,
  ): void
  reset(): void
  close(): void
  onerror: (message: string, errno: number, code: string) => void
}

interface InnerStream {
  readonly _handle?: ZlibHandle
  readonly _writeState?: Uint32Array
}

const FLUSH: Record<InflateMode, number> = {
  run: constants.Z_NO_FLUSH,
  blocks: constants.Z_BLOCK,
  flush: constants.Z_SYNC_FLUSH,
}

const NOTHING = new Uint8Array(0)

class HandleInflate implements RawInflate {
  readonly stopsAtBlocks = true
  readonly leftover = NOTHING
  complaint = ''
  consumed = 0
  written = 0
  readonly #handle: ZlibHandle
  readonly #state: Uint32Array
  #failed: string | undefined

  constructor(dictionary: Uint8Array | undefined) {
    // 64 is the least chunk size: the stream's own output buffer is never used.
    const options = { chunkSize: 64, ...(dictionary?.length ? { dictionary } : {}) }
    const stream = createInflateRaw(options) as unknown as InnerStream
    const { _handle: handle, _writeState: state } = stream
    if (typeof handle?.writeSync !== 'function' || typeof handle.reset !== 'function') {
      throw new VarveError('internal', `node ${process.version}: zlib has no synchronous inner handle`)
    }
    if (!(state instanceof Uint32Array) || state.length < 2) {
      throw new VarveError('internal', `node ${process.version}: zlib has no inner write state`)
    }
    this.#handle = handle
    this.#state = state
    handle.onerror = (message, _errno, code) => {
      this.#failed = code
      this.complaint = message
    }
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
    const given = inEnd - inStart
    const room = outEnd - outStart
    // Node ends the process where its handle is given a place that is not there.
    if (inStart < 0 || given < 0 || inEnd > input.length || outStart < 0 || room < 0 || outEnd > out.length)
      throw new VarveError(
        'internal',
        `zlib: [${inStart}, ${inEnd}) to [${outStart}, ${outEnd}) is not there`,
      )
    this.#handle.writeSync(FLUSH[mode], input, inStart, given, out, outStart, room)
    if (this.#failed !== undefined) {
      const code = this.#failed
      this.#failed = undefined
      this.consumed = this.written = 0
      if (code === 'Z_DATA_ERROR') return 'damaged'
      throw new VarveError('internal', `zlib: ${this.complaint} (${code})`, { zlib: code })
    }
    const roomLeft = this.#state[0]!
    const inputLeft = this.#state[1]!
    this.consumed = given - inputLeft
    this.written = room - roomLeft
    if (roomLeft === 0) return 'output'
    if (inputLeft === 0) return 'input'
    // Both left over: a block's end where that was asked for. A block is at least 10 bits long and zlib keeps
    // at most 7, so a run that takes nothing has no further block: the stream is over.
    return mode === 'blocks' && this.consumed + this.written > 0 ? 'block' : 'end'
  }

  reset(): void {
    this.#handle.reset()
  }

  close(): void {
    this.#handle.close()
  }
}

export type InflatePath = 'native handle' | 'public API'

let active: InflatePath | undefined

/** Which way of inflating this node offers; found out on the first call. */
export function inflatePath(): InflatePath {
  active ??= handleWorks() ? 'native handle' : 'public API'
  return active
}

/** An inflater by the fastest way that works here. */
export const createInflate: InflateFactory = (dictionary) =>
  inflatePath() === 'native handle' ? new HandleInflate(dictionary) : createBufferedInflate(dictionary)

/** Two blocks and a byte behind them must come out block by block, and an error must come as an error. */
function handleWorks(): boolean {
  try {
    const inflate = new HandleInflate(undefined)
    // Two empty stored blocks around a one-byte one, then a foreign byte.
    const stored = [0, 0, 0, 255, 255, 0, 1, 0, 254, 255, 120, 1, 0, 0, 255, 255, 99]
    const input = Uint8Array.from(stored)
    const out = new Uint8Array(4)
    const stops: string[] = []
    let at = 0
    for (let i = 0; i < 4; i++) {
      stops.push(inflate.run('blocks', input, at, input.length, out, 0, out.length))
      at += inflate.consumed
      stops.push(String(at))
    }
    inflate.reset()
    const text = deflateRawSync(Uint8Array.of(1, 2, 3, 1, 2, 3))
    const end = inflate.run('run', text, 0, text.length, out, 0, 2)
    inflate.run('run', text, inflate.consumed, text.length, out, 2, 4)
    inflate.reset()
    const damaged = inflate.run('run', Uint8Array.of(255, 255), 0, 2, out, 0, 2)
    inflate.close()
    const expected = 'block,5,block,11,block,16,end,16'
    const right = stops.join() === expected && end === 'output' && out.join() === '1,2,3,1'
    return right && damaged === 'damaged'
  } catch {
    return false
  }
}
