/** The grid of tiles over a raster: which tiles a box touches, and which part of each. Pure arithmetic. */

import type { Box, Raster } from './types.ts'

/** A tile, and the part of it that is read. */
export interface Tile extends Box {
  readonly tileCol: number
  readonly tileRow: number
}

export interface Grid {
  readonly across: number
  readonly down: number
}

type Tiling = Pick<Raster, 'width' | 'height' | 'tileWidth' | 'tileHeight'>

export function gridOf({ width, height, tileWidth, tileHeight }: Tiling): Grid {
  return { across: Math.ceil(width / tileWidth), down: Math.ceil(height / tileHeight) }
}

/** Tiles [from, to) in both directions that the window touches. */
export function touchedTiles(
  { tileWidth, tileHeight }: Tiling,
  window: Box,
): { readonly cols: readonly [number, number]; readonly rows: readonly [number, number] } {
  if (window.width === 0 || window.height === 0) return { cols: [0, 0], rows: [0, 0] }
  return {
    cols: [Math.floor(window.col / tileWidth), Math.ceil((window.col + window.width) / tileWidth)],
    rows: [Math.floor(window.row / tileHeight), Math.ceil((window.row + window.height) / tileHeight)],
  }
}

/** The part of a tile inside the window, which lies inside the raster. */
export function tilePart(raster: Tiling, window: Box, tileCol: number, tileRow: number): Tile {
  const { tileWidth, tileHeight } = raster
  const col = Math.max(window.col, tileCol * tileWidth)
  const row = Math.max(window.row, tileRow * tileHeight)
  const right = Math.min(window.col + window.width, (tileCol + 1) * tileWidth)
  const bottom = Math.min(window.row + window.height, (tileRow + 1) * tileHeight)
  return { tileCol, tileRow, col, row, width: right - col, height: bottom - row }
}

/** Rows of pixels that a tile holds in the file: strips end with the image, tiles are always whole. */
export function storedRows(raster: Pick<Raster, 'tiled' | 'height' | 'tileHeight'>, tileRow: number): number {
  const { tiled, height, tileHeight } = raster
  return tiled ? tileHeight : Math.min(tileHeight, height - tileRow * tileHeight)
}
