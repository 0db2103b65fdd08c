/** One of the writers that commit to one dataset at the same time. */

import { setTimeout as sleep } from 'node:timers/promises'
import { FILES, filesSchema } from '../../src/lake/files.ts'
import { openLake } from '../../src/lake/open.ts'
import { pathKey } from '../../src/lake/table/key.ts'
import { openTable } from '../../src/lake/table/list.ts'
import { rewriteTable } from '../../src/lake/table/rewrite.ts'
import type { VersionDescription } from '../../src/lake/types.ts'
import { latestVersion } from '../../src/lake/versions/list.ts'
import { commitTables } from '../../src/lake/write.ts'
import { BenchError } from '../types.ts'

export interface Raced {
  /** Milliseconds since 1970. */
  readonly began: number
  readonly ended: number
  /** Versions that this writer made. */
  readonly made: readonly { readonly number: number; readonly id: string }[]
}

/** Commits a file of its own in each of `rounds`, on what it sees as the latest version; begins at `startAt`. */
export async function race(
  url: string,
  dataset: string,
  writer: string,
  rounds: string,
  startAt: string,
): Promise<Raced> {
  const lake = openLake(url)
  // Connections and the SDK are there when the race begins.
  await latestVersion(lake, dataset)
  const wait = Number(startAt) - Date.now()
  if (wait < 0) throw new BenchError(`writer ${writer} was ready ${-wait} ms after the start`)
  await sleep(wait)
  const began = Date.now()
  const made: { number: number; id: string }[] = []
  for (let round = 0; round < Number(rounds); round++) {
    const base = await latestVersion(lake, dataset)
    const ref = base?.tables[FILES]
    const table = ref === undefined ? undefined : await openTable(lake, ref)
    const path = `writer-${writer}/round-${round}`
    const row = { path, bytes: BigInt(round), etag: `${writer}-${round}`, uri: `s3://nowhere/${path}` }
    const schema = table?.schema ?? filesSchema([])
    const rewritten = await rewriteTable(lake, dataset, table, schema, [{ key: pathKey(path), row }])
    const tables = { [FILES]: rewritten.table }
    const { version, created } = await commitTables(lake, {
      dataset,
      base,
      tables,
      author: `writer ${writer}`,
    })
    if (!created) throw new BenchError(`round ${round} of writer ${writer} made no version`)
    made.push(numbered(version))
  }
  return { began, ended: Date.now(), made }
}

function numbered({ number, id }: VersionDescription): { number: number; id: string } {
  return { number, id }
}
