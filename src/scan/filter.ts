/** The rows of a batch that fulfil conditions: what makes a slice of a box or a region exact. */

import type { ColumnBatch, ColumnVector, DataType, Field } from '../formats/batch.ts'
import { selectValues } from '../formats/select.ts'
import type { ZoneValue } from '../formats/text/types.ts'
import { valuesFrom } from '../formats/values.ts'
import { type Condition, comparableTo, mayHold } from '../index/prune.ts'

/** `projection`: which of `fields` each column of the batch is. */
export function filterRows(
  batch: ColumnBatch,
  projection: readonly number[],
  fields: readonly Field[],
  conditions: readonly Condition[],
): ColumnBatch {
  let rows = Int32Array.from({ length: batch.rows }, (_, i) => i)
  for (const condition of conditions) {
    const at = projection.findIndex((column) => fields[column]!.name === condition.column)
    const { type } = fields[projection[at]!]!
    const fitted = comparableTo(fields, condition)
    if (fitted === undefined) throw new TypeError(`${condition.column} ${condition.op} does not compare`)
    const holds = tester(type, batch.columns[at]!, fitted)
    rows = rows.filter(holds)
  }
  if (rows.length === batch.rows) return batch
  return {
    rows: rows.length,
    columns: batch.columns.map((column, i) => selectValues(fields[projection[i]!]!.type, column, rows)),
  }
}

/** Whether a row's value fulfils the condition. A value is a zone with one value in it. */
function tester(type: DataType, column: ColumnVector, condition: Condition): (row: number) => boolean {
  const values = valuesFrom(type, column) as readonly ZoneValue[]
  return (row) => {
    const value = values[row]!
    if (typeof value === 'number' && Number.isNaN(value)) return false
    return mayHold({ min: value, max: value, nulls: value === null }, condition)
  }
}
