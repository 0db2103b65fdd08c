/** Aliases: unique names for assets, a table of the dataset like any other. */

import { VarveError } from '../../errors.ts'
import type { Field } from '../../formats/batch.ts'
import { FILES } from '../../lake/files.ts'
import { pathKey } from '../../lake/table/key.ts'
import { openTable } from '../../lake/table/list.ts'
import { findRows } from '../../lake/table/read.ts'
import { writeRows } from '../../lake/table-write.ts'
import type { Lake, Row, VersionDescription } from '../../lake/types.ts'
import type { CommitFacts, Committed } from '../../lake/write.ts'

const TABLE = 'aliases'

const COLUMNS: readonly Field[] = [
  { name: 'alias', type: { kind: 'utf8' } },
  { name: 'asset_id', type: { kind: 'utf8' } },
  { name: 'path', type: { kind: 'utf8' } },
]

/** Names the asset at a path; `conflict` when the name is taken, and then nothing is written. */
export async function writeAlias(
  lake: Lake,
  version: VersionDescription,
  alias: string,
  path: string,
  facts: CommitFacts,
): Promise<Committed> {
  const { dataset, number, tables } = version
  const ref = tables[FILES]
  const key = pathKey(path)
  const files = ref === undefined ? undefined : await openTable(lake, ref, facts.signal)
  const file = files === undefined ? undefined : (await findRows(lake, files, [key], facts)).get(key)
  if (file === undefined || file.path !== path)
    throw new VarveError('not-found', `${dataset}@${number} has no file ${path} to name`, { dataset, path })
  async function* rows(): AsyncGenerator<Row> {
    yield { alias, asset_id: file!.asset_id ?? null, path }
  }
  const write = { ...facts, dataset, table: TABLE, mode: 'append', key: ['alias'] } as const
  return writeRows(lake, write, { columns: COLUMNS, rows: rows() })
}
