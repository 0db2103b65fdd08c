/** Tiles as rows: a row for each tile, or for each of its pixels. */

import type { ColumnBatch, ColumnVector } from '../batch.ts'
import type { BlockFile, BlockReader, BlockSettings, ByteRange } from '../blocks/types.ts'
import { ordinals } from '../builders.ts'
import type { Part } from '../types.ts'
import { type Samples, TileDecoder } from './decode.ts'
import { nodataValue } from './nodata.ts'
import { placeColumn } from './place.ts'
import { unpackRanges } from './ranges.ts'
import { tileOf } from './tile-of.ts'
import type { Tile } from './tiles.ts'
import type { Dialect, Raster, SampleKind } from './types.ts'
import { fillAbsent, newValues, type Stretch, takeBand, validityOf } from './values.ts'

/** What a projected column is: a band (from 0), the mask, the ordinal, or the place of a tile or pixel. */
type Wanted = number | 'mask' | 'record' | { readonly place: string }

export async function makeReader(
  file: BlockFile,
  projection: readonly number[],
  settings: BlockSettings,
): Promise<BlockReader> {
  const dialect = file.layout.dialect as unknown as Dialect
  const wanted = projection.map((column) => wantedOf(file.layout.columns[column]!.name))
  const { little, raster, mask } = dialect
  const [image, masks] = await file.memo('geotiff', async () => [
    await TileDecoder.make(raster, little),
    mask && (await TileDecoder.make(mask, little)),
  ])
  return new TileReader(dialect, wanted, settings.allocate, image!, masks)
}

function wantedOf(name: string): Wanted {
  if (name === 'mask' || name === 'record') return name
  return name.startsWith('band_') ? Number(name.slice(5)) - 1 : { place: name }
}

class TileReader implements BlockReader {
  /** Ranges of a block that are fetched, by their number: planes of the image, then the mask. */
  readonly #fetched: readonly number[]
  readonly #nodata: number | bigint | undefined

  constructor(
    readonly dialect: Dialect,
    readonly wanted: readonly Wanted[],
    readonly allocate: BlockSettings['allocate'],
    readonly image: TileDecoder,
    readonly masks: TileDecoder | undefined,
  ) {
    const { raster, mask, nodata, pixels } = dialect
    const bands = [...new Set(wanted.filter((one) => typeof one === 'number'))]
    const planes = bands.length === 0 ? [] : raster.separate ? bands.sort((a, b) => a - b) : [0]
    const needsMask = mask !== undefined && (wanted.includes('mask') || (pixels && bands.length > 0))
    this.#fetched = needsMask ? [...planes, raster.separate ? raster.bands : 1] : planes
    // A mask says better than a value which pixels are something: so does GDAL take them.
    this.#nodata = nodata === undefined || mask !== undefined ? undefined : nodataValue(nodata, raster.kind)
  }

  ranges(part: Part): ByteRange[] {
    const all =
      part.window === undefined ? [{ start: part.source, end: part.end }] : unpackRanges(part.window)
    return this.#fetched.map((i) => all[i] ?? { start: 0, end: 0 })
  }

