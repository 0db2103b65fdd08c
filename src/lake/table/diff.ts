/** What changed between two tables; reads only the parts that are not in both. */

import type { Lake, Row, RowChange, Table, TableSchema } from '../types.ts'
import { rowAt, sameRow } from './block.ts'
import { keyOf } from './key.ts'
import { readTable } from './read.ts'
import { castRow, sameTypes, unitedSchema } from './schema.ts'

/** Changed rows in the order of their keys; a table that is not there has no rows. */
export async function* diffTables(
  lake: Lake,
  older: Table | undefined,
  newer: Table | undefined,
  signal?: AbortSignal,
): AsyncGenerator<RowChange> {
  const schema = comparableSchema(older, newer)
  const both = inBoth(older, newer)
  const left = entries(lake, older, both, schema, signal)
  const right = entries(lake, newer, both, schema, signal)
  try {
    let a = await left.next()
    let b = await right.next()
    while (a.done !== true || b.done !== true) {
      const order =
        a.done === true
          ? 1
          : b.done === true || a.value.key < b.value.key
            ? -1
            : a.value.key === b.value.key
              ? 0
              : 1
      if (order < 0) {
        const { key, row } = a.value!
        yield { key, old: row, new: undefined }
      } else if (order > 0) {
        const { key, row } = b.value!
        yield { key, old: undefined, new: row }
      } else if (!sameRow(a.value!.row, b.value!.row)) {
        yield { key: a.value!.key, old: a.value!.row, new: b.value!.row }
      }
      if (order <= 0) a = await left.next()
      if (order >= 0) b = await right.next()
    }
  } finally {
    await Promise.all([left.return(undefined), right.return(undefined)])
  }
}

/** Parts of equal hashes hold equal rows, so nothing in them changed. */
function inBoth(older: Table | undefined, newer: Table | undefined): ReadonlySet<string> {
  const hashes = new Set(older?.parts.map(({ hash }) => hash))
  return new Set(newer?.parts.map(({ hash }) => hash).filter((hash) => hashes.has(hash)))
}

interface Entry {
  readonly key: string
  readonly row: Row
}

async function* entries(
  lake: Lake,
  table: Table | undefined,
  without: ReadonlySet<string>,
  schema: TableSchema | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<Entry, undefined> {
  if (table === undefined || schema === undefined) return undefined
  const fits = sameTypes(table.schema, schema)
  const blocks = readTable(lake, table, { keeps: ({ hash }) => !without.has(hash), signal })
  for await (const block of blocks) {
    for (let i = 0; i < block.rows; i++) {
      const row = fits ? rowAt(block, i) : castRow(schema, rowAt(block, i))
      yield { key: keyOf(schema, row), row }
    }
  }
  return undefined
}

/** Columns in the types that hold the values of both. */
function comparableSchema(a: Table | undefined, b: Table | undefined): TableSchema | undefined {
  return a === undefined || b === undefined ? (a ?? b)?.schema : unitedSchema(a.schema, b.schema)
}
