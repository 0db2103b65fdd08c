import type { ResultColumn } from '../../engine/types.ts'
import type { ColumnBatch } from '../../formats/batch.ts'
import { parseSqlType, type SqlType } from './sql-type.ts'
import { textReader } from './text-values.ts'
import type { ResultWriter } from './writer.ts'

/** Characters gathered before a piece is handed on. */
const PIECE = 64 * 1024

/**
 * CSV by RFC 4180 with a header, lines ended by `\n` as DuckDB's COPY does it: NULL is nothing, an empty string
 * `""`, so that reading it again gives the same rows.
 */
export function csvWriter(): ResultWriter {
  let columns: readonly ResultColumn[] = []
  let types: SqlType[] = []
  return {
    *begin(given) {
      columns = given
      types = columns.map(({ sqlType }) => parseSqlType(sqlType))
      yield line(columns.map(({ name }) => field(name)))
    },
    *batch(batch: ColumnBatch) {
      const readers = columns.map((column, i) => textReader(column.type, types[i]!, batch.columns[i]!))
      const fields = new Array<string>(readers.length)
      let piece = ''
      for (let row = 0; row < batch.rows; row++) {
        for (let i = 0; i < readers.length; i++) {
          const text = readers[i]!(row)
          fields[i] = text === undefined ? '' : field(text)
        }
        piece += line(fields)
        if (piece.length >= PIECE) {
          yield piece
          piece = ''
        }
      }
      if (piece !== '') yield piece
    },
    *end() {},
  }
}

const line = (fields: readonly string[]): string => `${fields.join(',')}\n`

function field(text: string): string {
  if (text === '') return '""'
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