  *decode(
    part: Part,
    bytes: readonly Uint8Array[],
    from: number,
    to: number,
    maxRows: number,
  ): Generator<ColumnBatch> {
    const tile = tileOf(this.dialect, part)
    const planes = new Map(this.#fetched.map((i, at) => [i, bytes[at]!]))
    const image = new Plane(this.dialect.raster, this.image, tile, planes)
    const mask = this.masks && new Plane(this.dialect.mask!, this.masks, tile, planes, this.#maskPlane())
    if (!this.dialect.pixels) {
      if (from < to)
        yield { rows: 1, columns: this.wanted.map((one) => this.#ofTile(one, part, tile, image, mask)) }
      return
    }
    for (let at = from; at < to; at += maxRows) {
      const stretch = { tile, from: at, to: Math.min(to, at + maxRows) }
      const valid = mask === undefined ? undefined : this.#maskBits(mask, stretch)
      const columns = this.wanted.map((one) => this.#ofPixels(one, part, stretch, image, valid))
      yield { rows: stretch.to - at, columns }
    }
  }

  #maskPlane(): number {
    const { raster } = this.dialect
    return raster.separate ? raster.bands : 1
  }

  #ofTile(one: Wanted, part: Part, tile: Tile, image: Plane, mask: Plane | undefined): ColumnVector {
    const { allocate, dialect } = this
    if (one === 'record') return ordinals(allocate, part.firstRow, 1)
    if (typeof one === 'object') return placeColumn(one.place, dialect, tile, { from: 0, to: 1 }, allocate)
    const length = tile.width * tile.height
    const stretch = { tile, from: 0, to: length }
    const values = one === 'mask' ? this.#maskValues(mask!, stretch) : this.#band(image, one, stretch)
    const offsets = new Int32Array(allocate(8), 0, 2)
    offsets[0] = 0
    offsets[1] = length
    return { length: 1, offsets, children: [{ length, values }] }
  }

  #ofPixels(
    one: Wanted,
    part: Part,
    stretch: Stretch,
    image: Plane,
    valid: Uint8Array | undefined,
  ): ColumnVector {
    const { allocate, dialect } = this
    const length = stretch.to - stretch.from
    if (one === 'record') return ordinals(allocate, part.firstRow + stretch.from, length)
    if (typeof one === 'object') return placeColumn(one.place, dialect, stretch.tile, stretch, allocate)
    const values = this.#band(image, Number(one), stretch)
    if (valid !== undefined) {
      // Each column's buffers move to another thread on their own.
      const own = new Uint8Array(allocate(Math.max(8, valid.length)), 0, valid.length)
      own.set(valid)
      return { length, values, validity: own }
    }
    const nodata = this.#nodata
    const validity = nodata === undefined ? undefined : validityOf(allocate, values, nodata)
    return { length, values, validity }
  }

  #band(image: Plane, band: number, stretch: Stretch) {
    const { raster, nodata } = this.dialect
    const values = newValues(this.allocate, raster.kind, stretch.to - stretch.from)
    const samples = image.samples(raster.separate ? band : 0)
    if (samples === undefined) fillAbsent(raster.kind, nodata, values)
    else takeBand(samples, raster.separate ? 0 : band, stretch, raster, values)
    return values
  }

  /** As GDAL gives it: 255 where a pixel is something. */
  #maskValues(mask: Plane, stretch: Stretch): Uint8Array {
    const kind: SampleKind = 'uint8'
    const values = newValues(this.allocate, kind, stretch.to - stretch.from) as Uint8Array
    const samples = mask.samples(0)
    if (samples === undefined) return values.fill(0)
    takeBand(samples, 0, stretch, mask.raster, values)
    if (mask.raster.bits === 1) for (let i = 0; i < values.length; i++) values[i] = values[i] === 0 ? 0 : 255
    return values
  }

  #maskBits(mask: Plane, stretch: Stretch): Uint8Array | undefined {
    if (!this.wanted.some((one) => typeof one === 'number')) return undefined
    return validityOf((bytes) => new ArrayBuffer(bytes), this.#maskValues(mask, stretch), 0)
  }
}

/** A tile's samples, decoded when they are first asked for. */
class Plane {
  readonly #samples = new Map<number, Samples | undefined>()

  constructor(
    readonly raster: Raster,
    readonly decoder: TileDecoder,
    readonly tile: Tile,
    readonly bytes: ReadonlyMap<number, Uint8Array>,
    /** Where its ranges begin among the block's. */
    readonly first = 0,
  ) {}

  /** Undefined where the tile is not in the file. */
  samples(plane: number): Samples | undefined {
    if (this.#samples.has(plane)) return this.#samples.get(plane)
    const bytes = this.bytes.get(this.first + plane)
    const samples = bytes === undefined || bytes.length === 0 ? undefined : this.#decode(bytes)
    this.#samples.set(plane, samples)
    return samples
  }

  #decode(bytes: Uint8Array): Samples {
    const { row, height, tileRow } = this.tile
    const top = row - tileRow * this.raster.tileHeight
    return this.decoder.decode(bytes, tileRow, top, top + height)
  }
}
