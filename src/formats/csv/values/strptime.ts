/** strptime formats, as DuckDB's `dateformat` and `timestampformat` have them. */

import { VarveError } from '../../../errors.ts'
import { dayNumber, timestampMicros } from './calendar.ts'
import { isSpace } from './scalar.ts'

type Step =
  | { readonly literal: number }
  | { readonly space: true }
  | { readonly spec: string; readonly width: number }

/** Widest number that each specifier takes. */
const WIDTHS: Readonly<Record<string, number>> = {
  d: 2,
  m: 2,
  y: 2,
  Y: 4,
  H: 2,
  I: 2,
  M: 2,
  S: 2,
  f: 6,
  g: 3,
  n: 9,
  j: 3,
}
const NAMES: Readonly<Record<string, readonly string[]>> = {
  a: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'],
  A: ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'],
  b: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  B: [
    'january',
    'february',
    'march',
    'april',
    'may',
    'june',
    'july',
    'august',
    'september',
    'october',
    'november',
    'december',
  ],
}
const SHORTHANDS: Readonly<Record<string, string>> = {
  x: '%Y-%m-%d',
  X: '%H:%M:%S',
  c: '%Y-%m-%d %H:%M:%S',
  T: '%H:%M:%S',
  D: '%m/%d/%y',
  F: '%Y-%m-%d',
}

export class TimeFormat {
  readonly #steps: readonly Step[]

  constructor(readonly format: string) {
    this.#steps = compile(format)
  }

  /** Days since 1970-01-01. */
  date(bytes: Uint8Array, start: number, end: number, strict: boolean): number | undefined {
    return this.#parse(bytes, start, end, strict)?.days
  }

  /** Microseconds since 1970-01-01. */
  timestamp(bytes: Uint8Array, start: number, end: number, strict: boolean): bigint | undefined {
    const parsed = this.#parse(bytes, start, end, strict)
    return parsed === undefined ? undefined : timestampMicros(parsed.days, parsed.micros)
  }

  #parse(
    bytes: Uint8Array,
    start: number,
    end: number,
    strict: boolean,
  ): { days: number; micros: number } | undefined {
    let at = start
    while (at < end && isSpace(bytes[at])) at++
    let year = 1900
    let month = 1
    let day = 1
    let yearDay = 0
    let hour = 0
    let minute = 0
    let second = 0
    let micros = 0
    let half = ''
    let offset = 0
    for (const step of this.#steps) {
      if ('literal' in step) {
        if (at >= end || bytes[at++] !== step.literal) return undefined
        continue
      }
      if ('space' in step) {
        if (at >= end || !isSpace(bytes[at])) return undefined
        while (at < end && isSpace(bytes[at])) at++
        continue
      }
      const { spec, width } = step
      if (width > 0) {
        const first = at
        let number = 0
        while (at < end && at < first + width && bytes[at]! >= 48 && bytes[at]! <= 57)
          number = number * 10 + bytes[at++]! - 48
        if (at === first) return undefined
        if (strict && (spec === 'y' || spec === 'Y') && at - first < 2) return undefined
        if (spec === 'Y') year = number
        else if (spec === 'y') year = number >= 69 ? 1900 + number : 2000 + number
        else if (spec === 'm') month = number
        else if (spec === 'd') day = number
        else if (spec === 'j') yearDay = number
        else if (spec === 'H' || spec === 'I') {
          if (spec === 'H' ? number > 23 : number < 1 || number > 12) return undefined
          hour = number
        } else if (spec === 'M') minute = number
        else if (spec === 'S') second = number
        // Digits left out count as zeros behind the others: .5 is half a second.
        else micros = Math.floor((number * 1e6) / 10 ** (at - first))
        if (minute > 59 || second > 59) return undefined
        continue
      }
      const names = NAMES[spec]
      if (names !== undefined) {
        const rest = Buffer.from(bytes.buffer, bytes.byteOffset + at, Math.min(9, end - at))
          .toString('latin1')
          .toLowerCase()
        const found = names.findIndex((name) => rest.startsWith(name))
        if (found < 0) return undefined
        at += names[found]!.length
        if (spec === 'b' || spec === 'B') month = found + 1
      } else if (spec === 'p') {
        half = String.fromCharCode(bytes[at] ?? 0, bytes[at + 1] ?? 0).toLowerCase()
        if (at + 2 > end || (half !== 'am' && half !== 'pm')) return undefined
        at += 2
      } else {
        const zone = /^([+-])(\d\d):?(\d\d)?/.exec(
          Buffer.from(bytes.buffer, bytes.byteOffset + at, Math.min(6, end - at)).toString('latin1'),
        )
        if (zone === null) return undefined
        at += zone[0].length
        offset = (Number(zone[2]) * 60 + Number(zone[3] ?? 0)) * (zone[1] === '-' ? -1 : 1)
      }
    }
    while (at < end && isSpace(bytes[at])) at++
    if (at < end) return undefined
    if (half !== '') {
      if (hour > 12) return undefined
      hour = (hour % 12) + (half === 'pm' ? 12 : 0)
    }
    let days = dayNumber(year, month, day)
    if (yearDay > 0) days = dayNumber(year, 1, 1)! + yearDay - 1
    if (days === undefined) return undefined
    return { days, micros: ((hour * 60 + minute - offset) * 60 + second) * 1e6 + micros }
  }
}

function compile(format: string): Step[] {
  const steps: Step[] = []
  const text = format.replace(/%([xXcTDF])/g, (_, letter: string) => SHORTHANDS[letter]!)
  const bytes = new TextEncoder().encode(text)
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!
    if (byte !== 37) {
      if (!isSpace(byte)) steps.push({ literal: byte })
      else if (steps.length === 0 || !('space' in steps.at(-1)!)) steps.push({ space: true })
      continue
    }
    if (bytes[i + 1] === 45) i++
    const spec = String.fromCharCode(bytes[++i] ?? 0)
    if (spec === '%') steps.push({ literal: 37 })
    else if (WIDTHS[spec] !== undefined) steps.push({ spec, width: WIDTHS[spec] })
    else if (spec in NAMES || spec === 'p' || spec === 'z') steps.push({ spec, width: 0 })
    else
      throw new VarveError('invalid-input', `csv: "%${spec}" in the format "${format}" is not known`, {
        format,
      })
  }
  return steps
}
