/** The slow way out for values that only node-api's own classes can print. */

import type { Vector } from '@duckdb/node-bindings'
import type { ReadColumn } from './read-column.ts'
import { textColumn } from './read-strings.ts'

/**
 * A reader that prints value by value with `@duckdb/node-api`, which is loaded only now: its 200 files cost
 * 0.1 s, a quarter of a short session. Used where the statement could not be made to print them itself.
 */
export async function foreignReader(): Promise<ReadColumn> {
  const { DuckDBVector } = await import('@duckdb/node-api')
  return (vector: Vector, rows) => {
    const items = DuckDBVector.create(vector, rows)
    return textColumn(
      Array.from({ length: rows }, (_, row) => {
        const item = items.getItem(row)
        return item === null || item === undefined ? undefined : String(item)
      }),
    )
  }
}
