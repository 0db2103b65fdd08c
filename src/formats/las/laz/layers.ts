/**
 * The other layers of a point of formats 6 to 10: each has a coder of its own, so that what nobody asks for is not
 * decoded. A layer without bytes says that its values never change.
 */

import type { Points } from '../points.ts'
import { Coder } from './coder.ts'
import { GpsTimes } from './gps-time.ts'
import { Integers } from './integers.ts'
import { GPS_TIME_CHANGED, POINT_SOURCE_CHANGED, SCAN_ANGLE_CHANGED } from './place-layer.ts'
import { RETURN_LEVEL_16 } from './tables.ts'

export const CHANNELS = 4

/** A layer of one value per point. `V`: where the values stand. */
export abstract class Layer {
  protected readonly coder = new Coder()
  /** Channels that were seen in the chunk. */
  #used = 0
  #current = 0
  /** The layer has bytes. */
  protected present = false

  /** Begins a chunk, whose first point is points[0]. */
  begin(points: Points, bytes: Uint8Array, start: number, end: number): void {
    this.coder.reset(bytes, start, end)
    this.present = end > start
    this.#current = points.channel[0]!
    this.#used = 1 << this.#current
    this.beginChannel(this.#current, -1, points)
  }

  get overrun(): boolean {
    return this.present && this.coder.overrun
  }

  abstract decode(points: Points, from: number, to: number): void

  /** Forgets all of a channel's models; its last values are those of another channel, or of points[0]. */
  protected abstract beginChannel(channel: number, from: number, points: Points): void

  /** Goes over to the channel of the next point. */
  protected enter(channel: number, points: Points): void {
    if ((this.#used & (1 << channel)) === 0) {
      this.#used |= 1 << channel
      this.beginChannel(channel, this.#current, points)
    }
    this.#current = channel
  }

  protected symbol(models: Int32Array, which: number, symbols: number): number {
    return this.coder.symbolOf(models, which, symbols)
  }
}

const perChannel = <T>(make: () => T): T[] => Array.from({ length: CHANNELS }, make)

export class ZLayer extends Layer {
  readonly #integers = perChannel(() => new Integers(this.coder, 32, 20))
  readonly #lastByLevel = new Int32Array(CHANNELS * 8)
  readonly #last = new Int32Array(CHANNELS)

  protected beginChannel(channel: number, from: number, points: Points): void {
    this.#integers[channel]!.reset()
    const last = from < 0 ? points.z[0]! : this.#last[from]!
    this.#last[channel] = last
    this.#lastByLevel.fill(last, channel * 8, channel * 8 + 8)
  }

  decode(points: Points, from: number, to: number): void {
    const { z, channel, returns, zContext } = points
    for (let i = from; i < to; i++) {
      const own = channel[i]!
      this.enter(own, points)
      if (this.present) {
        const level = own * 8 + RETURN_LEVEL_16[returns[i]!]!
        const value = this.#integers[own]!.read(this.#lastByLevel[level]!, zContext[i]!)
        this.#lastByLevel[level] = value
        this.#last[own] = value
      }
      z[i] = this.#last[own]!
    }
  }
}

export class ClassificationLayer extends Layer {
  readonly #models = new Int32Array(CHANNELS * 64)
  readonly #last = new Uint8Array(CHANNELS)

  protected beginChannel(channel: number, from: number, points: Points): void {
    this.#models.fill(0, channel * 64, channel * 64 + 64)
    this.#last[channel] = from < 0 ? points.classification[0]! : this.#last[from]!
  }

  decode(points: Points, from: number, to: number): void {
    const { classification, channel, returns } = points
    for (let i = from; i < to; i++) {
      const own = channel[i]!
      this.enter(own, points)
      if (this.present) {
        const r = returns[i]! & 15
        const only = r === 1 && r >= returns[i]! >> 4 ? 1 : 0
        this.#last[own] = this.symbol(this.#models, own * 64 + ((this.#last[own]! & 31) << 1) + only, 256)
      }
      classification[i] = this.#last[own]!
    }
  }
}

/** Class flags, scan direction and edge of flight line; the channel is known already. */
export class FlagsLayer extends Layer {
  readonly #models = new Int32Array(CHANNELS * 64)
  readonly #last = new Uint8Array(CHANNELS)

  protected beginChannel(channel: number, from: number, points: Points): void {
    this.#models.fill(0, channel * 64, channel * 64 + 64)
    const first = points.flags[0]!
    this.#last[channel] = from < 0 ? (first & 15) | ((first >> 2) & 48) : this.#last[from]!
  }

  decode(points: Points, from: number, to: number): void {
    const { flags, channel } = points
    for (let i = from; i < to; i++) {
      const own = channel[i]!
      this.enter(own, points)
      if (this.present) this.#last[own] = this.symbol(this.#models, own * 64 + this.#last[own]!, 64)
      const last = this.#last[own]!
      flags[i] = (last & 15) | (own << 4) | ((last & 48) << 2)
    }
  }
}

export class IntensityLayer extends Layer {
  readonly #integers = perChannel(() => new Integers(this.coder, 16, 4))
  readonly #lastByReturn = new Uint16Array(CHANNELS * 8)
  readonly #last = new Uint16Array(CHANNELS)

  protected beginChannel(channel: number, from: number, points: Points): void {
    this.#integers[channel]!.reset()
    const last = from < 0 ? points.intensity[0]! : this.#last[from]!
    this.#last[channel] = last
    this.#lastByReturn.fill(last, channel * 8, channel * 8 + 8)
  }

  decode(points: Points, from: number, to: number): void {
    const { intensity, channel, returns, changed } = points
    for (let i = from; i < to; i++) {
      const own = channel[i]!
      this.enter(own, points)
      if (this.present) {
        const r = returns[i]! & 15
        const kind = (r === 1 ? 2 : 0) | (r >= returns[i]! >> 4 ? 1 : 0)
        const at = own * 8 + (kind << 1) + ((changed[i]! & GPS_TIME_CHANGED) !== 0 ? 1 : 0)
        const value = this.#integers[own]!.read(this.#lastByReturn[at]!, kind)
        this.#lastByReturn[at] = value
        this.#last[own] = value
      }
      intensity[i] = this.#last[own]!
    }
  }
}

export class ScanAngleLayer extends Layer {
  readonly #integers = perChannel(() => new Integers(this.coder, 16, 2))
  readonly #last = new Int16Array(CHANNELS)

  protected beginChannel(channel: number, from: number, points: Points): void {
    this.#integers[channel]!.reset()
    this.#last[channel] = from < 0 ? points.scanAngle[0]! : this.#last[from]!
  }

  decode(points: Points, from: number, to: number): void {
    const { scanAngle, channel, changed } = points
    for (let i = from; i < to; i++) {
      const own = channel[i]!
      this.enter(own, points)
      if (this.present && (changed[i]! & SCAN_ANGLE_CHANGED) !== 0) {
        const context = (changed[i]! & GPS_TIME_CHANGED) !== 0 ? 1 : 0
        this.#last[own] = this.#integers[own]!.read(this.#last[own]!, context)
      }
      scanAngle[i] = this.#last[own]!
    }
  }
}

export class UserDataLayer extends Layer {
  readonly #models = new Int32Array(CHANNELS * 64)
  readonly #last = new Uint8Array(CHANNELS)

  protected beginChannel(channel: number, from: number, points: Points): void {
    this.#models.fill(0, channel * 64, channel * 64 + 64)
    this.#last[channel] = from < 0 ? points.userData[0]! : this.#last[from]!
  }

  decode(points: Points, from: number, to: number): void {
    const { userData, channel } = points
    for (let i = from; i < to; i++) {
      const own = channel[i]!
      this.enter(own, points)
      if (this.present) this.#last[own] = this.symbol(this.#models, own * 64 + (this.#last[own]! >> 2), 256)
      userData[i] = this.#last[own]!
    }
  }
}

export class PointSourceLayer extends Layer {
  readonly #integers = perChannel(() => new Integers(this.coder, 16))
  readonly #last = new Uint16Array(CHANNELS)

  protected beginChannel(channel: number, from: number, points: Points): void {
    this.#integers[channel]!.reset()
    this.#last[channel] = from < 0 ? points.pointSource[0]! : this.#last[from]!
  }

  decode(points: Points, from: number, to: number): void {
    const { pointSource, channel, changed } = points
    for (let i = from; i < to; i++) {
      const own = channel[i]!
      this.enter(own, points)
      if (this.present && (changed[i]! & POINT_SOURCE_CHANGED) !== 0)
        this.#last[own] = this.#integers[own]!.read(this.#last[own]!, 0)
      pointSource[i] = this.#last[own]!
    }
  }
}

export class GpsTimeLayer extends Layer {
  readonly #times = perChannel(() => new GpsTimes(this.coder, false))

  protected beginChannel(channel: number, from: number, points: Points): void {
    const before = this.#times[from]
    const { gpsWords } = points
    this.#times[channel]!.reset(before?.low ?? gpsWords[0]!, before?.high ?? gpsWords[1]!)
  }

  decode(points: Points, from: number, to: number): void {
    const { gpsWords, channel, changed } = points
    for (let i = from; i < to; i++) {
      const own = channel[i]!
      this.enter(own, points)
      const times = this.#times[own]!
      if (this.present && (changed[i]! & GPS_TIME_CHANGED) !== 0) times.advance()
      gpsWords[2 * i] = times.low
      gpsWords[2 * i + 1] = times.high
    }
  }
}
