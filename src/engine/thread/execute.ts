/** Runs a prepared statement without a core that only asks whether others are done. */

import duckdb, { type PreparedStatement } from '@duckdb/node-bindings'
import type { ScanActivity } from './scan-client.ts'

/** A scan of which nothing was asked for so long is not being read: a LIMIT has enough, or DuckDB computes. */
const QUIET_MS = 5

type Result = Awaited<ReturnType<typeof duckdb.execute_prepared>>

/**
 * Executes; `streams`: a SELECT, whose rows are made as they are fetched.
 *
 * Whoever waits for DuckDB 1.5 asks it for tasks again and again without a pause while its other thread works, and a
 * table function of one thread leaves none: it took up to a whole core from the threads that decode. So the statement
 * is only begun here, DuckDB's own thread does it, and this one joins in when the scans have been read.
 *
 * Not so with parameters: `pending_prepared` holds this thread, and may bind table functions anew, which need it.
 */
export async function execute(
  prepared: PreparedStatement,
  streams: boolean,
  scans: ScanActivity | undefined,
): Promise<Result> {
  if (scans === undefined || scans.waiting === 0 || duckdb.nparams(prepared) > 0)
    return streams ? duckdb.execute_prepared_streaming(prepared) : duckdb.execute_prepared(prepared)
  const pending = streams ? duckdb.pending_prepared_streaming(prepared) : duckdb.pending_prepared(prepared)
  // With one thread in all nobody begins, and it is quiet at once.
  for (let asked = -1; scans.waiting > 0 && asked !== scans.asked; ) {
    asked = scans.asked
    await changedOrLater(scans)
  }
  return duckdb.execute_pending(pending)
}

/** A scan has come to its end, or some time has passed. */
function changedOrLater(scans: ScanActivity): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, QUIET_MS)
    scans.onEnd(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
