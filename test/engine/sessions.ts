/** Sessions over a fake scan, and their rows as plain values. */

import { openSession, type SessionOptions } from '../../src/engine/session.ts'
import type { RunOptions, Session } from '../../src/engine/types.ts'
import type { Value } from '../../src/formats/values.ts'
import { rowsOf } from './columns.ts'
import { type FakeScan, type FakeTable, FUNCTIONS, fakeScan } from './fake-scan.ts'

export interface TestSession {
  readonly session: Session
  readonly scan: FakeScan
  /** The rows of the last statement. */
  rows(sql: string, options?: RunOptions): Promise<Value[][]>
}

export function testSession(
  tables: Readonly<Record<string, FakeTable>> = {},
  options: Partial<SessionOptions> = {},
): TestSession {
  const scan = fakeScan(tables)
  const session = openSession({ scan, functions: FUNCTIONS, ...options })
  return { session, scan, rows: (sql, runOptions) => rowsIn(session, sql, runOptions) }
}

export async function rowsIn(session: Session, sql: string, options?: RunOptions): Promise<Value[][]> {
  let rows: Value[][] = []
  for await (const result of session.run(sql, options)) {
    rows = []
    for await (const batch of result.batches) rows.push(...rowsOf(result.columns, batch))
  }
  return rows
}
