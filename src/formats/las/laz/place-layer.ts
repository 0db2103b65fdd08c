/**
 * The first layer of a chunk of point formats 6 to 10: scanner channel, returns, x and y, and which of the other
 * values changed. All other layers go by it.
 */

import type { Points } from '../points.ts'
import { Coder } from './coder.ts'
import { Integers } from './integers.ts'
import { Medians } from './medians.ts'
import { bitsContext, RETURN_MAP_16 } from './tables.ts'

/** Bits of `Points.changed`. */
export const SCAN_ANGLE_CHANGED = 8
export const GPS_TIME_CHANGED = 16
export const POINT_SOURCE_CHANGED = 32
export const CHANNEL_CHANGED = 64

/** What is known of one scanner channel. */
class Channel {
  readonly dx: Integers
  readonly dy: Integers
  readonly xMedians = new Medians(12)
  readonly yMedians = new Medians(12)
  /** Models: 8 of changes, 16 of numbers of returns, 16 of return numbers, of those of the same pulse, of channels. */
  readonly models = new Int32Array(42)
  used = false
  x = 0
  y = 0
  returns = 0
  gpsChanged = false

  constructor(readonly coder: Coder) {
    this.dx = new Integers(coder, 32, 2)
    this.dy = new Integers(coder, 32, 22)
  }

  begin(x: number, y: number, returns: number): void {
    this.dx.reset()
    this.dy.reset()
    this.xMedians.reset()
    this.yMedians.reset()
    this.models.fill(0)
    this.used = true
    this.x = x
    this.y = y
    this.returns = returns
    this.gpsChanged = false
  }

  symbol(which: number, symbols: number): number {
    return this.coder.symbolOf(this.models, which, symbols)
  }
}

const NUMBER_OF_RETURNS = 8
const RETURN_NUMBER = 24
const SAME_PULSE = 40
const CHANNEL = 41

export class PlaceLayer {
  readonly coder = new Coder()
  readonly #channels = Array.from({ length: 4 }, () => new Channel(this.coder))
  #current = 0

  begin(points: Points, bytes: Uint8Array, start: number, end: number): void {
    this.coder.reset(bytes, start, end)
    for (const channel of this.#channels) channel.used = false
    this.#current = (points.flags[0]! >> 4) & 3
    this.#channels[this.#current]!.begin(points.x[0]!, points.y[0]!, points.returns[0]!)
    points.channel[0] = this.#current
    points.changed[0] = 0
  }

  decode(points: Points, from: number, to: number): void {
    const { x, y, returns, changed, channel, zContext } = points
    for (let i = from; i < to; i++) {
      const before = this.#channels[this.#current]!
      const r = before.returns & 15
      const n = before.returns >> 4
      const changes = before.symbol((r === 1 ? 1 : 0) | (r >= n ? 2 : 0) | (before.gpsChanged ? 4 : 0), 128)
      let own = before
      if ((changes & CHANNEL_CHANGED) !== 0) {
        this.#current = (this.#current + before.symbol(CHANNEL, 3) + 1) & 3
        own = this.#channels[this.#current]!
        if (!own.used) own.begin(before.x, before.y, before.returns)
      }
      this.#place(own, changes)
      x[i] = own.x
      y[i] = own.y
      returns[i] = own.returns
      changed[i] = changes
      channel[i] = this.#current
      zContext[i] = bitsContext((own.dx.bits + own.dy.bits) >> 1, 18, own.returns >> 4 === 1)
    }
  }

  #place(own: Channel, changes: number): void {
    let r = own.returns & 15
    let n = own.returns >> 4
    const gpsChanged = (changes & GPS_TIME_CHANGED) !== 0
    if ((changes & 4) !== 0) n = own.symbol(NUMBER_OF_RETURNS + n, 16)
    const step = changes & 3
    if (step === 1) r = (r + 1) & 15
    else if (step === 2) r = (r + 15) & 15
    else if (step === 3) {
      if (gpsChanged) r = own.symbol(RETURN_NUMBER + r, 16)
      else r = (r + own.symbol(SAME_PULSE, 13) + 2) & 15
    }
    own.returns = (n << 4) | r
    own.gpsChanged = gpsChanged
    const median = (RETURN_MAP_16[own.returns]! << 1) | (gpsChanged ? 1 : 0)
    const dx = own.dx.read(own.xMedians.get(median), n === 1 ? 1 : 0)
    own.x = (own.x + dx) | 0
    own.xMedians.add(median, dx)
    const dy = own.dy.read(own.yMedians.get(median), bitsContext(own.dx.bits, 20, n === 1))
    own.y = (own.y + dy) | 0
    own.yMedians.add(median, dy)
  }
}
