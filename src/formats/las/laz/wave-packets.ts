/**
 * Wave packets as LASzip codes them: which way the offset went on, and every other field as an integer by the last one,
 * of FLOATs the bits.
 */

import { WAVE_BYTES } from '../record.ts'
import type { Coder } from './coder.ts'
import { Integers } from './integers.ts'

/** Where a packet's fields stand (LAS 1.4-R15, table 11). */
const OFFSET = 1
const SIZE = 9
const LOCATION = 13
const DIRECTION = 17

/** How an offset follows from the last one; the first way is that it is the same. */
const BEHIND_LAST = 1
const NEAR = 2
const ANYWHERE = 3

/** A packet as its bytes: a NaN's bits would not survive being a number. */
export class WavePacket {
  readonly bytes = new Uint8Array(WAVE_BYTES)
  readonly view = new DataView(this.bytes.buffer)
}

/** The models of one context. */
export class WavePackets {
  readonly #coder: Coder
  readonly #steps: Integers
  readonly #sizes: Integers
  readonly #locations: Integers
  readonly #directions: Integers
  /** Of the descriptor's index, and of the offset's way by its last one. */
  readonly #models = new Int32Array(5)
  #way = 0
  /** How far the offset went when it went near. */
  #step = 0

  constructor(coder: Coder) {
    this.#coder = coder
    this.#steps = new Integers(coder, 32)
    this.#sizes = new Integers(coder, 32)
    this.#locations = new Integers(coder, 32)
    this.#directions = new Integers(coder, 32, 3)
  }

  /** The coder was reset. */
  reset(): void {
    for (const part of [this.#steps, this.#sizes, this.#locations, this.#directions]) part.reset()
    this.#models.fill(0)
    this.#way = 0
    this.#step = 0
  }

  /** Replaces the last packet by the next one. */
  read({ view }: WavePacket): void {
    view.setUint8(0, this.#symbol(0, 256))
    const size = view.getInt32(SIZE, true)
    this.#way = this.#symbol(1 + this.#way, 4)
    if (this.#way === BEHIND_LAST) move(view, size >>> 0, 0)
    else if (this.#way === NEAR) {
      this.#step = this.#steps.read(this.#step, 0)
      move(view, this.#step >>> 0, this.#step >> 31)
    } else if (this.#way === ANYWHERE) {
      view.setInt32(OFFSET, this.#coder.bits(32), true)
      view.setInt32(OFFSET + 4, this.#coder.bits(32), true)
    }
    view.setInt32(SIZE, this.#sizes.read(size, 0), true)
    view.setInt32(LOCATION, this.#locations.read(view.getInt32(LOCATION, true), 0), true)
    for (let axis = 0, at = DIRECTION; axis < 3; axis++, at += 4)
      view.setInt32(at, this.#directions.read(view.getInt32(at, true), axis), true)
  }

  #symbol(which: number, symbols: number): number {
    return this.#coder.symbolOf(this.#models, which, symbols)
  }
}

/** Adds a 64-bit integer, given in two words, to the offset. */
function move(view: DataView, low: number, high: number): void {
  const sum = view.getUint32(OFFSET, true) + low
  view.setUint32(OFFSET, sum, true)
  view.setInt32(OFFSET + 4, view.getInt32(OFFSET + 4, true) + high + (sum > 0xffffffff ? 1 : 0), true)
}
