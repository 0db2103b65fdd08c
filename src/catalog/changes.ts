/** How a change of a row is shown: its key, what happened, and the values before and after. */

import { VarveError } from '../errors.ts'
import type { Field } from '../formats/batch.ts'
import type { Value } from '../formats/values.ts'
import { castRow, sameTypes, unitedSchema } from '../lake/table/schema.ts'
import type { Row, RowChange, TableSchema } from '../lake/types.ts'
import { struct, utf8 } from './fields.ts'
import { prunableColumns } from './prune.ts'
import type { Cells } from './stream.ts'

/** Of a file: what tells its bytes from others. */
const FILE_FACTS = new Set(['bytes', 'sha256'])

export interface ChangeShape {
  readonly key: readonly Field[]
  /** Columns of the key by which parts can be left out. */
  readonly zones: readonly string[]
  /** `change`, and `old` and `new` where there is anything but the key. */
  readonly change: readonly Field[]
  cells(change: RowChange): Cells
}

/** How changes between tables of these schemas are shown. */
export function changeShape(schemas: readonly TableSchema[]): ChangeShape {
  const schema = schemas.reduce((a, b) => unitedSchema(a, b))
  const isFiles = schema.keyKind === 'path'
  const key = schema.key.map((name) => schema.columns.find((column) => column.name === name)!)
  const rest = schema.columns.filter(({ name }) =>
    isFiles ? FILE_FACTS.has(name) : !schema.key.includes(name),
  )
  const sides = rest.length === 0 ? [] : [struct('old', rest), struct('new', rest)]
  const fits = schemas.every((one) => sameTypes(one, schema))
  const cast = (row: Row | undefined): Row | undefined =>
    row === undefined || fits ? row : castRow(schema, row)
  return {
    key,
    zones: prunableColumns({ ...schema, columns: key }),
    change: [utf8('change'), ...sides],
    cells({ old: before, new: after }) {
      const row = cast(after ?? before) ?? {}
      const keys = Object.fromEntries(key.map(({ name }) => [name, row[name] ?? null]))
      const old = before === undefined ? null : (cast(before) as Value)
      const change = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed'
      return { ...keys, change, old, new: after === undefined ? null : (cast(after) as Value) }
    },
  }
}

/** Refuses a table whose key has the name of a column beside it. */
export function checkNames(fields: readonly Field[], what: string): readonly Field[] {
  const names = fields.map(({ name }) => name.toLowerCase())
  const twice = names.find((name, i) => names.indexOf(name) < i)
  if (twice === undefined) return fields
  const message = `${what} has a column "${twice}" of its own, and the table's key has one of that name, too`
  throw new VarveError('unsupported', message, { column: twice })
}
