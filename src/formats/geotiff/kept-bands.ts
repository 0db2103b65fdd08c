/** Bands of tiles that were decoded, kept for the next window that touches them: there they are copied row by row. */

import type { ColumnValues } from '../batch.ts'
import type { ByteRange } from '../blocks/types.ts'
import type { Allocate } from '../builders.ts'
import type { Memory } from '../types.ts'
import { type Samples, sizeOf } from './decode.ts'
import { storedRows, type Tile } from './tiles.ts'
import type { Raster } from './types.ts'
import { newValues, type Stretch, takeBands } from './values.ts'

/** A larger tile (a strip that is all of a wide raster) costs more to be kept than its next window would save. */
const MOST_BYTES = 8 << 20

/** Of a tile no larger than this all rows are decoded: neighbouring windows want the others. */
const WHOLE_BYTES = 1 << 20

/** A band of a tile, over all of its width; the first rows of it, as far as they were decoded. */
interface KeptBand {
  readonly values: ColumnValues
  readonly rows: number
}

/** The tiles of one raster, of which some bands are kept. */
export class KeptTiles {
  /** All that a tile's samples depend on beside its bytes: a slice may say other things of the same object. */
  readonly #said: string

  constructor(
    readonly raster: Raster,
    little: boolean,
    readonly memory: Memory,
    readonly allocate: Allocate,
  ) {
    this.#said = JSON.stringify([raster, little])
  }

  /** Undefined for a tile that is not kept. `ranges`: where each band's bytes are. */
  tile(tile: Tile, bands: readonly number[], ranges: (band: number) => ByteRange): KeptTile | undefined {
    const { raster, memory, allocate } = this
    const { tileCol, tileRow } = tile
    const needed = tile.row + tile.height - tileRow * raster.tileHeight
    const rowBytes = raster.tileWidth * (sizeOf(raster.kind) / 8)
    const ofRows = (rows: number): number => rowBytes * rows * bands.length
    if (ofRows(needed) > MOST_BYTES) return undefined
    const stored = storedRows(raster, tileRow)
    const rows = ofRows(stored) <= WHOLE_BYTES ? stored : needed
    const nameOf = (band: number): string => {
      const { start, end } = ranges(band)
      return `tile ${tileCol} ${tileRow} ${band} ${start} ${end} ${this.#said}`
    }
    return new KeptTile(raster, tile, { rows, needed, rowBytes }, nameOf, { memory, allocate }, bands)
  }
}

/** What is known of one tile. Holds what it found: it cannot be forgotten before it is used. */
export class KeptTile {
  readonly #bands = new Map<number, KeptBand>()

  constructor(
    readonly raster: Raster,
    readonly tile: Tile,
    /** Rows from the tile's top: those to be decoded, and those that cannot be done without. */
    readonly size: { rows: number; readonly needed: number; readonly rowBytes: number },
    readonly nameOf: (band: number) => string,
    readonly room: { readonly memory: Memory; readonly allocate: Allocate },
    bands: readonly number[],
  ) {
    for (const band of bands) {
      const found = room.memory.recall<KeptBand>(nameOf(band))
      if (found !== undefined && found.rows >= size.needed) this.#bands.set(band, found)
    }
  }

  /** Rows from the tile's top that are to be decoded. */
  get rows(): number {
    return this.size.rows
  }

  /** Only what is needed, where the rest of a tile is damaged; false where that was all. */
  needLess(): boolean {
    const { rows, needed } = this.size
    this.size.rows = needed
    return needed < rows
  }

  has(bands: readonly number[]): boolean {
    return bands.every((band) => this.#bands.has(band))
  }

  /** Takes bands from samples that were decoded from the tile's top. `at`: where they are among the samples. */
  keep(samples: Samples, at: readonly number[], bands: readonly number[]): void {
    const { raster, tile, nameOf } = this
    const { memory, allocate } = this.room
    const { rows } = this.size
    const { tileWidth, tileHeight, kind } = raster
    const { tileCol, tileRow } = tile
    const [col, row] = [tileCol * tileWidth, tileRow * tileHeight]
    const whole = { tileCol, tileRow, col, row, width: tileWidth, height: rows }
    const made = bands.map(() => newValues(allocate, kind, tileWidth * rows))
    takeBands(samples, at, { tile: whole, from: 0, to: tileWidth * rows }, raster, made)
    for (const [i, band] of bands.entries()) {
      const values = made[i]!
      const buffer = values.buffer as ArrayBuffer
      const kept: KeptBand = { values, rows }
      this.#bands.set(band, kept)
      memory.keep(nameOf(band), kept, buffer.byteLength, [buffer])
    }
  }

  /** The stretch of a band that it has. */
  copy(band: number, { from, to }: Stretch, target: ColumnValues): void {
    const { tile, raster } = this
    const values = this.#bands.get(band)!.values as Uint8Array
    const left = tile.col - tile.tileCol * raster.tileWidth
    const top = tile.row - tile.tileRow * raster.tileHeight
    for (let pixel = from; pixel < to; ) {
      const row = Math.floor(pixel / tile.width)
      const col = pixel - row * tile.width
      // Rows of the whole width stand one after the other.
      const count = tile.width === raster.tileWidth ? to - pixel : Math.min(tile.width - col, to - pixel)
      const start = (top + row) * raster.tileWidth + left + col
      const part = values.subarray(start, start + count)
      ;(target as Uint8Array).set(part, pixel - from)
      pixel += count
    }
  }
}
