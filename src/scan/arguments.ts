/** Arguments of table functions, checked. */

import { VarveError } from '../errors.ts'
import type { Argument } from './types.ts'

export function textArgument(name: string, value: Argument | undefined): string {
  if (typeof value === 'string') return value
  throw wrong(name, value, 'a text')
}

export function optionalText(name: string, value: Argument | undefined): string | undefined {
  return value === undefined || value === null ? undefined : textArgument(name, value)
}

/** A text, or a list of at least one. */
export function textsArgument(name: string, value: Argument | undefined): string[] {
  const values = Array.isArray(value) ? value : [value]
  if (values.length === 0) throw wrong(name, value, 'at least one text')
  return values.map((one) => textArgument(name, one as Argument))
}

export function optionalBoolean(name: string, value: Argument | undefined): boolean | undefined {
  if (value === undefined || value === null || typeof value === 'boolean') return value ?? undefined
  throw wrong(name, value, 'true or false')
}

function wrong(name: string, value: Argument | undefined, expected: string): VarveError {
  const given = value === undefined || value === null ? 'NULL' : show(value)
  return new VarveError('invalid-input', `${name} is ${given}, expected ${expected}`, { argument: name })
}

function show(value: Argument): string {
  return JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? String(part) : part))
}
