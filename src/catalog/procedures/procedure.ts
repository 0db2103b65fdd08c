/** Procedures: table functions that do something, and tell what they did in a row. */

import type { Field } from '../../formats/batch.ts'
import type { Value } from '../../formats/values.ts'
import type { ScanFunction } from '../../scan/functions/types.ts'
import { rowStream } from '../../scan/rows.ts'
import type { BindRequest, TableFunction } from '../../scan/types.ts'
import { bool, int64, rowOf, utf8 } from '../fields.ts'
import type { CommitReport } from './verbs.ts'

export type Report = Readonly<Record<string, Value>>

/** What stands in every report of a commit. */
export const COMMIT_COLUMNS: readonly Field[] = [
  utf8('dataset'),
  int64('version'),
  bool('created'),
  utf8('label'),
  utf8('hash'),
]

export function commitCells({ dataset, version, created, label, hash }: CommitReport): Report {
  return { dataset, version, created, label, hash }
}

export interface ProcedureShape extends Omit<TableFunction, 'lists'> {
  readonly lists?: boolean
  readonly columns: readonly Field[]
  /** Checks the arguments, and gives what shall be done with them. */
  prepare(request: BindRequest): (signal: AbortSignal) => Promise<Report>
}

/**
 * A procedure as a table function. It acts when its row is asked for, not when it is bound, since EXPLAIN and PREPARE
 * bind, too; and once for a statement, however often the statement scans it.
 */
export function procedure({ columns, prepare, lists = false, ...signature }: ProcedureShape): ScanFunction {
  return {
    ...signature,
    lists,
    async bind(request) {
      const act = prepare(request)
      let acting: Promise<Report> | undefined
      return {
        columns,
        zones: [],
        open: (wanted) =>
          rowStream(columns, wanted, async (signal) => {
            acting ??= act(signal)
            return [rowOf(columns, await acting)]
          }),
      }
    },
  }
}
