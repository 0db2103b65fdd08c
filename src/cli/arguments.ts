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

/** The value where it is a whole number of at least 1; else `invalid-input` (11): it parses, but cannot be. */
export function atLeastOne(value: number, option: string): number {
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw new VarveError('invalid-input', `${option} is ${value}, expected a whole number of at least 1`, {
    option,
    value,
  })
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

/** A parameter's value: null, true, false and numbers as in JSON, JSON strings and lists; anything else is text. */
export function parameterValue(text: string): Argument {
  if (/^-?(0|[1-9]\d*)$/.test(text)) {
    const number = Number(text)
    return Number.isSafeInteger(number) ? number : BigInt(text)
  }
  try {
    return JSON.parse(text) as Argument
  } catch {
    return text
  }
}
