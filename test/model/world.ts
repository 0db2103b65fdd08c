/** A lake in memory with a clock that is turned by hand, a store that dies when told, and what is in it, read out. */

import { VarveError } from '../../src/errors.ts'
import { readJson } from '../../src/lake/json.ts'
import { labelsPrefix } from '../../src/lake/layout.ts'
import { openLake } from '../../src/lake/open.ts'
import { rowAt } from '../../src/lake/table/block.ts'
import { keyOf } from '../../src/lake/table/key.ts'
import { openTable } from '../../src/lake/table/list.ts'
import { readTable } from '../../src/lake/table/read.ts'
import type { Lake, Row, VersionDescription } from '../../src/lake/types.ts'
import { recordsAfter } from '../../src/lake/versions/list.ts'
import { LABEL, listTags } from '../../src/lake/versions/refs.ts'
import { type ObjectInfo, type ObjectStore, openStore } from '../../src/store/index.ts'
import type { ModelTable, Tables } from './reference.ts'

export const DATASETS = ['d', 'e', 'f'] as const
export const SOURCE = `memory://model-source-${process.pid}/`

export interface World {
  readonly lake: Lake
  readonly clock: { time: number }
  /** What was read of versions, by their ids. */
  readonly texts: Map<string, string>
  /** The lake of a process of its own: nothing remembered, and killed at a call when told. */
  process(kill?: { readonly at: number; readonly after: boolean }): Lake
}

/** The one bucket of all runs: buckets live as long as the process. */
const BUCKET = `memory://model-${process.pid}/`

export async function makeWorld(): Promise<World> {
  const raw = openStore(BUCKET)
  for (const { key } of await entriesOf(raw, '')) await raw.delete(key)
  const clock = { time: Date.parse('2026-11-01T00:00:00Z') }
  // Each look at it moves it on: versions that are made at the same moment have times of their own.
  const now = (): number => ++clock.time
  const store = withClock(raw, now)
  await store.put('lake.json', Buffer.from('{"format":"varve-lake","version":1,"id":"model"}'))
  const chunking = { min: 2, normal: 4, max: 9 }
  const open = (over: ObjectStore): Lake => openLake({ store: over }, { chunking, now })
  return {
    lake: open(store),
    clock,
    texts: new Map(),
    process: (kill) => open(kill === undefined ? store : dying(store, kill)),
  }
}

/** The store, whose objects have the ages that the clock gives them. */
function withClock(store: ObjectStore, now: () => number): ObjectStore {
  const times = new Map<string, number>()
  const timed = (info: ObjectInfo): ObjectInfo => ({ ...info, modified: times.get(info.key) ?? 0 })
  return {
    ...store,
    async put(key, body, options) {
      const result = await store.put(key, body, options)
      if (result === 'written') times.set(key, now())
      return result
    },
    async info(key, options) {
      const info = await store.info(key, options)
      return info === undefined ? undefined : timed(info)
    },
    async *list(prefix, options) {
      for await (const entry of store.list(prefix, options)) yield 'key' in entry ? timed(entry) : entry
    },
  }
}

/** The store of a process that is killed at its call number `at`, before it has an effect or after. */
function dying(store: ObjectStore, { at, after }: { at: number; after: boolean }): ObjectStore {
  let calls = 0
  const killed = (): VarveError => new VarveError('internal', 'the process was killed here')
  async function call<T>(work: () => Promise<T>): Promise<T> {
    const number = calls++
    if (number > at || (number === at && !after)) throw killed()
    const result = await work()
    if (number === at) throw killed()
    return result
  }
  return {
    ...store,
    open: (key, options) => call(() => store.open(key, options)),
    info: (key, options) => call(() => store.info(key, options)),
    get: (key, options) => call(() => store.get(key, options)),
    put: (key, body, options) => call(() => store.put(key, body, options)),
    delete: (key, options) => call(() => store.delete(key, options)),
    async *list(prefix, options) {
      yield* await call(async () => {
        const entries = []
        for await (const entry of store.list(prefix, options)) entries.push(entry)
        return entries
      })
    },
  }
}

export async function entriesOf(store: ObjectStore, prefix: string): Promise<ObjectInfo[]> {
  const entries: ObjectInfo[] = []
  for await (const entry of store.list(prefix)) if ('key' in entry) entries.push(entry)
  return entries
}

/** What is said of a file's bytes and of where they came from; the rest follows from its name. */
const FILE_FIELDS = ['path', 'bytes', 'sha256', 'asset_id', 'origin', 'modified_at']

export function fileText(row: Row): string {
  return rowText(Object.fromEntries(FILE_FIELDS.map((name) => [name, row[name] ?? null])))
}

export function rowText(row: Row): string {
  const fields = Object.entries(row).filter(([, value]) => value !== null && value !== undefined)
  return JSON.stringify(fields.map(([name, value]) => [name, String(value)]).sort())
}

export async function readTables(lake: Lake, { tables }: VersionDescription): Promise<Tables> {
  const read = new Map<string, ModelTable>()
  for (const [name, ref] of Object.entries(tables)) {
    const table = await openTable(lake, ref)
    const rows = new Map<string, string>()
    let last = ''
    for await (const block of readTable(lake, table))
      for (let i = 0; i < block.rows; i++) {
        const row = rowAt(block, i)
        const key = keyOf(table.schema, row)
        if (key <= last) throw new Error(`${name}: the key ${key} comes after ${last}`)
        last = key
        rows.set(key, name === 'files' ? fileText(row) : rowText(row))
      }
    if (rows.size !== ref.rows) throw new Error(`${name} has ${rows.size} rows, its version says ${ref.rows}`)
    read.set(name, { columns: table.schema.columns.map((column) => column.name), rows })
  }
  return read
}

export interface DatasetState {
  readonly versions: readonly VersionDescription[]
  readonly deleted: ReadonlySet<number>
  readonly labels: ReadonlyMap<string, { readonly number: number | undefined; readonly since: number }>
  readonly tags: ReadonlyMap<string, number>
}

/** A dataset as it is in the bucket. */
export async function readDataset(lake: Lake, dataset: string): Promise<DatasetState> {
  const versions: VersionDescription[] = []
  const deleted = new Set<number>()
  for await (const record of recordsAfter(lake, dataset, 0)) {
    versions.push(record.description)
    if (record.deleted) deleted.add(record.description.number)
  }
  const numbers = new Map(versions.map(({ id, number }) => [id, number]))
  const labels = new Map<string, { number: number | undefined; since: number }>()
  for (const { key } of await entriesOf(lake.store, labelsPrefix(dataset))) {
    const { label, id, reserved_at } = (await readJson(lake.store, key, LABEL))!.value
    labels.set(label, { number: numbers.get(id), since: Date.parse(reserved_at) })
  }
  const tags = new Map<string, number>()
  for await (const { tag, id } of listTags(lake, dataset)) tags.set(tag, numbers.get(id) ?? -1)
  return { versions, deleted, labels, tags }
}
