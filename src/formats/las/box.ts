/** Which points lie in a box: of a node that a box only touches most do not. */

import type { Condition } from '../types.ts'
import type { Points } from './points.ts'
import type { LasDialect } from './types.ts'

const AXES = ['x', 'y', 'z']
const LEAST = -0x80000000
const MOST = 0x7fffffff

/** Coordinates as they are stored: [least, most], an empty one where least is above most. */
interface Side {
  least: number
  most: number
}

export class Box {
  readonly #sides: readonly [x: Side, y: Side, z: Side]

  private constructor(sides: readonly [Side, Side, Side]) {
    this.#sides = sides
  }

  /** What the conditions say of x, y and z, where their bounds compare as plain numbers; undefined for nothing. */
  static of(conditions: readonly Condition[] | undefined, { scale, offset }: LasDialect): Box | undefined {
    const whole = (): Side => ({ least: LEAST, most: MOST })
    const sides = [whole(), whole(), whole()] as const
    let some = false
    for (const { column, op, values } of conditions ?? []) {
      const axis = AXES.indexOf(column)
      const [value] = values
      // A coordinate that is no number is above all others to DuckDB, and in no box here.
      const counts = Number.isFinite(scale[axis]) && Number.isFinite(offset[axis])
      if (!counts || typeof value !== 'number' || !Number.isFinite(value)) continue
      const place = (raw: number): number => raw * scale[axis]! + offset[axis]!
      if (op === '>=' || op === '=') narrow(sides[axis]!, (raw) => place(raw) >= value)
      if (op === '<=' || op === '=') narrow(sides[axis]!, (raw) => place(raw) <= value)
      if (op === '>') narrow(sides[axis]!, (raw) => place(raw) > value)
      if (op === '<') narrow(sides[axis]!, (raw) => place(raw) < value)
      some ||= op === '>=' || op === '=' || op === '<=' || op === '>' || op === '<'
    }
    return some ? new Box(sides) : undefined
  }

  /** Those of the points [from, to) whose x and y are in it, ascending, into `places`; returns how many. */
  select({ x, y }: Points, from: number, to: number, places: Int32Array): number {
    const [{ least: x0, most: x1 }, { least: y0, most: y1 }] = this.#sides
    let count = 0
    for (let i = from; i < to; i++) {
      const [px, py] = [x[i]!, y[i]!]
      if (px >= x0 && px <= x1 && py >= y0 && py <= y1) places[count++] = i
    }
    return count
  }

  /** Those of the first `count` places whose z is in it, too; returns how many. */
  refine({ z }: Points, places: Int32Array, count: number): number {
    const { least, most } = this.#sides[2]
    if (least === LEAST && most === MOST) return count
    let kept = 0
    for (let k = 0; k < count; k++) {
      const place = places[k]!
      if (z[place]! >= least && z[place]! <= most) places[kept++] = place
    }
    return kept
  }
}

/**
 * Leaves what holds, which is all up to some stored coordinate or all from some one on: scaling and rounding keep the
 * order, or turn it round. Found by trying, so that each point is judged by what its column shows, to the last bit.
 */
function narrow(side: Side, holds: (raw: number) => boolean): void {
  const atLeast = holds(LEAST)
  if (atLeast === holds(MOST)) {
    if (!atLeast) side.most = LEAST - 1
    return
  }
  let [low, high] = [LEAST, MOST]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (holds(middle) === atLeast) low = middle
    else high = middle
  }
  if (atLeast) side.most = Math.min(side.most, low)
  else side.least = Math.max(side.least, high)
}
