/** How point clouds are cut. */

import { VarveError } from '../../errors.ts'
import type { Cut, Segment, SegmentList, Strategy } from '../types.ts'

/** More cells than this are a mistake. */
const MOST_CELLS = 1000

/** How far points reach along an axis. */
export interface Extent {
  readonly min: number
  readonly max: number
}

/** Slices of n points each. */
export const points: Strategy = {
  arguments: { n: 'count' },
  summary: 'slices of n points, the last one of the rest',
  cut({ rows }, { n }) {
    const size = Number(n)
    return Array.from({ length: Math.ceil(rows / size) }, (_, i) => ({
      firstRow: i * size,
      rows: Math.min(size, rows - i * size),
    }))
  },
}

/** The bounding box in n × n cells, row by row. */
export const grid: Strategy = {
  arguments: { n: 'count' },
  summary: 'the bounding box cut in n×n cells of x and y, half-open, the last ones closed',
  cut: (file, { n }) => (file.rows === 0 ? [] : gridCells(extent(file, 'x'), extent(file, 'y'), Number(n))),
}

/**
 * Each point lies in one cell: edges belong to the cell above them, and the outermost cells have no outer edge at all,
 * so that a box that is a little too small loses nothing.
 */
export function gridCells(x: Extent, y: Extent, n: number): Cut[] {
  if (n > MOST_CELLS)
    throw new VarveError('invalid-input', `strategy grid: n is ${n}, expected 1 to ${MOST_CELLS}`, { n })
  const xs = edges(x, n)
  const ys = edges(y, n)
  const within = (column: string, inner: readonly number[], i: number) => [
    ...(i > 0 ? [{ column, op: '>=' as const, values: [inner[i - 1]!] }] : []),
    ...(i < inner.length ? [{ column, op: '<' as const, values: [inner[i]!] }] : []),
  ]
  const cuts: Cut[] = []
  for (let row = 0; row < n; row++) {
    for (let column = 0; column < n; column++)
      cuts.push({ where: [...within('x', xs, column), ...within('y', ys, row)] })
  }
  return cuts
}

/** The n − 1 edges between the cells, in order. */
function edges({ min, max }: Extent, n: number): number[] {
  return Array.from({ length: n - 1 }, (_, i) => min + ((max - min) * (i + 1)) / n)
}

/** What the zones of all segments cover. */
function extent({ layout, segments }: SegmentList, column: string): Extent {
  const zone = layout.zones.indexOf(column)
  const bound = (
    pick: (segment: Segment) => unknown,
    least: (a: number, b: number) => number,
    from: number,
  ) =>
    segments.reduce((found, segment) => {
      const value = pick(segment)
      return typeof value === 'number' ? least(found, value) : found
    }, from)
  const min = bound((segment) => segment.zones[zone]?.min, Math.min, Number.POSITIVE_INFINITY)
  const max = bound((segment) => segment.zones[zone]?.max, Math.max, Number.NEGATIVE_INFINITY)
  // A damaged index knows nothing: then all points are in one cell.
  return min <= max && Number.isFinite(min) && Number.isFinite(max) ? { min, max } : { min: 0, max: 0 }
}
