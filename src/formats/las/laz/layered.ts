/** Chunks of point formats 6 to 10: a stream for each kind of value (LASzip's items of version 3). */

import type { Points, Wanted } from '../points.ts'
import { ALL_WANTED } from '../points.ts'
import { type RecordShape, readRecords } from '../record.ts'
import { ColourLayer, ExtraByteLayer, NearInfraredLayer, WaveLayer } from './item-layers.ts'
import {
  ClassificationLayer,
  FlagsLayer,
  GpsTimeLayer,
  IntensityLayer,
  PointSourceLayer,
  ScanAngleLayer,
  UserDataLayer,
  ZLayer,
} from './layers.ts'
import { PlaceLayer } from './place-layer.ts'
import type { ChunkDecoder } from './types.ts'

interface AnyLayer {
  readonly overrun: boolean
  begin(points: Points, bytes: Uint8Array, start: number, end: number): void
  decode(points: Points, from: number, to: number): void
}

/** Layers of a point itself: place, z, classification, flags, intensity, scan angle, user data, source, GPS time. */
const POINT_LAYERS = 9

/** Bytes of a chunk's head: the first point, the number of points, the sizes of the layers. */
export function layeredHeadBytes(shape: RecordShape, length: number): number {
  return length + 4 + 4 * layerCount(shape, length)
}

function layerCount({ size, rgb, nir, wave }: RecordShape, length: number): number {
  return POINT_LAYERS + [rgb, nir, wave].filter((at) => at !== undefined).length + length - size
}

/** Bytes of a whole chunk by its head at `start`. */
export function layeredChunkBytes(
  bytes: Uint8Array,
  start: number,
  shape: RecordShape,
  length: number,
): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let total = layeredHeadBytes(shape, length)
  for (let i = 0; i < layerCount(shape, length); i++)
    total += view.getUint32(start + length + 4 + 4 * i, true)
  return total
}

export class LayeredDecoder implements ChunkDecoder {
  readonly #shape: RecordShape
  readonly #length: number
  readonly #place = new PlaceLayer()
  /** Behind the place, in the order in which they stand; undefined for those that nobody wants. */
  readonly #layers: readonly (AnyLayer | undefined)[]
  readonly #wanted: readonly AnyLayer[]
  #bytes: Uint8Array = new Uint8Array(0)
  #start = 0
  #end = 0
  #first = true
  #broken = false

  constructor(shape: RecordShape, length: number, wanted: Wanted) {
    this.#shape = shape
    this.#length = length
    const layers: (AnyLayer | undefined)[] = [
      wanted.z ? new ZLayer() : undefined,
      wanted.classification ? new ClassificationLayer() : undefined,
      wanted.flags ? new FlagsLayer() : undefined,
      wanted.intensity ? new IntensityLayer() : undefined,
      wanted.scanAngle ? new ScanAngleLayer() : undefined,
      wanted.userData ? new UserDataLayer() : undefined,
      wanted.pointSource ? new PointSourceLayer() : undefined,
      wanted.gpsTime ? new GpsTimeLayer() : undefined,
    ]
    if (shape.rgb !== undefined) layers.push(wanted.rgb ? new ColourLayer() : undefined)
    if (shape.nir !== undefined) layers.push(wanted.nir ? new NearInfraredLayer() : undefined)
    if (shape.wave !== undefined) layers.push(wanted.wave ? new WaveLayer() : undefined)
    for (let i = 0; i < length - shape.size; i++)
      layers.push(wanted.extra ? new ExtraByteLayer(i) : undefined)
    this.#layers = layers
    this.#wanted = layers.filter((layer) => layer !== undefined)
  }

  open(bytes: Uint8Array, start: number): void {
    this.#bytes = bytes
    this.#start = start
    this.#first = true
    const head = start + layeredHeadBytes(this.#shape, this.#length)
    this.#end = head
    this.#broken = head > bytes.length
    if (this.#broken) return
    this.#end = start + layeredChunkBytes(bytes, start, this.#shape, this.#length)
    this.#broken = this.#end > bytes.length
  }

  get position(): number {
    return this.#end
  }

  get overrun(): boolean {
    if (this.#broken) return true
    if (this.#first) return false
    return this.#place.coder.overrun || this.#wanted.some((layer) => layer.overrun)
  }

  decode(points: Points, count: number, placed: () => number): void {
    if (this.#broken || count === 0) return
    let from = 0
    if (this.#first) {
      this.#begin(points)
      from = 1
    }
    this.#place.decode(points, from, count)
    const to = placed()
    if (to > from) for (const layer of this.#wanted) layer.decode(points, from, to)
  }

  #begin(points: Points): void {
    const bytes = this.#bytes
    readRecords(bytes, this.#start, this.#length, this.#shape, 1, ALL_WANTED, points)
    this.#first = false
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let sizes = this.#start + this.#length + 4
    let at = this.#start + layeredHeadBytes(this.#shape, this.#length)
    const next = (): number => {
      at += view.getUint32(sizes, true)
      sizes += 4
      return at
    }
    this.#place.begin(points, bytes, at, next())
    for (const layer of this.#layers) {
      const from = at
      const to = next()
      layer?.begin(points, bytes, from, to)
    }
  }
}
