/** The tiles of a level as blocks: one each, with their bytes and boxes. Nothing is decoded. */

import type { ByteSource } from '../../bytes/types.ts'
import { VarveError } from '../../errors.ts'
import { type Block, blockSegments } from '../blocks/segment.ts'
import type { ByteRange } from '../blocks/types.ts'
import type { Zone, ZoneValue } from '../text/types.ts'
import type { Blocks } from '../types.ts'
import { at, boundsOf } from './georeference.ts'
import { packRanges } from './ranges.ts'
import { TiffBytes } from './tiff/bytes.ts'
import { readDirectory, readNumbers } from './tiff/directory.ts'
import { TAG } from './tiff/tags.ts'
import { gridOf, type Tile, tilePart, touchedTiles } from './tiles.ts'
import type { Dialect, Raster, Transform } from './types.ts'

/** Segments kept in memory and in an index; a file that says it has more is damaged, or not for this. */
const MOST_TILES = 50_000_000

export async function readBlocks(
  source: ByteSource,
  dialect: Dialect,
  signal: AbortSignal | undefined,
): Promise<Blocks> {
  const bytes = new TiffBytes(source, signal)
  const { raster, mask, window } = dialect
  const { cols, rows } = touchedTiles(raster, window)
  if (rows[1] === rows[0]) return { segments: [], complete: true, passing: true }
  const images = [await TileList.read(bytes, dialect, raster, rows)]
  if (mask !== undefined) images.push(await TileList.read(bytes, dialect, mask, rows))
  const zones = new ZoneMaker(dialect)
  const blocks: Block[] = []
  for (let tileRow = rows[0]; tileRow < rows[1]; tileRow++) {
    for (let tileCol = cols[0]; tileCol < cols[1]; tileCol++) {
      const tile = tilePart(raster, window, tileCol, tileRow)
      const ranges = images.flatMap((image) => image.ranges(tileCol, tileRow))
      blocks.push(blockOf(dialect, tile, ranges, zones.of(tile)))
    }
  }
  const all = window.width === raster.width && window.height === raster.height
  return { segments: blockSegments(blocks), complete: true, passing: !all }
}

/** Where the tiles of some rows of tiles stand. */
class TileList {
  private constructor(
    readonly source: ByteSource,
    readonly raster: Raster,
    readonly firstRow: number,
    readonly planes: readonly { readonly offsets: number[]; readonly counts: number[] }[],
  ) {}

  static async read(
    bytes: TiffBytes,
    { little, big }: Dialect,
    raster: Raster,
    rows: readonly [number, number],
  ): Promise<TileList> {
    const { directory } = await readDirectory(bytes, { little, big }, raster.directory)
    const [offsetTag, countTag] = directory.entries.has(TAG.tileOffsets)
      ? [TAG.tileOffsets, TAG.tileByteCounts]
      : [TAG.stripOffsets, TAG.stripByteCounts]
    const { across, down } = gridOf(raster)
    const planes = raster.separate ? raster.bands : 1
    const needed = across * down * planes
    const refuse = (what: string): VarveError =>
      new VarveError('invalid-data', `geotiff: ${what} (directory at byte ${raster.directory})`, {
        byte: raster.directory,
      })
    if (needed > MOST_TILES) throw refuse(`there are ${needed} tiles, expected at most ${MOST_TILES}`)
    for (const tag of [offsetTag, countTag]) {
      const { count = 0 } = directory.entries.get(tag) ?? {}
      if (count < needed)
        throw refuse(`tag ${tag} has ${count} values, expected ${needed}, one for each tile`)
    }
    const lists = []
    for (let plane = 0; plane < planes; plane++) {
      const from = (plane * down + rows[0]) * across
      const to = (plane * down + rows[1]) * across
      const offsets = await readNumbers(bytes, directory, offsetTag, from, to)
      const counts = await readNumbers(bytes, directory, countTag, from, to)
      if (offsets.length < to - from || counts.length < to - from)
        throw refuse('the list of tiles is of a type that is no number')
      lists.push({ offsets, counts })
    }
    return new TileList(bytes.source, raster, rows[0], lists)
  }

