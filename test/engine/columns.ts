/** The rows of batches as plain values, for tests. */

import type { ColumnBatch, Field } from '../../src/formats/batch.ts'
import { type Value, valuesFrom } from '../../src/formats/values.ts'

/** The rows of a batch; decimals as unscaled bigints. */
export function rowsOf(columns: readonly Field[], batch: ColumnBatch): Value[][] {
  const plain = columns.map(({ type }, i) => valuesFrom(type, batch.columns[i]!))
  return Array.from({ length: batch.rows }, (_, row) => plain.map((column) => column[row]!))
}
