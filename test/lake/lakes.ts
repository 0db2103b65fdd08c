/** Lakes for tests: in memory, with what tests ask of them again and again. */

import { randomUUID } from 'node:crypto'
import { FILES } from '../../src/lake/files.ts'
import { type AddOptions, addFiles } from '../../src/lake/ingest/add.ts'
import { initLake } from '../../src/lake/init.ts'
import { openLake } from '../../src/lake/open.ts'
import { parseReference } from '../../src/lake/reference.ts'
import { rowAt } from '../../src/lake/table/block.ts'
import { openTable } from '../../src/lake/table/list.ts'
import { readTable } from '../../src/lake/table/read.ts'
import type { Lake, Row } from '../../src/lake/types.ts'
import { resolveVersion } from '../../src/lake/versions/resolve.ts'
import { openStore } from '../../src/store/index.ts'

export async function newLake(url = `memory://lake-${randomUUID()}/`): Promise<Lake> {
  await initLake(url)
  return openLake(url, { chunking: { min: 2, normal: 4, max: 9 } })
}

/** A folder in memory with these files; its URL. */
export async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const store = openStore(`memory://files-${randomUUID()}/`)
  for (const [path, text] of Object.entries(files)) await store.put(path, Buffer.from(text))
  return store.url
}

/** Adds files of these contents. */
export async function add(
  lake: Lake,
  files: Readonly<Record<string, string>>,
  options: Partial<AddOptions> = {},
): ReturnType<typeof addFiles> {
  return addFiles(lake, [await folderOf(files)], { dataset: 'd', author: 'test', ...options })
}

/** The rows of a version's table, in the order of its key. */
export async function rows(lake: Lake, reference: string, table = FILES): Promise<Row[]> {
  const { tables } = await resolveVersion(lake, parseReference(reference))
  const ref = tables[table]
  const all: Row[] = []
  if (ref === undefined) return all
  for await (const block of readTable(lake, await openTable(lake, ref)))
    for (let i = 0; i < block.rows; i++) all.push(rowAt(block, i))
  return all
}

export async function paths(lake: Lake, reference: string): Promise<string[]> {
  return (await rows(lake, reference)).map(({ path }) => path as string)
}
