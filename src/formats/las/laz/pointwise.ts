/** Chunks of point formats 0 to 5: one stream in which each point stands whole (LASzip's items of version 2). */

import { ALL_WANTED, type Points } from '../points.ts'
import type { RecordShape } from '../record.ts'
import { readRecords, WAVE_BYTES } from '../record.ts'
import { Coder } from './coder.ts'
import { Colours } from './colours.ts'
import { GpsTimes } from './gps-time.ts'
import { Integers } from './integers.ts'
import { Medians } from './medians.ts'
import { bitsContext, RETURN_LEVEL_8, RETURN_MAP_8 } from './tables.ts'
import type { ChunkDecoder } from './types.ts'
import { WavePacket, WavePackets } from './wave-packets.ts'

export class PointwiseDecoder implements ChunkDecoder {
  readonly #shape: RecordShape
  readonly #length: number
  readonly #extraBytes: number
  readonly #coder = new Coder()
  readonly #intensity = new Integers(this.#coder, 16, 4)
  readonly #pointSource = new Integers(this.#coder, 16)
  readonly #dx = new Integers(this.#coder, 32, 2)
  readonly #dy = new Integers(this.#coder, 32, 22)
  readonly #z = new Integers(this.#coder, 32, 20)
  readonly #xMedians = new Medians(16)
  readonly #yMedians = new Medians(16)
  readonly #gps: GpsTimes | undefined
  readonly #colours: Colours | undefined
  readonly #waves: WavePackets | undefined
  /** Models by what they are of: changed values, two of scan angles, bits, classes and user data by the last value. */
  readonly #models = new Int32Array(3 + 3 * 256)
  readonly #extraModels: Int32Array
  readonly #lastIntensity = new Uint16Array(16)
  readonly #lastZ = new Int32Array(8)
  readonly #lastColour = new Uint16Array(3)
  readonly #lastWave = new WavePacket()
  readonly #lastExtra: Uint8Array
  #bytes: Uint8Array = new Uint8Array(0)
  /** Where a chunk begins whose first point was not read yet. */
  #start = 0
  #first = true
  // The last point.
  #x = 0
  #y = 0
  #height = 0
  #ownIntensity = 0
  #bits = 0
  #class = 0
  #angle = 0
  #user = 0
  #source = 0

  constructor(shape: RecordShape, length: number) {
    this.#shape = shape
    this.#length = length
    this.#extraBytes = length - shape.size
    this.#extraModels = new Int32Array(this.#extraBytes)
    this.#lastExtra = new Uint8Array(this.#extraBytes)
    if (shape.gpsTime !== undefined) this.#gps = new GpsTimes(this.#coder, true)
    if (shape.rgb !== undefined) this.#colours = new Colours(this.#coder)
    if (shape.wave !== undefined) this.#waves = new WavePackets(this.#coder)
  }

  open(bytes: Uint8Array, start: number): void {
    this.#bytes = bytes
    this.#start = start
    this.#first = true
  }

  get position(): number {
    return this.#first ? this.#start : this.#coder.position
  }

  get overrun(): boolean {
    return this.#first ? this.#start + this.#length > this.#bytes.length : this.#coder.overrun
  }

  decode(points: Points, count: number, placed: () => number): void {
    let i = 0
    if (this.#first && count > 0) {
      if (this.overrun) return
      this.#begin(points)
      i = 1
    }
    for (; i < count; i++) this.#point(points, i)
    placed()
  }

