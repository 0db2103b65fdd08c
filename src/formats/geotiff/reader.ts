/** Tiles as rows: a row for each tile, or for each of its pixels. */

import type { ColumnBatch, ColumnValues, ColumnVector } from '../batch.ts'
import type { BlockFile, BlockReader, BlockSettings, ByteRange } from '../blocks/types.ts'
import { ordinals } from '../builders.ts'
import type { Memory, Part } from '../types.ts'
import { sizeOf, TileDecoder } from './decode.ts'
import { KeptParts, maskPlane, memoryFor } from './kept-parts.ts'
import { nodataValue } from './nodata.ts'
import { placeColumn } from './place.ts'
import { Plane } from './plane.ts'
import { unpackRanges } from './ranges.ts'
import { tileOf } from './tile-of.ts'
import type { Tile } from './tiles.ts'
import type { Dialect, SampleKind } from './types.ts'
import { fillAbsent, newValues, type Stretch, validityOf } from './values.ts'

/** What a projected column is: a band (from 0), the mask, the ordinal, or the place of a tile or pixel. */
type Wanted = number | 'mask' | 'record' | { readonly place: string }

/** Pixels of a batch; four times as many where one has no more bits than this, so that a tile is one batch. */
const BATCH_ROWS = 65_536
const NARROW_BITS = 32

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
  const memory = memoryFor(file, dialect, settings.conditions)
  return new TileReader(dialect, wanted, settings, image!, masks, memory)
}

function wantedOf(name: string): Wanted {
  if (name === 'mask' || name === 'record') return name
  return name.startsWith('band_') ? Number(name.slice(5)) - 1 : { place: name }
}

class TileReader implements BlockReader {
  readonly lends = true
  /** Ranges of a block that are fetched, by their number: planes of the image, then the mask. */
  readonly #fetched: readonly number[]
  /** Those that are wanted, in order. */
  readonly #bands: readonly number[]
  readonly #batchRows: number
  readonly #nodata: number | bigint | undefined
  readonly allocate: BlockSettings['allocate']
  readonly #recycle: NonNullable<BlockSettings['recycle']>
  readonly #kept: KeptParts

  constructor(
    readonly dialect: Dialect,
    readonly wanted: readonly Wanted[],
    settings: BlockSettings,
    readonly image: TileDecoder,
    readonly masks: TileDecoder | undefined,
    memory: Memory | undefined,
  ) {
    this.allocate = settings.allocate
    this.#recycle = settings.recycle ?? (() => undefined)
    const { raster, mask, nodata, pixels } = dialect
    const bands = [...new Set(wanted.filter((one) => typeof one === 'number'))].sort((a, b) => a - b)
    this.#bands = bands
    this.#kept = new KeptParts(dialect, bands, memory, settings.allocate)
    const isNarrow = bands.length * sizeOf(raster.kind) <= NARROW_BITS && bands.length === wanted.length
    this.#batchRows = isNarrow ? 4 * BATCH_ROWS : BATCH_ROWS
    const planes = bands.length === 0 ? [] : raster.separate ? bands : [0]
    const needsMask = mask !== undefined && (wanted.includes('mask') || (pixels && bands.length > 0))
    this.#fetched = needsMask ? [...planes, maskPlane(dialect)] : planes
    // A mask says better than a value which pixels are something: so does GDAL take them.
    this.#nodata = nodata === undefined || mask !== undefined ? undefined : nodataValue(nodata, raster.kind)
  }

  ranges(part: Part): ByteRange[] {
    const all =
      part.window === undefined ? [{ start: part.source, end: part.end }] : unpackRanges(part.window)
    return this.#kept.missing(part, all, this.#fetched)
  }