  /** One range for each plane; an empty one where the tile is not in the file. */
  ranges(tileCol: number, tileRow: number): ByteRange[] {
    const { across } = gridOf(this.raster)
    const at = (tileRow - this.firstRow) * across + tileCol
    return this.planes.map(({ offsets, counts }) => {
      const [start, length] = [offsets[at]!, counts[at]!]
      if (length === 0 || start === 0) return { start: 0, end: 0 }
      const { size } = this.source
      if (start + length <= size) return { start, end: start + length }
      const place = `tile ${tileCol}, ${tileRow}`
      const message = `geotiff: ${place} stands at bytes ${start} to ${start + length}, but the file has ${size}`
      throw new VarveError('invalid-data', message, { byte: start })
    })
  }
}

function blockOf(dialect: Dialect, tile: Tile, ranges: readonly ByteRange[], zones: readonly Zone[]): Block {
  const { raster, pixels } = dialect
  const { start: source, end } = ranges[0]!
  const decoded = Math.ceil(raster.bits / 8) * raster.bands * raster.tileWidth * raster.tileHeight
  // By this, threads share the work, and decompressing is most of it: a window of a few tiles is enough for two.
  const work = raster.compression === 'none' ? decoded : 2 * decoded
  return {
    source,
    end,
    rows: pixels ? tile.width * tile.height : 1,
    raw: work,
    window: ranges.length === 1 ? undefined : packRanges(ranges),
    zones,
  }
}

const zone = (min: ZoneValue, max: ZoneValue = min): Zone => ({ min, max, nulls: min === null })
const NO_PLACE = zone(null)

/** The boxes of tiles, in the order of the layout's zones. A million of them share what their columns and rows share. */
class ZoneMaker {
  readonly #level: Zone
  readonly #cols = new Map<number, readonly Zone[]>()
  readonly #rows = new Map<number, readonly Zone[]>()
  /** x depends on the column only, y on the row. */
  readonly #upright: boolean

  constructor(readonly dialect: Dialect) {
    const { level, transform } = dialect
    this.#level = zone(level)
    this.#upright = transform === undefined || (transform[2] === 0 && transform[4] === 0)
  }

  of(tile: Tile): Zone[] {
    const { pixels } = this.dialect
    const [tileCol, col, xMin, xMax] = this.#kept(this.#cols, tile.tileCol, () => {
      return [zone(tile.tileCol), span(tile.col, tile.width, pixels), ...this.#xs(tile)]
    })
    const [tileRow, row, yMin, yMax] = this.#kept(this.#rows, tile.tileRow, () => {
      return [zone(tile.tileRow), span(tile.row, tile.height, pixels), ...this.#ys(tile)]
    })
    const place = [this.#level, tileCol!, tileRow!, col!, row!]
    return pixels ? [...place, xMin!, yMin!] : [...place, xMin!, yMin!, xMax!, yMax!]
  }

  #kept(map: Map<number, readonly Zone[]>, key: number, make: () => readonly Zone[]): readonly Zone[] {
    if (!this.#upright) return make()
    const zones = map.get(key) ?? make()
    map.set(key, zones)
    return zones
  }

  /** A pixel's x is one column, a tile's two. */
  #xs(tile: Tile): Zone[] {
    const { transform, pixels } = this.dialect
    if (transform === undefined) return [NO_PLACE, NO_PLACE]
    if (pixels) return [around(centres(transform, tile).map(({ x }) => x))]
    const { xMin, xMax } = boundsOf(transform, tile)
    return [zone(xMin), zone(xMax)]
  }

  #ys(tile: Tile): Zone[] {
    const { transform, pixels } = this.dialect
    if (transform === undefined) return [NO_PLACE, NO_PLACE]
    if (pixels) return [around(centres(transform, tile).map(({ y }) => y))]
    const { yMin, yMax } = boundsOf(transform, tile)
    return [zone(yMin), zone(yMax)]
  }
}

const span = (from: number, length: number, pixels: boolean): Zone =>
  pixels ? zone(from, from + length - 1) : zone(from)

const around = (values: readonly number[]): Zone => zone(Math.min(...values), Math.max(...values))

/** Of the pixels in the corners, as their columns have them. */
function centres(transform: Transform, { col, row, width, height }: Tile): { x: number; y: number }[] {
  const cols = [col + 0.5, col + width - 0.5]
  const rows = [row + 0.5, row + height - 0.5]
  return cols.flatMap((c) => rows.map((r) => at(transform, c, r)))
}
