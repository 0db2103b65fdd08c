/**
 * What the lake's bench runs in processes of its own: `node lake.js WORK ARGUMENTS…`, with the S3 settings in the
 * environment. Prints one line of JSON: the seconds of the work itself, and what came of it.
 */

import { FILES } from '../../src/lake/files.ts'
import { openLake } from '../../src/lake/open.ts'
import { parseReference } from '../../src/lake/reference.ts'
import { valueAt } from '../../src/lake/table/block.ts'
import { diffTables } from '../../src/lake/table/diff.ts'
import { pathKey } from '../../src/lake/table/key.ts'
import { openTable } from '../../src/lake/table/list.ts'
import { findRows, readTable } from '../../src/lake/table/read.ts'
import { rewriteTable } from '../../src/lake/table/rewrite.ts'
import type { Lake, Table, VersionDescription } from '../../src/lake/types.ts'
import { resolveVersion } from '../../src/lake/versions/resolve.ts'
import { commitTables } from '../../src/lake/write.ts'
import { closeStores, openStore } from '../../src/store/index.ts'
import { BenchError } from '../types.ts'
import { pathOf } from './objects.ts'
import { race } from './race.ts'
import { uploads } from './uploads.ts'

type Work = (...args: string[]) => Promise<object>

async function filesOf(
  lake: Lake,
  reference: string,
): Promise<{ readonly version: VersionDescription; readonly table: Table }> {
  const version = await resolveVersion(lake, parseReference(reference))
  const ref = version.tables[FILES]
  if (ref === undefined) throw new BenchError(`${reference} has no files`)
  return { version, table: await openTable(lake, ref) }
}

/** The row of one path. */
async function find(url: string, reference: string, path: string) {
  const lake = openLake(url)
  const { version, table } = await filesOf(lake, reference)
  const row = (await findRows(lake, table, [pathKey(path)])).get(pathKey(path))
  return { files: version.files, path: row?.path }
}

/** Gives `count` files from number `first` other bytes, and commits. */
async function change(url: string, dataset: string, first: string, count: string, etag: string) {
  const lake = openLake(url)
  const { version: base, table } = await filesOf(lake, dataset)
  const paths = Array.from({ length: Number(count) }, (_, i) => pathOf(Number(first) + i))
  const changes = paths.map((path, i) => ({ key: pathKey(path), row: { path, etag: `${etag}-${i}` } }))
  const rewritten = await rewriteTable(lake, dataset, table, table.schema, changes, {
    decide: (_key, old, wanted) => ({ ...old, ...wanted }),
  })
  const tables = { [FILES]: rewritten.table }
  const { version } = await commitTables(lake, { dataset, base, tables, author: 'bench' })
  return { version: version.number, changed: rewritten.changed }
}

async function diff(url: string, older: string, newer: string) {
  const lake = openLake(url)
  const [a, b] = await Promise.all([filesOf(lake, older), filesOf(lake, newer)])
  let changes = 0
  for await (const { old, new: now } of diffTables(lake, a.table, b.table))
    if (old !== undefined && now !== undefined) changes++
  return { changes, files: a.version.files }
}

/** Counts the paths; they come in the order of their keys, so equal ones would be neighbours. */
async function read(url: string, reference: string) {
  const lake = openLake(url)
  const { table } = await filesOf(lake, reference)
  let [paths, last] = [0, '']
  for await (const block of readTable(lake, table, { columns: ['path'] })) {
    for (let row = 0; row < block.rows; row++) {
      const path = valueAt(block, 'path', row) as string
      if (path !== last) paths++
      last = path
    }
  }
  return { paths }
}

/** Bytes of a version's list and parts: what a reader without lists would have to compare. */
async function metadata(url: string, reference: string) {
  const lake = openLake(url)
  const { version, table } = await filesOf(lake, reference)
  const { home, list } = version.tables[FILES]!
  const listed = await lake.store.info(`datasets/${home}/lists/${list}.parquet`)
  const parts = table.parts.reduce((bytes, part) => bytes + part.bytes, 0)
  return { parts: table.parts.length, bytes: parts + (listed?.size ?? 0), list: listed?.size }
}

/** What the server's listing alone takes. */
async function list(url: string) {
  let keys = 0
  for await (const _ of openStore(url).list('')) keys++
  return { keys }
}

const WORKS: Readonly<Record<string, Work>> = { find, change, diff, read, metadata, list, race, uploads }

const [name = '', ...args] = process.argv.slice(2)
const work = WORKS[name]
if (work === undefined) throw new BenchError(`no work is called ${name}`)
const began = performance.now()
const result = await work(...args)
process.stdout.write(`${JSON.stringify({ seconds: (performance.now() - began) / 1000, ...result })}\n`)
await closeStores()