  *decode(
    part: Part,
    bytes: readonly Uint8Array[],
    from: number,
    to: number,
    maxRows: number,
  ): Generator<ColumnBatch> {
    const { raster, mask: maskRaster, pixels } = this.dialect
    const tile = tileOf(this.dialect, part)
    const planes = new Map(this.#fetched.map((i, at) => [i, bytes[at]!]))
    // What a tile is inflated into is needed until its last row is taken.
    const lent: ArrayBuffer[] = []
    const lend = (size: number): ArrayBuffer => {
      const buffer = this.allocate(size)
      lent.push(buffer)
      return buffer
    }
    const held = this.#kept.take(part)
    const common = { tile, bytes: planes, allocate: lend }
    const image = new Plane({ ...common, raster, decoder: this.image, first: 0, kept: held.image })
    const mask =
      this.masks &&
      new Plane({
        ...common,
        raster: maskRaster!,
        decoder: this.masks,
        first: maskPlane(this.dialect),
        kept: held.mask,
      })
    try {
      if (pixels) yield* this.#pixels(part, { tile, from, to }, image, mask, maxRows)
      else if (from < to) yield this.#whole(part, tile, image, mask)
    } finally {
      for (const buffer of lent) this.#recycle(buffer)
    }
  }

  *#pixels(
    part: Part,
    { tile, from, to }: Stretch,
    image: Plane,
    mask: Plane | undefined,
    maxRows: number,
  ): Generator<ColumnBatch> {
    // Who gets a few rows first, because they come early, is not to get all of the tile in such small portions.
    for (let at = from, most = maxRows; at < to; at += most, most = this.#batchRows) {
      const stretch = { tile, from: at, to: Math.min(to, at + most) }
      const valid = mask === undefined ? undefined : this.#maskBits(mask, stretch)
      const bands = this.#take(image, stretch)
      const columns = this.wanted.map((one, i) =>
        typeof one === 'number'
          ? this.#bandOfPixels(this.#own(bands, one, i), valid)
          : this.#placeOfPixels(one, part, stretch),
      )
      yield { rows: stretch.to - at, columns }
    }
  }

  #whole(part: Part, tile: Tile, image: Plane, mask: Plane | undefined): ColumnBatch {
    const stretch = { tile, from: 0, to: tile.width * tile.height }
    const bands = this.#take(image, stretch)
    const columns = this.wanted.map((one, i) => {
      if (typeof one === 'number') return this.#listOf(this.#own(bands, one, i))
      if (one === 'mask') return this.#listOf(this.#maskValues(mask!, stretch))
      return one === 'record'
        ? ordinals(this.allocate, part.firstRow, 1)
        : placeColumn(one.place, this.dialect, tile, { from: 0, to: 1 }, this.allocate)
    })
    return { rows: 1, columns }
  }

  #listOf(values: ColumnValues): ColumnVector {
    const { length } = values
    const offsets = new Int32Array(this.allocate(8), 0, 2)
    offsets[0] = 0
    offsets[1] = length
    return { length: 1, offsets, children: [{ length, values }] }
  }

  #bandOfPixels(values: ColumnValues, valid: Uint8Array | undefined): ColumnVector {
    const { allocate } = this
    const { length } = values
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

  #placeOfPixels(one: Exclude<Wanted, number>, part: Part, stretch: Stretch): ColumnVector {
    const { from, to, tile } = stretch
    if (typeof one === 'object') return placeColumn(one.place, this.dialect, tile, stretch, this.allocate)
    return ordinals(this.allocate, part.firstRow + from, to - from)
  }

  /** The wanted bands of the stretch. */
  #take(image: Plane, stretch: Stretch): ReadonlyMap<number, ColumnValues> {
    const { raster, nodata } = this.dialect
    const length = stretch.to - stretch.from
    const values = this.#bands.map(() => newValues(this.allocate, raster.kind, length))
    image.take(this.#bands, stretch, values, (absent) => fillAbsent(raster.kind, nodata, absent))
    return new Map(this.#bands.map((band, i) => [band, values[i]!]))
  }

  /** A band's values for the column `i`; who wants a band twice gets it twice. */
  #own(bands: ReadonlyMap<number, ColumnValues>, band: number, i: number): ColumnValues {
    const values = bands.get(band)!
    return this.wanted.indexOf(band) === i ? values : values.slice()
  }

  /** As GDAL gives it: 255 where a pixel is something. */
  #maskValues(mask: Plane, stretch: Stretch): Uint8Array {
    const kind: SampleKind = 'uint8'
    const values = newValues(this.allocate, kind, stretch.to - stretch.from) as Uint8Array
    mask.take([0], stretch, [values], () => values.fill(0))
    if (mask.raster.bits === 1) for (let i = 0; i < values.length; i++) values[i] = values[i] === 0 ? 0 : 255
    return values
  }

  #maskBits(mask: Plane, stretch: Stretch): Uint8Array | undefined {
    if (!this.wanted.some((one) => typeof one === 'number')) return undefined
    return validityOf((bytes) => new ArrayBuffer(bytes), this.#maskValues(mask, stretch), 0)
  }
}
