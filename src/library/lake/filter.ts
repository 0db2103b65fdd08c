/** Filters as plain values become one SQL condition: the same answers whichever way a question is asked. */

import { quoteIdentifier, quoteText } from '../../engine/quote.ts'
import { VarveError } from '../../errors.ts'
import type { Argument } from '../../scan/types.ts'
import type { Filter } from '../lake-types.ts'

type Operators = Exclude<Filter[string], Argument> & Readonly<Record<string, unknown>>

/**
 * The condition that all parts of a filter hold, undefined for an empty one. A list means IN, and an empty one
 * matches nothing; null means IS NULL. `invalid-input` for a column that is none of `columns`, or another operator.
 */
export function filterSql(filter: Filter, columns: readonly string[]): string | undefined {
  const conditions = Object.entries(filter).map(([column, wanted]) => {
    if (!columns.includes(column)) {
      const message = `there is no column ${JSON.stringify(column)} to filter by, there are: ${columns.join(', ')}`
      throw new VarveError('invalid-input', message, { column })
    }
    return conditionOf(column, quoteIdentifier(column), wanted)
  })
  return conditions.length === 0 ? undefined : conditions.join(' and ')
}

const COMPARISONS: Readonly<Record<string, string>> = { gt: '>', gte: '>=', lt: '<', lte: '<=' }

function conditionOf(column: string, name: string, wanted: Filter[string]): string {
  if (wanted === null) return `${name} is null`
  if (Array.isArray(wanted)) return inList(name, wanted as readonly Argument[])
  if (typeof wanted !== 'object') return `${name} = ${literal(column, wanted as Argument)}`
  const parts = Object.entries(wanted as Operators).map(([operator, value]) => {
    const given = value as Argument
    if (operator === 'eq') return conditionOf(column, name, given as Filter[string])
    if (operator === 'ne') return `${name} is distinct from ${literal(column, given)}`
    if (operator === 'in' && Array.isArray(given)) return inList(name, given as readonly Argument[])
    if (operator === 'contains') return `contains(${name}, ${literal(column, given)})`
    if (operator === 'exists') return given === true ? `${name} is not null` : `${name} is null`
    const comparison = COMPARISONS[operator]
    if (comparison !== undefined) return `${name} ${comparison} ${literal(column, given)}`
    const message = `the filter of ${column} says ${JSON.stringify(operator)}, expected eq, ne, gt, gte, lt, lte, in, contains or exists`
    throw new VarveError('invalid-input', message, { column, operator })
  })
  return parts.length === 0 ? 'true' : parts.join(' and ')
}

function inList(name: string, values: readonly Argument[]): string {
  const plain = values.filter((value) => value !== null)
  const parts = [
    ...(plain.length > 0 ? [`${name} in (${plain.map((value) => literal(name, value)).join(', ')})`] : []),
    ...(plain.length < values.length ? [`${name} is null`] : []),
  ]
  return parts.length === 0 ? 'false' : `(${parts.join(' or ')})`
}

function literal(column: string, value: Argument): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return quoteText(value)
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  if (typeof value === 'number' && Number.isFinite(value)) return String(value)
  const message = `the filter of ${column} compares with ${JSON.stringify(value)}, expected a text, number, boolean or null`
  throw new VarveError('invalid-input', message, { column })
}
