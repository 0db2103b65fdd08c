/** The hidden parameter's predicates, as far as they can prune the scan they came with. */

import type { Field } from '../formats/batch.ts'
import type { WantedFields } from '../formats/types.ts'
import { alignConstants, type Constant, fitConstant } from '../scan/constants.ts'
import type { Bound, Predicate } from '../scan/types.ts'
import type { Hidden, RawColumn } from './hidden.ts'
import { quoteIdentifier, quoteText } from './quote.ts'

/** What a scan's predicates may speak of beside the scan. */
export interface Surroundings {
  /** Other scans of the statement by number. */
  readonly scans: ReadonlyMap<number, Bound>
  /** What EXECUTE gives to the parameters of its PREPARE. */
  readonly params: ReadonlyMap<string, Constant>
}

const ALONE: Surroundings = { scans: new Map(), params: new Map() }

/** Predicates about zone columns, with values of those columns' types; the rest is left to DuckDB alone. */
export function predicatesFor(
  { predicates }: Hidden,
  bound: Bound,
  surroundings: Surroundings = ALONE,
): Predicate[] {
  const found: Predicate[] = []
  for (const { column, op, values, beside = [], alike = [] } of predicates) {
    const field = fieldOf(bound, column, surroundings)
    if (field === undefined || !bound.zones.includes(field.name)) continue
    if (!alike.every((other) => isAlike(field, other, surroundings))) continue
    if (op === 'starts with' && field.type.kind !== 'utf8') continue
    const known = [...values, ...beside].map((value) =>
      value[0] === 'parameter' ? surroundings.params.get(value[1]) : value,
    )
    const present = known.filter((value) => value !== undefined)
    const constants = present.length === known.length ? alignConstants(present) : undefined
    const fitted = constants?.slice(0, values.length).map((value) => fitConstant(value, field.type))
    if (fitted === undefined || fitted.some((value) => value === undefined)) continue
    found.push({ column: field.name, op, values: fitted.filter((value) => value !== undefined) })
  }
  return found
}

/** The fields that are wanted of struct columns; a column that is not among them is wanted whole. */
export function fieldsFor({ uses }: Hidden, { columns }: Bound): WantedFields | undefined {
  if (uses === undefined) return undefined
  const found: Record<string, readonly string[]> = {}
  for (const { name, type } of columns) {
    const own = name.toLowerCase()
    if (type.kind !== 'struct') continue
    const named = uses.filter((use) => use.includes(own))
    const fields = named.map(([first, second, ...deeper]) =>
      first === own && !deeper.includes(own)
        ? type.fields.find((field) => field.name.toLowerCase() === second)?.name
        : undefined,
    )
    const known = fields.filter((field) => field !== undefined)
    if (known.length === named.length) found[name] = [...new Set(known)]
  }
  return Object.keys(found).length === 0 ? undefined : found
}

function fieldOf({ columns }: Bound, column: RawColumn, surroundings: Surroundings): Field | undefined {
  if (typeof column === 'object') {
    const other = surroundings.scans.get(column.of)
    return other && columns[positionOf(other, column.name)]
  }
  const field = columns[typeof column === 'number' ? column : positionOf({ columns }, column)]
  // Zones know columns by name.
  return columns.filter(({ name }) => name === field?.name).length === 1 ? field : undefined
}

/** -1 where there is none, or more than one. */
function positionOf({ columns }: Pick<Bound, 'columns'>, name: string): number {
  const is = (field: Field): boolean => field.name.toLowerCase() === name.toLowerCase()
  return columns.filter(is).length === 1 ? columns.findIndex(is) : -1
}

/** A UNION compares in a type that both its sides have only if it is the same one. */
function isAlike(
  field: Field,
  { scan, column }: { readonly scan: number; readonly column: RawColumn },
  surroundings: Surroundings,
): boolean {
  const other = surroundings.scans.get(scan)
  if (other === undefined) return false
  // UNION BY NAME puts NULLs where a side has no such column.
  if (
    typeof column === 'string' &&
    !other.columns.some(({ name }) => name.toLowerCase() === column.toLowerCase())
  )
    return true
  const type = fieldOf(other, column, surroundings)?.type
  return JSON.stringify(type) === JSON.stringify(field.type)
}

/** As one would write them in a WHERE. */
export function shownPredicates(predicates: readonly Predicate[]): string {
  return predicates.map(shown).join(' AND ')
}

function shown({ column, op, values }: Predicate): string {
  const name = quoteIdentifier(column)
  const listed = values.map((value) => (typeof value === 'string' ? quoteText(value) : String(value)))
  if (op === 'is null') return `${name} IS NULL`
  if (op === 'in') return `${name} IN (${listed.join(', ')})`
  return op === 'starts with' ? `starts_with(${name}, ${listed[0]})` : `${name} ${op} ${listed[0]}`
}