  #begin(points: Points): void {
    const bytes = this.#bytes
    const start = this.#start
    readRecords(bytes, start, this.#length, this.#shape, 1, ALL_WANTED, points)
    this.#first = false
    this.#coder.reset(bytes, start + this.#length, bytes.length)
    for (const part of [this.#intensity, this.#pointSource, this.#dx, this.#dy, this.#z]) part.reset()
    this.#xMedians.reset()
    this.#yMedians.reset()
    this.#gps?.reset(points.gpsWords[0]!, points.gpsWords[1]!)
    this.#colours?.reset()
    this.#waves?.reset()
    this.#models.fill(0)
    this.#extraModels.fill(0)
    this.#lastIntensity.fill(0)
    this.#lastZ.fill(0)
    this.#lastColour.set(points.rgb.subarray(0, 3))
    this.#lastWave.bytes.set(points.wave.subarray(0, WAVE_BYTES))
    this.#lastExtra.set(points.extra.subarray(0, this.#extraBytes))
    this.#x = points.x[0]!
    this.#y = points.y[0]!
    this.#height = points.z[0]!
    // Not the point's own: LASzip compares the second point's with 0.
    this.#ownIntensity = 0
    this.#bits = points.returns[0]!
    this.#class = points.classification[0]!
    this.#angle = points.scanAngle[0]!
    this.#user = points.userData[0]!
    this.#source = points.pointSource[0]!
  }

  #symbol(which: number, symbols: number): number {
    return this.#coder.symbolOf(this.#models, which, symbols)
  }

  #point(points: Points, i: number): void {
    const changed = this.#symbol(0, 64)
    if ((changed & 32) !== 0) this.#bits = this.#symbol(3 + this.#bits, 256)
    const returns = this.#bits
    // Number of returns, then return number: the bits stand as the tables have them.
    const map = RETURN_MAP_8[returns & 63]!
    const level = RETURN_LEVEL_8[returns & 63]!
    if (changed !== 0) this.#values(changed, map)

    const only = (returns & 56) === 8
    const xBits = this.#dx.read(this.#xMedians.get(map), only ? 1 : 0)
    this.#x = (this.#x + xBits) | 0
    this.#xMedians.add(map, xBits)
    const yBits = this.#dy.read(this.#yMedians.get(map), bitsContext(this.#dx.bits, 20, only))
    this.#y = (this.#y + yBits) | 0
    this.#yMedians.add(map, yBits)
    const both = (this.#dx.bits + this.#dy.bits) >> 1
    this.#height = this.#z.read(this.#lastZ[level]!, bitsContext(both, 18, only))
    this.#lastZ[level] = this.#height

    points.x[i] = this.#x
    points.y[i] = this.#y
    points.z[i] = this.#height
    points.intensity[i] = this.#ownIntensity
    points.returns[i] = returns
    points.classification[i] = this.#class
    points.scanAngle[i] = this.#angle
    points.userData[i] = this.#user
    points.pointSource[i] = this.#source
    if (this.#gps !== undefined) {
      this.#gps.advance()
      points.gpsWords[2 * i] = this.#gps.low
      points.gpsWords[2 * i + 1] = this.#gps.high
    }
    if (this.#colours !== undefined) {
      const last = this.#lastColour
      this.#colours.read(last, 0)
      points.rgb[3 * i] = last[0]!
      points.rgb[3 * i + 1] = last[1]!
      points.rgb[3 * i + 2] = last[2]!
    }
    if (this.#waves !== undefined) {
      this.#waves.read(this.#lastWave)
      points.wave.set(this.#lastWave.bytes, i * WAVE_BYTES)
    }
    if (this.#extraBytes > 0) this.#extra(points, i)
  }

  /** What changed beside the place. */
  #values(changed: number, map: number): void {
    if ((changed & 16) !== 0) {
      this.#ownIntensity = this.#intensity.read(this.#lastIntensity[map]!, Math.min(map, 3))
      this.#lastIntensity[map] = this.#ownIntensity
    } else this.#ownIntensity = this.#lastIntensity[map]!
    if ((changed & 8) !== 0) this.#class = this.#symbol(259 + this.#class, 256)
    if ((changed & 4) !== 0) {
      const difference = this.#symbol(1 + ((this.#bits >> 6) & 1), 256)
      this.#angle = ((difference + this.#angle) << 24) >> 24
    }
    if ((changed & 2) !== 0) this.#user = this.#symbol(515 + this.#user, 256)
    if ((changed & 1) !== 0) this.#source = this.#pointSource.read(this.#source, 0)
  }

  #extra(points: Points, i: number): void {
    const { extra } = points
    const last = this.#lastExtra
    for (let k = 0; k < this.#extraBytes; k++) {
      const value = (last[k]! + this.#coder.symbolOf(this.#extraModels, k, 256)) & 255
      last[k] = value
      extra[i * this.#extraBytes + k] = value
    }
  }
}
