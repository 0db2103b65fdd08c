/** How COPC files are cut. */

import { VarveError } from '../../errors.ts'
import { gridCells } from '../las/strategies.ts'
import type { RowRange, SegmentList, Strategy } from '../types.ts'
import type { CopcDialect } from './info.ts'

const dialectOf = (file: SegmentList): CopcDialect => file.layout.dialect as unknown as CopcDialect

/** So many nodes in each slice, in file order. */
export const node: Strategy = {
  arguments: { n: 'count' },
  summary: 'slices of n nodes of the octree, the last one of the rest',
  cut({ segments }, { n }) {
    const slices: RowRange[] = []
    for (let i = 0; i < segments.length; i += Number(n)) {
      const { firstRow } = segments[i]!
      const last = segments[Math.min(segments.length, i + Number(n)) - 1]!
      slices.push({ firstRow, rows: last.firstRow + last.rows - firstRow })
    }
    return slices
  },
}

/** The header's bounding box in n × n cells: the zones here are whole cubes. */
export const grid: Strategy = {
  arguments: { n: 'count' },
  summary: 'the bounding box cut in n×n cells of x and y, half-open, the last ones closed',
  cut(file, { n }) {
    const { min, max } = dialectOf(file)
    const side = (axis: 0 | 1) => {
      const [from, to] = [min[axis] ?? null, max[axis] ?? null]
      return from === null || to === null || from > to ? { min: 0, max: 0 } : { min: from, max: to }
    }
    return file.rows === 0 ? [] : gridCells(side(0), side(1), Number(n))
  },
}

/**
 * Coarse to fine: a slice for each level, or two at a resolution: the levels that reach it, as laspy and PDAL choose
 * them, and the rest. Together they hold each point once.
 */
export const resolution: Strategy = {
  arguments: { resolution: 'number' },
  optional: ['resolution'],
  summary: 'a slice for each level, or two: the levels down to a spacing of `resolution`, and the finer ones',
  cut(file, args) {
    const zone = file.layout.zones.indexOf('level')
    const levels = new Set(file.segments.map((segment) => Number(segment.zones[zone]?.max ?? 0)))
    const deepest = Math.max(0, ...levels)
    if (file.rows === 0) return []
    if (args.resolution === undefined)
      return Array.from({ length: deepest + 1 }, (_, level) => ({
        where: [{ column: 'level', op: '=', values: [level] }],
      }))
    if (!(Number(args.resolution) > 0)) {
      const message = `strategy resolution: resolution is ${args.resolution}, expected more than 0`
      throw new VarveError('invalid-input', message, { resolution: args.resolution })
    }
    const last = levelOf(dialectOf(file).copc.spacing, Number(args.resolution))
    if (last >= deepest) return [{ where: [{ column: 'level', op: '<=', values: [deepest] }] }]
    return [
      { where: [{ column: 'level', op: '<=', values: [last] }] },
      { where: [{ column: 'level', op: '>', values: [last] }] },
    ]
  },
}

/** The first level whose points are at most `wanted` apart. */
function levelOf(spacing: number, wanted: number): number {
  return Math.max(0, Math.ceil(Math.log2(spacing / wanted)))
}
