/** What the holes of a path pattern may stand for. */

import type { DataType } from '../../formats/batch.ts'
import type { Value } from '../types.ts'

export interface HoleType {
  readonly column: DataType
  /** Whether it goes on over a slash. */
  readonly across: boolean
  /**
   * The stretch that a value may take up, of which it takes as much as it can; sticky, and bounded, so that what is
   * tried is. Undefined: any text, and as little as will do.
   */
  readonly stretch?: RegExp
  /** Undefined: no value of this type. */
  parse(text: string): Value | undefined
}

/** A quoted id or a name that happens to be digits is text; no number needs more. */
const NUMBER = 40
const DAY_MS = 24 * 3600_000

const text: HoleType = { column: { kind: 'utf8' }, across: false, parse: (value) => value }

export const HOLE_TYPES: Readonly<Record<string, HoleType>> = {
  text,
  path: { ...text, across: true },
  int: {
    column: { kind: 'int64' },
    across: false,
    stretch: new RegExp(`[+-]?[0-9]{1,${NUMBER}}`, 'y'),
    parse(value) {
      if (!/^[+-]?[0-9]+$/.test(value)) return undefined
      const number = BigInt(value)
      return BigInt.asIntN(64, number) === number ? number : undefined
    },
  },
  float: {
    column: { kind: 'float64' },
    across: false,
    stretch: new RegExp(`[0-9.eE+-]{1,${NUMBER}}`, 'y'),
    parse(value) {
      if (!/^[+-]?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?$/i.test(value)) return undefined
      const number = Number(value)
      return Number.isFinite(number) ? number : undefined
    },
  },
  /** 2026-11-01, 2026_11_01 or 20261101, as days since 1970. */
  date: {
    column: { kind: 'date' },
    across: false,
    stretch: /[0-9_-]{8,10}/y,
    parse(value) {
      const match = /^(\d{4})([-_]?)(\d{2})\2(\d{2})$/.exec(value)
      if (match === null) return undefined
      const day = `${match[1]}-${match[3]}-${match[4]}`
      const time = Date.parse(`${day}T00:00:00Z`)
      // Date.parse takes 30 February for 2 March.
      const isDay = !Number.isNaN(time) && new Date(time).toISOString().startsWith(day)
      return isDay ? time / DAY_MS : undefined
    },
  },
  bool: {
    column: { kind: 'bool' },
    across: false,
    stretch: /true|false|yes|no|[01]/iy,
    parse(value) {
      if (/^(true|yes|1)$/i.test(value)) return true
      return /^(false|no|0)$/i.test(value) ? false : undefined
    },
  },
}
