/** Min and max of what people cut point clouds by. */

import type { Zone } from '../text/types.ts'
import type { FieldName, Points } from './points.ts'
import { SHAPES } from './record.ts'
import type { LasDialect } from './types.ts'

/** The zone columns of a file: GPS time only where points have one. */
export function zoneNames({ format }: Pick<LasDialect, 'format'>): string[] {
  const gps = SHAPES[format]!.gpsTime === undefined ? [] : ['gps_time']
  return ['x', 'y', 'z', ...gps, 'classification']
}

export const ZONE_FIELDS: readonly FieldName[] = ['xy', 'z', 'gpsTime', 'classification']

/** Nothing is known: the zone prunes nothing. */
const UNKNOWN: Zone = { min: null, max: null, nulls: false }

export class ZoneGatherer {
  readonly #dialect: LasDialect
  readonly #min = new Float64Array(5)
  readonly #max = new Float64Array(5)
  /** A time that is no number, which is above all others to DuckDB. */
  #strange = false

  constructor(dialect: LasDialect) {
    this.#dialect = dialect
    this.#clear()
  }

  #clear(): void {
    this.#min.fill(Number.POSITIVE_INFINITY)
    this.#max.fill(Number.NEGATIVE_INFINITY)
    this.#strange = false
  }

  /** Points [0, count). */
  add(points: Points, count: number): void {
    this.#fold(0, points.x, count)
    this.#fold(1, points.y, count)
    this.#fold(2, points.z, count)
    const { extended, gpsTime } = SHAPES[this.#dialect.format]!
    if (gpsTime !== undefined) {
      this.#fold(3, points.gpsTime, count)
      for (let i = 0; i < count; i++) if (Number.isNaN(points.gpsTime[i])) this.#strange = true
    }
    const mask = extended ? 255 : 31
    let [min, max] = [this.#min[4]!, this.#max[4]!]
    for (let i = 0; i < count; i++) {
      const value = points.classification[i]! & mask
      if (value < min) min = value
      if (value > max) max = value
    }
    this.#min[4] = min
    this.#max[4] = max
  }

  #fold(which: number, values: Int32Array | Float64Array, count: number): void {
    let [min, max] = [this.#min[which]!, this.#max[which]!]
    for (let i = 0; i < count; i++) {
      const value = values[i]!
      if (value < min) min = value
      if (value > max) max = value
    }
    this.#min[which] = min
    this.#max[which] = max
  }

  take(): Zone[] {
    const { scale, offset, format } = this.#dialect
    const zones = [0, 1, 2, 3, 4].map((which): Zone => {
      let [min, max] = [this.#min[which]!, this.#max[which]!]
      if (min > max || (which === 3 && this.#strange)) return UNKNOWN
      if (which < 3) {
        // Scaling keeps the order, or turns it round.
        const edges = [min, max].map((value) => value * scale[which]! + offset[which]!)
        min = Math.min(...edges)
        max = Math.max(...edges)
        if (Number.isNaN(min)) return UNKNOWN
      }
      return { min, max, nulls: false }
    })
    this.#clear()
    return SHAPES[format]!.gpsTime === undefined ? zones.filter((_, which) => which !== 3) : zones
  }
}
