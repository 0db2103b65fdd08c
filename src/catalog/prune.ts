/** Which parts of a table a WHERE can touch, by what its list says of them. Advice only: the filter stays in the query. */

import type { DataType } from '../formats/batch.ts'
import type { Zone, ZoneValue } from '../formats/text/types.ts'
import { type Condition, comparableTo, mayHold } from '../index/prune.ts'
import { pathKey } from '../lake/table/key.ts'
import type { Part, Table, TableSchema } from '../lake/types.ts'

/** Zones of decimals are unscaled, those of bytes are not kept; lists and structs have no order. */
const UNPRUNABLE: ReadonlySet<DataType['kind']> = new Set(['decimal', 'binary', 'list', 'struct'])

/** Columns by which parts can be left out, as the list speaks of them. */
export function prunableColumns({ columns }: TableSchema): string[] {
  return columns.filter(({ type }) => !UNPRUNABLE.has(type.kind)).map(({ name }) => name)
}

/** Whether a part may hold a row that fulfils all conditions. */
export function partFilter(schema: TableSchema, conditions: readonly Condition[]): Test | undefined {
  const prunable = new Set(prunableColumns(schema))
  const tests = conditions.flatMap((condition) => {
    if (!prunable.has(condition.column)) return []
    const fitted = comparableTo(schema.columns, condition)
    const byZone =
      fitted === undefined ? [] : [(part: Part): boolean => mayHold(zoneOf(part, condition.column), fitted)]
    return schema.keyKind === 'path' && condition.column === 'path'
      ? [...byZone, ...keyTests(condition)]
      : byZone
  })
  return allOf(tests)
}

/**
 * A side of a comparison without the parts in which no key fulfils the conditions. The others may miss their
 * counterparts then, and seem added or removed; but their keys do not fulfil the conditions either, and the filter
 * in the query drops them.
 *
 * Of paths only the fold counts, not the zones: a file that changed from `A` to `a` must be left out of both sides
 * or of none.
 */
export function prunedByKey(table: Table | undefined, conditions: readonly Condition[]): Table | undefined {
  if (table === undefined) return undefined
  const { schema, parts } = table
  const about = conditions.filter(({ column }) => schema.key.includes(column))
  const keeps = schema.keyKind === 'path' ? allOf(about.flatMap(keyTests)) : partFilter(schema, about)
  return keeps === undefined ? table : { schema, parts: parts.filter(keeps) }
}

type Test = (part: Part) => boolean

function allOf(tests: readonly Test[]): Test | undefined {
  return tests.length === 0 ? undefined : (part) => tests.every((test) => test(part))
}

/** Unknown where no bounds are kept: all are null, or one is NaN, or a text without an end. */
function zoneOf({ zones, nulls }: Part, column: string): Zone | undefined {
  const bounds = zones[column]
  if (bounds === undefined) return undefined
  const [min, max] = bounds as readonly [ZoneValue, ZoneValue]
  return { min, max, nulls: nulls.includes(column) }
}

/**
 * Rows are sorted by the folded path, and zones keep only the beginning of a long one. Equal paths have equal keys,
 * and what is below a folder begins with the folder's key; of other comparisons the fold says nothing.
 */
function keyTests({ op, values }: Condition): Test[] {
  const paths = values.filter((value) => typeof value === 'string')
  if (paths.length === 0 || paths.length < values.length) return []
  if (op === '=' || op === 'in') {
    const keys = paths.map(pathKey)
    return [({ min, max }) => keys.some((key) => min <= key && key <= max)]
  }
  const [prefix] = paths
  if (op !== 'starts with' || prefix === undefined) return []
  const folder = pathKey(prefix.slice(0, prefix.lastIndexOf('/') + 1))
  // No byte of UTF-8 is 0xff.
  return [({ min, max }) => min < `${folder}\xff` && folder <= max]
}
