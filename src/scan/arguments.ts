/** Arguments of table functions, checked. */

import { VarveError } from '../errors.ts'
import type { Argument, TableFunction } from './types.ts'

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

const SQL_TYPES = { text: 'VARCHAR', integer: 'BIGINT', boolean: 'BOOLEAN', any: 'ANY' } as const

/**
 * The named arguments by the function's own spelling, as SQL does not tell small letters from capitals; `invalid-input`
 * in DuckDB's words for one that it does not know: some clients (DuckDB 2.0) hand any name over.
 */
export function knownOptions(
  { name, named }: TableFunction,
  given: Readonly<Record<string, Argument>>,
): Record<string, Argument> {
  const known = new Map(Object.keys(named).map((option) => [option.toLowerCase(), option]))
  return Object.fromEntries(
    Object.entries(given).map(([option, value]) => {
      const own = known.get(option.toLowerCase())
      if (own !== undefined) return [own, value]
      const candidates = Object.entries(named)
        .map(([one, type]) => `    ${one} ${SQL_TYPES[type]}\n`)
        .sort()
      const message = `Invalid named parameter "${option}" for function ${name}\nCandidates:\n${candidates.join('')}`
      throw new VarveError('invalid-input', message, { argument: option })
    }),
  )
}

function wrong(name: string, value: Argument | undefined, expected: string): VarveError {
  const given = value === undefined || value === null ? 'NULL' : show(value)
  return new VarveError('invalid-input', `${name} is ${given}, expected ${expected}`, { argument: name })
}

function show(value: Argument): string {
  return JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? String(part) : part))
}
