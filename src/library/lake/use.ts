/** `CALL varve_use('d@v')`: the tables of one version as tables of the session. */

import { quoteIdentifier, quoteText } from '../../engine/quote.ts'
import type { Field } from '../../formats/batch.ts'
import { FILES } from '../../lake/files.ts'
import { inLake } from '../../lake/open.ts'
import { parseReference } from '../../lake/reference.ts'
import type { Lake } from '../../lake/types.ts'
import { resolveVersion } from '../../lake/versions/resolve.ts'
import { textArgument } from '../../scan/arguments.ts'
import type { SessionProcedure } from '../../scan/types.ts'

const COLUMNS: readonly Field[] = [
  { name: 'table', type: { kind: 'utf8' } },
  { name: 'rows', type: { kind: 'int64' } },
]

/**
 * Makes a schema `d@number` with a view for each table, and that schema the current one: `SHOW TABLES` lists them, and no row is read before one is asked for.
 */
export function useProcedure(lake: Lake): SessionProcedure {
  return {
    name: 'varve_use',
    positional: 1,
    lists: false,
    named: {},
    summary: "A version's tables as the session's own, until another is used; for CALL.",
    columns: COLUMNS,
    prepare({ args }) {
      const reference = parseReference(textArgument('the version', args[0]))
      return async ({ execute, signal }) => {
        const version = await inLake(lake, () => resolveVersion(lake, reference, { signal }), signal)
        const at = quoteText(`${version.dataset}@${version.number}`)
        // A name that nobody gives a schema of their own.
        const schema = quoteIdentifier(`${version.dataset}@${version.number}`)
        await execute(`create schema if not exists ${schema}`)
        const tables = Object.entries(version.tables)
        for (const [name] of tables) {
          const from = name === FILES ? `files(${at})` : `dataset_table(${at}, ${quoteText(name)})`
          await execute(`create or replace view ${schema}.${quoteIdentifier(name)} as from ${from}`)
        }
        await execute(`use ${schema}`)
        return tables.map(([name, { rows }]) => [name, BigInt(rows)])
      }
    },
  }
}
