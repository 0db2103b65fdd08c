/** Opens the database of a session, with varve's table functions in it. */

import duckdb, { type Connection, type Database } from '@duckdb/node-bindings'
import type { EngineData } from '../protocol.ts'
import type { ScanClient } from './scan-client.ts'
import { registerTableFunction } from './table-functions.ts'

export interface OpenDatabase {
  /** For the session's statements. */
  readonly main: Connection
  /** For questions beside them: it has no transaction of the user's. Opened when first asked for. */
  side(): Promise<Connection>
  close(): void
}

export async function openDatabase(data: EngineData, scans: ScanClient): Promise<OpenDatabase> {
  const config = duckdb.create_config()
  // No statement shall go to the network behind the user's back; INSTALL and LOAD still can.
  duckdb.set_config(config, 'autoinstall_known_extensions', 'false')
  for (const [name, value] of Object.entries(data.settings)) duckdb.set_config(config, name, value)
  const database: Database = await duckdb.open(data.database, config)
  const main = await duckdb.connect(database)
  // Results are drawn in UTC, so text made by SQL shall be, too, on whatever machine. Only now is ICU there.
  await duckdb.query(main, "set global TimeZone = 'UTC'")
  for (const fn of data.functions) registerTableFunction(main, fn, scans)
  let side: Promise<Connection> | undefined
  let aside: Connection | undefined
  return {
    main,
    side() {
      side ??= duckdb.connect(database).then((connection) => {
        aside = connection
        return connection
      })
      return side
    },
    close() {
      if (aside !== undefined) duckdb.disconnect_sync(aside)
      duckdb.disconnect_sync(main)
      duckdb.close_sync(database)
    },
  }
}
