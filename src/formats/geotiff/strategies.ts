/** Slices of rasters: some tiles, an aligned grid, a window, a level. */

import { VarveError } from '../../errors.ts'
import type { Condition, Cut, RowRange, SegmentList, Strategy } from '../types.ts'
import { gridOf } from './tiles.ts'
import type { Dialect } from './types.ts'

const MOST_CELLS = 10_000_000

export const STRATEGIES: Readonly<Record<string, Strategy>> = {
  tiles: {
    arguments: { n: 'count' },
    summary: 'n tiles in a slice',
    cut: (file, { n }) => byTiles(file, Number(n)),
  },
  grid: {
    arguments: { n: 'count' },
    summary: 'n × n slices of neighbouring tiles, cut at their edges',
    cut: (file, { n }) => byGrid(file, Number(n)),
  },
  window: {
    arguments: { col: 'integer', row: 'integer', width: 'count', height: 'count' },
    summary: 'one slice: the pixels of a window, or the tiles that it touches',
    cut: (file, args) => [byWindow(file, args)],
  },
  overview: {
    arguments: { level: 'integer', n: 'count' },
    optional: ['n'],
    summary: 'slices of another level, of n tiles each or all in one',
    options: ({ level }) => ({ level }),
    cut: (file, { n }) => byTiles(file, Number(n ?? Math.max(1, file.segments.length))),
  },
}

/** A tile is a segment, whether its rows are pixels or it is one. */
function byTiles({ segments, rows }: SegmentList, n: number): RowRange[] {
  const starts = segments.filter((_, i) => i % n === 0).map(({ firstRow }) => firstRow)
  return starts.map((firstRow, i) => ({ firstRow, rows: (starts[i + 1] ?? rows) - firstRow }))
}

/** n × n cells, row by row; some are empty where there are fewer tiles. */
function byGrid({ layout }: SegmentList, n: number): Cut[] {
  if (n * n > MOST_CELLS) {
    const message = `strategy grid: n is ${n}, expected at most ${Math.floor(Math.sqrt(MOST_CELLS))}`
    throw new VarveError('invalid-input', message, { strategy: 'grid', n })
  }
  const { raster } = layout.dialect as unknown as Dialect
  const { across, down } = gridOf(raster)
  const edge = (i: number, tiles: number): number => Math.floor((i * tiles) / n)
  const cells: Cut[] = []
  for (let row = 0; row < n; row++) {
    for (let col = 0; col < n; col++) {
      const where = [
        ...between('tile_col', edge(col, across), edge(col + 1, across)),
        ...between('tile_row', edge(row, down), edge(row + 1, down)),
      ]
      cells.push({ where })
    }
  }
  return cells
}

function byWindow({ layout }: SegmentList, args: Readonly<Record<string, number | string>>): Cut {
  const { raster, pixels } = layout.dialect as unknown as Dialect
  const { col, row, width, height } = args as Readonly<Record<string, number>>
  const right = col! + width!
  const bottom = row! + height!
  if (right <= 0 || bottom <= 0 || col! >= raster.width || row! >= raster.height) {
    const message = `strategy window: it lies outside the raster's ${raster.width} × ${raster.height} pixels`
    throw new VarveError('invalid-input', message, { strategy: 'window', ...args })
  }
  if (pixels) return { where: [...between('col', col!, right), ...between('row', row!, bottom)] }
  const { tileWidth, tileHeight } = raster
  return {
    where: [
      ...between('tile_col', Math.floor(col! / tileWidth), Math.ceil(right / tileWidth)),
      ...between('tile_row', Math.floor(row! / tileHeight), Math.ceil(bottom / tileHeight)),
    ],
  }
}

/** Values from `from` up to, and without, `to`. */
function between(column: string, from: number, to: number): Condition[] {
  return [
    { column, op: '>=', values: [from] },
    { column, op: '<', values: [to] },
  ]
}
