/** Lakes for tests of the catalogue, made through src/lake, with clocks that stand where they are put. */

import { createHash } from 'node:crypto'
import type { Field } from '../../src/formats/batch.ts'
import { FILES, filesSchema } from '../../src/lake/files.ts'
import { initLake } from '../../src/lake/init.ts'
import { objectKey } from '../../src/lake/layout.ts'
import { openLake } from '../../src/lake/open.ts'
import { keyOf } from '../../src/lake/table/key.ts'
import { openTable } from '../../src/lake/table/list.ts'
import { rewriteTable } from '../../src/lake/table/rewrite.ts'
import type { Change, Lake, Row, TableSchema } from '../../src/lake/types.ts'
import { latestVersion } from '../../src/lake/versions/list.ts'
import { type Committed, commitTables } from '../../src/lake/write.ts'
import { locate, type ObjectStore, openStore } from '../../src/store/index.ts'

export interface TestLake {
  readonly lake: Lake
  /** Puts the clock. */
  at(time: string): void
  /** Commits changes of tables. */
  commit(dataset: string, changes: Changes, facts?: { label?: string; message?: string }): Promise<Committed>
  /** Uploads bytes, and gives the row of a file that has them. */
  upload(path: string, text: string, metadata?: Row): Promise<Row>
  /** The row of a file whose bytes stay where they are. */
  register(path: string, uri: string, metadata?: Row): Promise<Row>
}

export interface Changes {
  readonly metadata?: readonly Field[]
  readonly files?: readonly Row[]
  /** Paths to remove. */
  readonly gone?: readonly string[]
  readonly tables?: Readonly<
    Record<string, { schema: TableSchema; rows?: readonly Row[]; gone?: readonly Row[] }>
  >
}

const SMALL = { min: 2, normal: 4, max: 9 }

export async function testLake(
  url: string,
  wrap: (store: ObjectStore) => ObjectStore = (store) => store,
): Promise<TestLake> {
  const report = await initLake(url)
  let now = Date.parse('2026-11-01T10:00:00Z')
  const lake = openLake({ store: wrap(openStore(report.lake)) }, { chunking: SMALL, now: () => now })

  const rewritten = async (
    dataset: string,
    name: string,
    schema: TableSchema,
    puts: readonly Row[],
    gone: readonly Row[],
  ) => {
    const ref = (await latestVersion(lake, dataset))?.tables[name]
    const base = ref && (await openTable(lake, ref))
    const changes: Change[] = [
      ...puts.map((row) => ({ key: keyOf(schema, row), row })),
      ...gone.map((row) => ({ key: keyOf(schema, row), row: undefined })),
    ]
    changes.sort((a, b) => (a.key < b.key ? -1 : 1))
    return (await rewriteTable(lake, dataset, base, schema, changes)).table
  }

  return {
    lake,
    at: (time) => {
      now = Date.parse(time)
    },
    async commit(dataset, { metadata = [], files, gone = [], tables = {} }, facts = {}) {
      const changed = Object.entries(tables).map(
        async ([name, { schema, rows = [], gone: old = [] }]) =>
          [name, await rewritten(dataset, name, schema, rows, old)] as const,
      )
      const all = Object.fromEntries(await Promise.all(changed))
      const isFiles = files !== undefined || gone.length > 0
      const own = isFiles
        ? await rewritten(
            dataset,
            FILES,
            filesSchema(metadata),
            files ?? [],
            gone.map((path) => ({ path })),
          )
        : undefined
      const base = await latestVersion(lake, dataset)
      const made = own === undefined ? all : { ...all, [FILES]: own }
      return commitTables(lake, { dataset, base, tables: made, author: 'ada', ...facts })
    },
    async upload(path, text, metadata = {}) {
      const sha256 = createHash('sha256').update(text).digest('hex')
      await lake.store.put(objectKey(sha256), Buffer.from(text))
      return { path, bytes: BigInt(Buffer.byteLength(text)), sha256, ...metadata }
    },
    async register(path, uri, metadata = {}) {
      const { store, key } = locate(uri)
      const info = (await store.info(key))!
      return { path, bytes: BigInt(info.size), etag: info.identity, uri: store.url + key, ...metadata }
    },
  }
}

/** A store that counts the requests for keys that match, and remembers them. */
export function counted(store: ObjectStore, keys: string[]): ObjectStore {
  return {
    ...store,
    get: (key, options) => {
      keys.push(key)
      return store.get(key, options)
    },
    open: (key, options) => {
      keys.push(key)
      return store.open(key, options)
    },
  }
}

/** So many FASTQ records. */
export function reads(name: string, count: number): string {
  return Array.from({ length: count }, (_, i) => `@${name}.${i}\nACGT\n+\nIIII\n`).join('')
}
