/** Values on the command line. What is not of its kind at all is a usage error (2), by commander's own error. */

import { InvalidArgumentError } from 'commander'
import { VarveError } from '../errors.ts'
import type { Argument } from '../scan/types.ts'

/** A number; `-n abc` cannot be parsed. */
export function parseNumber(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (Number.isNaN(value)) throw new InvalidArgumentError('expected a number')
  return value
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KIB: 1024,
  MIB: 1024 ** 2,
  GIB: 1024 ** 3,
}

/** Bytes, with a unit or without: `4096`, `64MiB`, `1.5 GB`. */
export function parseBytes(text: string): number {
  const [, digits, unit = ''] = /^\s*([-+]?[\d.]+(?:e\d+)?)\s*([a-z]*)\s*$/i.exec(text) ?? []
  const factor = UNITS[unit.toUpperCase()]
  if (digits === undefined || factor === undefined || Number.isNaN(Number(digits)))
    throw new InvalidArgumentError('expected a number of bytes, such as 4096 or 64MiB')
  return Number(digits) * factor
}

const SECONDS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

/** Seconds, with a unit or without: `0`, `30s`, `15m`, `12h`, `7d`, `2w`. */
export function parseDuration(text: string): number {
  const [, digits, unit = ''] = /^\s*([-+]?[\d.]+)\s*([smhdw]?)\s*$/i.exec(text) ?? []
  const seconds = Number(digits) * SECONDS[unit.toLowerCase()]!
  if (Number.isNaN(seconds))
    throw new InvalidArgumentError('expected a duration, such as 30s, 15m, 12h, 7d or 2w')
  return seconds
}

/** The value where it is a whole number of at least `least`; else `invalid-input` (11): it parses, but cannot be. */
export function wholeNumber(value: number, option: string, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new VarveError(
    'invalid-input',
    `${option} is ${value}, expected a whole number of at least ${least}`,
    { option, value },
  )
}

export const atLeastOne = (value: number, option: string): number => wholeNumber(value, option, 1)

/** The value where it is one of `choices`; else `invalid-input` (11). */
export function oneOf<const T extends string>(value: string, option: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value)
  if (found !== undefined) return found
  throw new VarveError('invalid-input', `${option} is "${value}", expected ${choices.join(', ')}`, {
    option,
    value,
  })
}

/** Calls `check` with an option that was given. */
export function given<T, R>(value: T | undefined, check: (value: T) => R): R | undefined {
  return value === undefined ? undefined : check(value)
}

/** Collects the values of a repeatable option. */
export const collect = (text: string, before: readonly string[] = []): string[] => [...before, text]

/** The same for names, of which one value may hold several with commas between them. */
export function collectNames(text: string, before: readonly string[] = []): string[] {
  const names = text.split(',').map((name) => name.trim())
  if (names.includes(''))
    throw new InvalidArgumentError('expected a name, or several with commas between them')
  return [...before, ...names]
}

/** Collects `name=value` of a repeatable option. */
export function collectPairs(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('expected name=value')
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) }
}

/**
 * A parameter's value: null, true, false and numbers as in JSON, JSON strings and lists; anything else is text. So is a
 * JSON object, also in a list: it is a slice for `read_slice($s)`, whose types a struct would not keep.
 */
export function parameterValue(text: string): Argument {
  if (/^-?(0|[1-9]\d*)$/.test(text)) {
    const number = Number(text)
    return Number.isSafeInteger(number) ? number : BigInt(text)
  }
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? text : withTexts(value)
  } catch {
    return text
  }
}

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A JSON value with its objects as texts. */
function withTexts(value: unknown): Argument {
  if (Array.isArray(value)) return value.map(withTexts)
  return isObject(value) ? JSON.stringify(value) : (value as Argument)
}

/** The values of `--param`; undefined when there are none. */
export function parametersOf(
  pairs: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, Argument>> | undefined {
  return given(pairs, (all) =>
    Object.fromEntries(Object.entries(all).map(([name, text]) => [name, parameterValue(text)])),
  )
}
