/**
 * The layers of what stands behind a point of formats 6 to 10: colours, near infrared, wave packets, extra bytes.
 *
 * LASzip tells these items the scanner channel only at the point where it changes, and channel 0 at every other; and
 * who comes back to a channel goes on from the last value of the one that was left. Every file is written so, hence
 * it is the format.
 */

import type { Points } from '../points.ts'
import { WAVE_BYTES } from '../record.ts'
import { Coder } from './coder.ts'
import { Colours } from './colours.ts'
import { CHANNELS } from './layers.ts'
import { CHANNEL_CHANGED } from './place-layer.ts'
import { WavePacket, WavePackets } from './wave-packets.ts'

abstract class ItemLayer {
  protected readonly coder = new Coder()
  #used = 0
  #current = 0
  protected present = false
  /** Whose last values the next point goes by. */
  protected last = 0

  begin(points: Points, bytes: Uint8Array, start: number, end: number): void {
    this.coder.reset(bytes, start, end)
    this.present = end > start
    this.#current = points.channel[0]!
    this.#used = 1 << this.#current
    this.last = this.#current
    this.beginChannel(this.#current, -1, points)
  }

  get overrun(): boolean {
    return this.present && this.coder.overrun
  }

  abstract decode(points: Points, from: number, to: number): void

  protected abstract beginChannel(channel: number, from: number, points: Points): void

  /** The channel that the item of point i is coded with. */
  protected enter(points: Points, i: number): number {
    const channel = (points.changed[i]! & CHANNEL_CHANGED) !== 0 ? points.channel[i]! : 0
    this.last = this.#current
    if (channel !== this.#current) {
      if ((this.#used & (1 << channel)) === 0) {
        this.#used |= 1 << channel
        this.beginChannel(channel, this.#current, points)
        this.last = channel
      }
      this.#current = channel
    }
    return channel
  }
}

export class ColourLayer extends ItemLayer {
  readonly #colours = Array.from({ length: CHANNELS }, () => new Colours(this.coder))
  readonly #values = new Uint16Array(CHANNELS * 3)

  protected beginChannel(channel: number, from: number, points: Points): void {
    this.#colours[channel]!.reset()
    const before = from < 0 ? points.rgb.slice(0, 3) : this.#values.slice(from * 3, from * 3 + 3)
    this.#values.set(before, channel * 3)
  }

  decode(points: Points, from: number, to: number): void {
    const { rgb } = points
    const values = this.#values
    for (let i = from; i < to; i++) {
      const channel = this.enter(points, i)
      const at = this.last * 3
      if (this.present) this.#colours[channel]!.read(values, at)
      rgb[3 * i] = values[at]!
      rgb[3 * i + 1] = values[at + 1]!
      rgb[3 * i + 2] = values[at + 2]!
    }
  }
}

export class NearInfraredLayer extends ItemLayer {
  /** Which bytes changed, the low one, the high one. */
  readonly #models = new Int32Array(CHANNELS * 3)
  readonly #values = new Uint16Array(CHANNELS)

  protected beginChannel(channel: number, from: number, points: Points): void {
    this.#models.fill(0, channel * 3, channel * 3 + 3)
    this.#values[channel] = from < 0 ? points.nir[0]! : this.#values[from]!
  }

  decode(points: Points, from: number, to: number): void {
    for (let i = from; i < to; i++) {
      const channel = this.enter(points, i)
      const last = this.#values[this.last]!
      if (this.present) {
        const changed = this.#symbol(channel * 3, 4)
        const low = (changed & 1) !== 0 ? (this.#symbol(channel * 3 + 1, 256) + last) & 255 : last & 255
        const high =
          (changed & 2) !== 0 ? (this.#symbol(channel * 3 + 2, 256) + (last >> 8)) & 255 : last >> 8
        this.#values[this.last] = low | (high << 8)
      }
      points.nir[i] = this.#values[this.last]!
    }
  }

  #symbol(which: number, symbols: number): number {
    if (this.#models[which] === 0) this.#models[which] = this.coder.model(symbols)
    return this.coder.symbol(this.#models[which]!)
  }
}

export class WaveLayer extends ItemLayer {
  readonly #waves = Array.from({ length: CHANNELS }, () => new WavePackets(this.coder))
  readonly #packets = Array.from({ length: CHANNELS }, () => new WavePacket())

  protected beginChannel(channel: number, from: number, points: Points): void {
    this.#waves[channel]!.reset()
    this.#packets[channel]!.bytes.set(this.#packets[from]?.bytes ?? points.wave.subarray(0, WAVE_BYTES))
  }

  decode(points: Points, from: number, to: number): void {
    const { wave } = points
    for (let i = from; i < to; i++) {
      const channel = this.enter(points, i)
      const packet = this.#packets[this.last]!
      if (this.present) this.#waves[channel]!.read(packet)
      wave.set(packet.bytes, i * WAVE_BYTES)
    }
  }
}

/** One of the extra bytes: each is a layer of its own. */
export class ExtraByteLayer extends ItemLayer {
  readonly #models = new Int32Array(CHANNELS)
  readonly #values = new Uint8Array(CHANNELS)

  constructor(readonly which: number) {
    super()
  }

  protected beginChannel(channel: number, from: number, points: Points): void {
    this.#models[channel] = 0
    this.#values[channel] = from < 0 ? points.extra[this.which]! : this.#values[from]!
  }

  decode(points: Points, from: number, to: number): void {
    const { extra, extraBytes } = points
    for (let i = from; i < to; i++) {
      const channel = this.enter(points, i)
      if (this.present) {
        if (this.#models[channel] === 0) this.#models[channel] = this.coder.model(256)
        this.#values[this.last] = this.#values[this.last]! + this.coder.symbol(this.#models[channel]!)
      }
      extra[i * extraBytes + this.which] = this.#values[this.last]!
    }
  }
}
