/** Some neighbouring rows of a table, by columns: what a part holds when it is read. */

import type { Row, Value } from '../types.ts'

export interface Block {
  readonly rows: number
  /** Values by column; a column that is absent is null throughout. */
  readonly columns: ReadonlyMap<string, ArrayLike<Value>>
}

export function valueAt(block: Block, column: string, row: number): Value {
  return block.columns.get(column)?.[row] ?? null
}

export function rowAt({ columns }: Block, row: number): Row {
  const values: Record<string, Value> = {}
  for (const [name, column] of columns) {
    const value = column[row] ?? null
    if (value !== null) values[name] = value
  }
  return values
}

/** Rows [from, to) of a block. */
export function sliceBlock(block: Block, from: number, to: number): Block {
  if (from === 0 && to === block.rows) return block
  const columns = new Map(
    [...block.columns].map(([name, values]) => [name, Array.prototype.slice.call(values, from, to)] as const),
  )
  return { rows: to - from, columns }
}

/** Whether two rows hold the same values, nulls and absent columns being the same. */
export function sameRow(a: Row, b: Row): boolean {
  for (const name in a) if (!sameValue(a[name] ?? null, b[name] ?? null)) return false
  for (const name in b) if (!(name in a) && (b[name] ?? null) !== null) return false
  return true
}

export function sameValue(a: Value, b: Value): boolean {
  if (Object.is(a, b)) return true
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return false
  if (a instanceof Uint8Array || b instanceof Uint8Array)
    return a instanceof Uint8Array && b instanceof Uint8Array && Buffer.compare(a, b) === 0
  if (Array.isArray(a) || Array.isArray(b))
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((value, i) => sameValue(value as Value, b[i] as Value))
    )
  return sameRow(a as Row, b as Row)
}
