/** Syntax trees, asked for by a statement that is prepared once: preparing it costs as much as running it twice. */

import duckdb, { type PreparedStatement } from '@duckdb/node-bindings'
import type { Aside } from './one-thread.ts'
import { readResult } from './statement.ts'
import { textsOf } from './texts.ts'

const TREE = 'select json_serialize_sql($1::varchar, skip_default := true)::varchar'

/** Makes what gives a text's syntax tree as JSON, `undefined` where DuckDB has none for it. */
export function serializer(aside: Aside): (sql: string) => Promise<string | undefined> {
  let preparing: Promise<PreparedStatement> | undefined
  return async (sql) => {
    // Bound values end at a NUL.
    if (sql.includes('\0')) return undefined
    try {
      return await aside(async (connection) => {
        preparing ??= duckdb.prepare(connection, TREE)
        const prepared = await preparing
        duckdb.bind_varchar(prepared, 1, sql)
        const batch = await (await readResult(await duckdb.execute_prepared(prepared))).fetch()
        return batch && textsOf(batch)[0]
      })
    } catch {
      preparing = undefined
      return undefined
    }
  }
}
