/** How images are cut: boxes of pixels. */

import { VarveError } from '../../errors.ts'
import type { Condition, Cut, SegmentList, Strategy } from '../types.ts'

const MOST_CELLS = 1000

const AXES = ['x', 'y', 'z'] as const
type Axis = (typeof AXES)[number]

/** One slice: the spectra of a box of pixels. */
export const region: Strategy = {
  arguments: { x: 'text', y: 'text', z: 'text' },
  optional: AXES,
  summary: 'one slice: the spectra of a box of pixels, x=1:10 y=5:20, both ends included',
  cut(_file, args) {
    const where = AXES.flatMap((axis) => (args[axis] === undefined ? [] : within(axis, String(args[axis]))))
    if (where.length > 0) return [{ where }]
    throw new VarveError(
      'invalid-input',
      'strategy region: there is no box, expected x, y or z such as x=1:10',
      {
        strategy: 'region',
      },
    )
  },
}

/** `from:to`, or one number. */
function within(axis: Axis, text: string): Condition[] {
  const [, from, to = from] = /^\s*(-?\d{1,10})\s*(?::\s*(-?\d{1,10})\s*)?$/.exec(text) ?? []
  if (from === undefined || Number(from) > Number(to)) {
    const message = `strategy region: ${axis} is ${JSON.stringify(text)}, expected a pixel or two of them, such as 1:10`
    throw new VarveError('invalid-input', message, { strategy: 'region', [axis]: text })
  }
  return [
    { column: axis, op: '>=', values: [Number(from)] },
    { column: axis, op: '<=', values: [Number(to)] },
  ]
}

/** The image in n × n boxes, row by row; each spectrum lies in one. */
export const grid: Strategy = {
  arguments: { n: 'count' },
  summary: 'the image cut in n×n boxes of pixels in x and y',
  cut(file, args) {
    const n = Number(args.n)
    if (n > MOST_CELLS)
      throw new VarveError('invalid-input', `strategy grid: n is ${n}, expected 1 to ${MOST_CELLS}`, { n })
    if (file.rows === 0) return []
    const xs = edges(file, 'x', n)
    const ys = edges(file, 'y', n)
    const cuts: Cut[] = []
    for (let row = 0; row < n; row++) {
      for (let column = 0; column < n; column++)
        cuts.push({ where: [...between('x', xs, column), ...between('y', ys, row)] })
    }
    return cuts
  },
}

/** The pixels at which boxes begin, without the first; the outermost boxes have no outer edge at all. */
function edges({ layout, segments }: SegmentList, axis: Axis, n: number): number[] {
  const zone = layout.zones.indexOf(axis)
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  for (const { zones } of segments) {
    const { min: low, max: high } = zones[zone] ?? {}
    // Indexes give integers as bigint.
    if (low === null || low === undefined || high === null || high === undefined) continue
    min = Math.min(min, Number(low))
    max = Math.max(max, Number(high))
  }
  if (min > max) min = max = 0
  return Array.from({ length: n - 1 }, (_, i) => min + Math.round(((max - min + 1) * (i + 1)) / n))
}

function between(axis: Axis, starts: readonly number[], i: number): Condition[] {
  return [
    ...(i > 0 ? [{ column: axis, op: '>=' as const, values: [starts[i - 1]!] }] : []),
    ...(i < starts.length ? [{ column: axis, op: '<' as const, values: [starts[i]!] }] : []),
  ]
}
