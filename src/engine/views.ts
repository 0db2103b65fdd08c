/** The views of a session's database, as far as statements ask for them. */

import type { Value } from '../formats/values.ts'
import { quoteText } from './quote.ts'

export type Query = (sql: string) => Promise<readonly (readonly Value[])[]>

export interface Views {
  /** Names that may be views', in lower case; asks the database only after statements that may have changed them. */
  names(): Promise<ReadonlySet<string>>
  /** `CREATE VIEW …` of the view that this name alone means; undefined where anything else might be meant. */
  viewOf(name: string): Promise<string | undefined>
  /** A statement has run. */
  note(sql: string): void
}

/** What may make views, or change which of them a name means. */
const CHANGING =
  /\b(view|attach|detach|use|import|schema|search_path|begin|start|rollback|abort|commit|call|execute|load)\b/i

/** `fresh`: the database began empty. */
export function viewsOf(query: Query, fresh: boolean): Views {
  let known: ReadonlySet<string> | undefined = fresh ? new Set() : undefined
  return {
    async names() {
      if (known === undefined) {
        const rows = await query('select lower(view_name) from duckdb_views() where not internal')
        known = new Set(rows.map(([name]) => String(name)))
      }
      return known
    },
    async viewOf(name) {
      const own = quoteText(name.toLowerCase())
      const rows = await query(
        `select sql, schema_name = 'main' and temporary or database_name = current_database() and schema_name = current_schema() from duckdb_views() where lower(view_name) = ${own} union all select null, false from duckdb_tables() where lower(table_name) = ${own}`,
      )
      const [row, ...others] = rows
      return others.length === 0 && row?.[1] === true && typeof row[0] === 'string' ? row[0] : undefined
    },
    note(sql) {
      if (CHANGING.test(sql)) known = undefined
    },
  }
}
