/**
 * Statements that scan run with one of DuckDB's threads where the machine has two cores: a scan feeds one thread, and
 * a second one makes the first poll for its work without a pause, on a core that a decoding thread could have.
 */

import { availableParallelism } from 'node:os'
import duckdb, { type Connection } from '@duckdb/node-bindings'

/** With more cores the one that polls is the smaller loss, as what follows a scan may use the others. */
const FEW = 2

/** Runs something on a connection that has no results of the user's, when nothing else runs there. */
export type Aside = <T>(work: (connection: Connection) => Promise<T>) => Promise<T>

/**
 * Makes what is told each statement before it runs. The limit stays until a statement comes that scans nothing: in a row
 * of scans, asking and setting would cost more than many of them.
 *
 * @param names the table functions that scan
 */
export function threadLimit(
  names: readonly string[],
  aside: Aside,
  cores = availableParallelism(),
): (sql: string) => Promise<void> {
  const scans = new RegExp(`\\b(${names.join('|')})\\s*\\(`, 'i')
  let isLimited = false
  if (cores > FEW || names.length === 0) return async () => undefined
  return async (sql) => {
    const isScan = scans.test(sql)
    if (isScan === isLimited) return
    isLimited = await aside(async (connection) => {
      // What the user has set stays.
      if (isScan && (await threadsThatMayChange(connection)) !== cores) return false
      await duckdb.query(connection, `set global threads = ${isScan ? 1 : cores}`)
      return isScan
    })
  }
}

async function threadsThatMayChange(connection: Connection): Promise<number> {
  const locked = "current_setting('lock_configuration')::boolean"
  const sql = `select case when ${locked} then 0 else current_setting('threads')::integer end`
  const chunk = await duckdb.fetch_chunk(await duckdb.query(connection, sql))
  const bytes = duckdb.vector_get_data(duckdb.data_chunk_get_vector(chunk!, 0), 4)
  return new DataView(bytes.buffer, bytes.byteOffset).getInt32(0, true)
}
