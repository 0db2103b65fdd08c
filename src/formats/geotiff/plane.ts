/** One raster's part in a tile: its bytes, decoded when they are first asked for, and what was kept of it. */

import type { ColumnValues } from '../batch.ts'
import type { Allocate } from '../builders.ts'
import type { Samples, TileDecoder } from './decode.ts'
import type { KeptTile } from './kept-bands.ts'
import type { Tile } from './tiles.ts'
import type { Raster } from './types.ts'
import { type Stretch, takeBands } from './values.ts'

export interface PlaneSettings {
  readonly raster: Raster
  readonly decoder: TileDecoder
  readonly tile: Tile
  /** By the number of their range in the block. */
  readonly bytes: ReadonlyMap<number, Uint8Array>
  /** Where the raster's ranges begin among the block's. */
  readonly first: number
  readonly allocate: Allocate
  readonly kept: KeptTile | undefined
}

export class Plane {
  readonly #settings: PlaneSettings
  readonly #samples = new Map<number, Samples | undefined>()

  constructor(settings: PlaneSettings) {
    this.#settings = settings
  }

  get raster(): Raster {
    return this.#settings.raster
  }

  /** The stretch of these bands, one array each; `absent` fills those of a tile that is not in the file. */
  take(
    bands: readonly number[],
    stretch: Stretch,
    into: readonly ColumnValues[],
    absent: (values: ColumnValues) => void,
  ): void {
    const take = (plane: number, at: readonly number[], of: readonly number[], out: typeof into): void => {
      if (!this.#take(plane, at, of, stretch, out)) out.forEach(absent)
    }
    if (this.raster.separate) for (const [i, band] of bands.entries()) take(band, [0], [band], [into[i]!])
    else if (bands.length > 0) take(0, bands, bands, into)
  }

  /** `at`: where the bands are among the samples of the plane. False where there are none. */
  #take(
    plane: number,
    at: readonly number[],
    bands: readonly number[],
    stretch: Stretch,
    into: readonly ColumnValues[],
  ): boolean {
    const { kept } = this.#settings
    if (kept?.has(bands) !== true) {
      const samples = this.#of(plane)
      if (samples === undefined) return false
      if (kept === undefined) {
        takeBands(samples, at, stretch, this.raster, into)
        return true
      }
      kept.keep(samples, at, bands)
    }
    for (const [i, band] of bands.entries()) kept!.copy(band, stretch, into[i]!)
    return true
  }

  #of(plane: number): Samples | undefined {
    if (this.#samples.has(plane)) return this.#samples.get(plane)
    const { bytes: all, first } = this.#settings
    const bytes = all.get(first + plane)
    const samples = bytes === undefined || bytes.length === 0 ? undefined : this.#decode(bytes)
    this.#samples.set(plane, samples)
    return samples
  }

  #decode(bytes: Uint8Array): Samples {
    const { decoder, tile, allocate, kept, raster } = this.#settings
    const { row, height, tileRow } = tile
    const top = row - tileRow * raster.tileHeight
    if (kept === undefined) return decoder.decode(bytes, tileRow, top, top + height, allocate)
    try {
      return decoder.decode(bytes, tileRow, 0, kept.rows, allocate)
    } catch (error) {
      // The rows that are wanted may be good all the same, and nothing but them may be judged.
      if (!kept.needLess()) throw error
      return decoder.decode(bytes, tileRow, 0, kept.rows, allocate)
    }
  }
}
