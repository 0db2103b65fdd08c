/** What a reader finds kept of the parts that it is about to fetch and decode. */

import type { BlockFile, BlockSettings, ByteRange } from '../blocks/types.ts'
import type { Allocate } from '../builders.ts'
import type { Memory, Part } from '../types.ts'
import { type KeptTile, KeptTiles } from './kept-bands.ts'
import { tileOf } from './tile-of.ts'
import type { Dialect } from './types.ts'

/** What is kept of a part's tile, of the image and of its mask. */
interface Held {
  readonly image?: KeptTile | undefined
  readonly mask?: KeptTile | undefined
}

const NOTHING: ByteRange = { start: 0, end: 0 }

/** The number of the mask's range among those of a block: after the planes of the image. */
export function maskPlane({ raster }: Dialect): number {
  return raster.separate ? raster.bands : 1
}

/**
 * Where the tiles of a scan are kept: of a window, or rows in some places, the next one may touch the same; all of a
 * large raster would push out what is kept of others.
 */
export function memoryFor(
  { layout, kept }: BlockFile,
  { window, raster }: Dialect,
  conditions: BlockSettings['conditions'] = [],
): Memory | undefined {
  const isWindow = window.width < raster.width || window.height < raster.height
  return isWindow || conditions.some(({ column }) => layout.zones.includes(column)) ? kept : undefined
}

export class KeptParts {
  readonly #dialect: Dialect
  readonly #bands: readonly number[]
  readonly #image: KeptTiles | undefined
  readonly #mask: KeptTiles | undefined
  /** By the first rows of parts that are not decoded yet. */
  readonly #held = new Map<number, Held>()

  constructor(dialect: Dialect, bands: readonly number[], memory: Memory | undefined, allocate: Allocate) {
    const { raster, mask, little } = dialect
    this.#dialect = dialect
    this.#bands = bands
    this.#image = memory && new KeptTiles(raster, little, memory, allocate)
    this.#mask = memory && mask && new KeptTiles(mask, little, memory, allocate)
  }

  /** Of the numbered ranges of a part those that are to be fetched, empty where all that they would give is kept. */
  missing(part: Part, ranges: readonly ByteRange[], numbers: readonly number[]): ByteRange[] {
    const range = (i: number): ByteRange => ranges[i] ?? NOTHING
    if (this.#image === undefined) return numbers.map(range)
    const tile = tileOf(this.#dialect, part)
    const { separate } = this.#dialect.raster
    const masks = maskPlane(this.#dialect)
    const image = this.#image.tile(tile, this.#bands, (band) => range(separate ? band : 0))
    const mask = this.#mask?.tile(tile, [0], () => range(masks))
    this.#held.set(part.firstRow, { image, mask })
    return numbers.map((i) => {
      const isHeld = i === masks ? mask?.has([0]) : image?.has(separate ? [i] : this.#bands)
      return isHeld === true ? NOTHING : range(i)
    })
  }

  /** What was found for a part, once. */
  take({ firstRow }: Part): Held {
    const held = this.#held.get(firstRow) ?? {}
    this.#held.delete(firstRow)
    return held
  }
}
