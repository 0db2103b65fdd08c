/** A version as one DuckDB file: every table in it, nothing of the lake needed to open it. */

import { rename, rm, stat } from 'node:fs/promises'
import { quoteIdentifier, quoteText } from '../../engine/quote.ts'
import { VarveError } from '../../errors.ts'
import { FILES } from '../../lake/files.ts'
import { parseReference } from '../../lake/reference.ts'
import type { Lake } from '../../lake/types.ts'
import { resolveVersion } from '../../lake/versions/resolve.ts'
import type { CallOptions } from '../types.ts'
import { queryRows, type RunSql } from './query.ts'

/** Writes the file whole or not at all; `conflict` when it is there. Progress counts rows. */
export async function writeOffline(
  lake: Lake,
  run: RunSql,
  reference: string,
  file: string,
  { signal, onProgress }: CallOptions,
): Promise<{ file: string; tables: number; rows: number }> {
  const version = await resolveVersion(lake, parseReference(reference), { signal })
  if (await stat(file).then(() => true, isMissing))
    throw new VarveError('conflict', `${file} is there already, expected the name of a new file`, {
      uri: file,
    })
  const at = `${version.dataset}@${version.number}`
  const names = Object.keys(version.tables)
  const total = Object.values(version.tables).reduce((rows, table) => rows + table.rows, 0)
  const temporary = `${file}.${process.pid}.tmp`
  const alias = `varve_offline_${process.pid}`
  const change = async (sql: string): Promise<void> => (await run(sql, { signal })).close()
  let done = 0
  try {
    await change(`attach ${quoteText(temporary)} as ${alias}`)
    try {
      for (const name of names) {
        const from =
          name === FILES ? `files(${quoteText(at)})` : `dataset_table(${quoteText(at)}, ${quoteText(name)})`
        await change(`create table ${alias}.${quoteIdentifier(name)} as from ${from}`)
        done += version.tables[name]!.rows
        onProgress?.({ done, total })
      }
      const facts = { dataset: version.dataset, version: version.number, hash: version.hash, lake: lake.url }
      const columns = Object.entries(facts).map(
        ([name, value]) => `${typeof value === 'number' ? value : quoteText(value)} as ${name}`,
      )
      await change(`create table ${alias}.varve_version as select ${columns.join(', ')}`)
      await checkCounts(run, alias, version.tables, signal)
    } finally {
      await change(`detach ${alias}`)
    }
    await rename(temporary, file)
  } finally {
    await rm(temporary, { force: true })
    await rm(`${temporary}.wal`, { force: true })
  }
  return { file, tables: names.length, rows: done }
}

/** What was written is counted again: a copy that is short must not be taken for the whole. */
async function checkCounts(
  run: RunSql,
  alias: string,
  tables: Readonly<Record<string, { readonly rows: number }>>,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const [name, { rows: expected }] of Object.entries(tables)) {
    const { rows } = await queryRows(run, `select count(*) as n from ${alias}.${quoteIdentifier(name)}`, {
      signal,
    })
    for await (const { n } of rows)
      if (Number(n) !== expected)
        throw new VarveError('internal', `the copy of ${name} has ${n} rows, expected ${expected}`, {
          table: name,
        })
  }
}

function isMissing(error: NodeJS.ErrnoException): false {
  if (error.code === 'ENOENT') return false
  throw error
}
