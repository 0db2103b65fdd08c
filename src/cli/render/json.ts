import type { ResultColumn } from '../../engine/types.ts'
import type { ColumnBatch } from '../../formats/batch.ts'
import { jsonReader } from './json-values.ts'
import { parseSqlType, type SqlType } from './sql-type.ts'
import type { ResultWriter } from './writer.ts'

const PIECE = 64 * 1024

/**
 * `json`: one array, a row per line; `jsonl`: a row per line. Rows are objects with the columns in order; a name
 * that appears again gets `_1`, `_2`, …, since JSON readers keep only the last of equal keys.
 */
export function jsonWriter(format: 'json' | 'jsonl'): ResultWriter {
  const array = format === 'json'
  let columns: readonly ResultColumn[] = []
  let types: SqlType[] = []
  let keys: string[] = []
  let rows = 0
  return {
    *begin(given) {
      columns = given
      types = columns.map(({ sqlType }) => parseSqlType(sqlType))
      keys = uniqueNames(columns.map(({ name }) => name)).map((name) => JSON.stringify(name))
      if (array) yield '['
    },
    *batch(batch: ColumnBatch) {
      const readers = columns.map((column, i) => jsonReader(column.type, types[i]!, batch.columns[i]!))
      let piece = ''
      for (let row = 0; row < batch.rows; row++) {
        if (array && rows > 0) piece += ',\n'
        piece += '{'
        for (let i = 0; i < readers.length; i++)
          piece += `${i === 0 ? '' : ','}${keys[i]}:${readers[i]!(row)}`
        piece += array ? '}' : '}\n'
        rows++
        if (piece.length >= PIECE) {
          yield piece
          piece = ''
        }
      }
      if (piece !== '') yield piece
    },
    *end() {
      if (array) yield ']\n'
    },
  }
}

/** Names made unique as DuckDB does it in subqueries: `a`, `a_1`, `a_2`. */
export function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set(names)
  const seen = new Set<string>()
  return names.map((name) => {
    let unique = name
    for (let n = 1; seen.has(unique); n++) {
      const candidate = `${name}_${n}`
      if (!taken.has(candidate)) unique = candidate
    }
    seen.add(unique)
    taken.add(unique)
    return unique
  })
}
