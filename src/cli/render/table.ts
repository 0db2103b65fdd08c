import type { ResultColumn } from '../../engine/types.ts'
import type { ColumnBatch } from '../../formats/batch.ts'
import { isPlan, planText } from './plan.ts'
import { displayType, parseSqlType, type SqlType } from './sql-type.ts'
import { drawTable, type TableColumn } from './table-drawing.ts'
import { textReader } from './text-values.ts'
import type { ResultWriter, WriterOptions } from './writer.ts'

/** Rows at each end of a long result, and how many more than both may be shown before any is left out. */
const END_ROWS = 20
const SLACK_ROWS = 3
const KEPT_TAIL = END_ROWS + SLACK_ROWS

/**
 * The DuckDB CLI's box: up to 43 rows whole, of more the first and last 20. Holds those rows only, however
 * many pass, so it is written at the end.
 */
export function tableWriter({ width }: WriterOptions): ResultWriter {
  let columns: readonly ResultColumn[] = []
  let types: SqlType[] = []
  let rows = 0
  const head: string[][] = []
  let tail: string[][] = []
  const plans: [string, string][] = []
  return {
    *begin(given) {
      columns = given
      types = columns.map(({ sqlType }) => parseSqlType(sqlType))
    },
    *batch(batch: ColumnBatch) {
      const readers = columns.map((column, i) => textReader(column.type, types[i]!, batch.columns[i]!))
      if (isPlan(columns)) {
        for (let row = 0; row < batch.rows; row++)
          plans.push([readers[0]!(row) ?? '', readers[1]!(row) ?? ''])
        return
      }
      const cells = (row: number): string[] => readers.map((read) => shown(read(row)))
      let row = 0
      for (; row < batch.rows && head.length < END_ROWS; row++) head.push(cells(row))
      const last: string[][] = []
      for (row = Math.max(row, batch.rows - KEPT_TAIL); row < batch.rows; row++) last.push(cells(row))
      tail = [...tail, ...last].slice(-KEPT_TAIL)
      rows += batch.rows
    },
    *end() {
      if (columns.length === 0) return
      if (isPlan(columns)) {
        yield planText(plans)
        return
      }
      const whole = rows <= END_ROWS + KEPT_TAIL
      yield drawTable({
        columns: columns.map(tableColumn),
        head: whole ? [...head, ...tail] : head,
        tail: whole ? [] : tail.slice(-END_ROWS),
        rows,
        width,
      })
    },
  }
}

function tableColumn({ name, type, sqlType }: ResultColumn): TableColumn {
  return { name: shown(name), type: displayType(sqlType), right: isNumeric(type.kind, sqlType) }
}

function isNumeric(kind: string, sqlType: string): boolean {
  return /^(u?int\d+|float\d+|decimal)$/.test(kind) || /^U?HUGEINT$/.test(sqlType)
}

/** Longest text of one cell that is looked at: more than any terminal shows. */
const LONGEST = 4096

const NAMED_ESCAPES: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\e',
}

/** Control characters are shown, never sent: data must not move a terminal's cursor. `undefined` is NULL. */
export function shown(text: string | undefined): string {
  if (text === undefined) return 'NULL'
  const start = text.length > LONGEST ? text.slice(0, LONGEST) : text
  return start.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    /[\x00-\x1f\x7f-\x9f]/g,
    (char) => NAMED_ESCAPES[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}
