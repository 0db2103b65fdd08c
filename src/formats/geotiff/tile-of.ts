/** Which tile a block is: its rows' ordinals tell, so that neither index nor slice need say it. */

import { VarveError } from '../../errors.ts'
import type { Part } from '../types.ts'
import { type Tile, tilePart, touchedTiles } from './tiles.ts'
import type { Dialect } from './types.ts'

/** `invalid-data` for a block that is no tile of the window: an index or slice of something else. */
export function tileOf(dialect: Dialect, { firstRow, rows }: Part): Tile {
  const { raster, window, pixels } = dialect
  const { cols, rows: down } = touchedTiles(raster, window)
  const tileRow = tileRowOf(dialect, firstRow)
  let tileCol = cols[0] + (firstRow % (cols[1] - cols[0]))
  if (pixels) {
    const { row, height } = tilePart(raster, window, cols[0], tileRow)
    const col = window.col + (firstRow - (row - window.row) * window.width) / height
    tileCol = Math.floor(col / raster.tileWidth)
  }
  if (tileCol >= cols[0] && tileCol < cols[1] && tileRow >= down[0] && tileRow < down[1]) {
    const tile = tilePart(raster, window, tileCol, tileRow)
    if (rows === (pixels ? tile.width * tile.height : 1)) return tile
  }
  throw new VarveError('invalid-data', `geotiff: rows ${firstRow} to ${firstRow + rows} are no tile`)
}

/** The row of tiles that these rows begin in, if they do. */
export function tileRowOf({ raster, window, pixels }: Dialect, firstRow: number): number {
  // Above a row of tiles stand all pixels of the window above it, left of a tile all of its row's.
  if (pixels) return Math.floor((window.row + Math.floor(firstRow / window.width)) / raster.tileHeight)
  const { cols, rows } = touchedTiles(raster, window)
  return rows[0] + Math.floor(firstRow / (cols[1] - cols[0]))
}
