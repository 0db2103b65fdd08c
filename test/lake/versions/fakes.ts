/** Lakes for tests of versions: tables are small maps that a reference carries with it, stores fail as they are told. */

import { createHash } from 'node:crypto'
import { VarveError } from '../../../src/errors.ts'
import { openLake } from '../../../src/lake/open.ts'
import type { Conflict, Lake, TableRef, VersionDescription } from '../../../src/lake/types.ts'
import { type CommitTools, type Committed, commit, type Draft } from '../../../src/lake/versions/commit.ts'
import { latestVersion } from '../../../src/lake/versions/list.ts'
import type { MergeTable } from '../../../src/lake/versions/rebase.ts'
import { openStore } from '../../../src/store/index.ts'
import type { ObjectStore } from '../../../src/store/types.ts'

/** A table: values by key. */
export type Rows = Readonly<Record<string, string>>

let lakes = 0

export function memoryLake(now?: () => number): Lake {
  return openLake(`memory://versions-${process.pid}-${lakes++}/`, { now })
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

export function tableOf(rows: Rows, home = 'd', schema = 'schema'): TableRef {
  const content = JSON.stringify(Object.entries(rows).sort(([a], [b]) => (a < b ? -1 : 1)))
  const list = sha256(content)
  return { list, parts: list, schema: sha256(schema), home, rows: Object.keys(rows).length, content }
}

export function rowsOf(table: TableRef | undefined): Rows {
  return table === undefined ? {} : Object.fromEntries(JSON.parse(table.content) as [string, string][])
}

const mergeTable: MergeTable = async (name, base, ours, theirs) => {
  const [old, mine, other] = [rowsOf(base), rowsOf(ours), rowsOf(theirs)]
  const merged = new Map(Object.entries(other))
  const conflicts: Conflict[] = []
  for (const key of new Set([...Object.keys(old), ...Object.keys(mine)])) {
    if (mine[key] === old[key]) continue
    if (other[key] !== old[key] && other[key] !== mine[key]) conflicts.push({ table: name, key: { key } })
    else if (mine[key] === undefined) merged.delete(key)
    else merged.set(key, mine[key])
  }
  if (conflicts.length > 0) return { conflicts }
  return { ref: tableOf(Object.fromEntries(merged), (theirs ?? ours)?.home) }
}

export const tools: CommitTools = {
  mergeTable,
  summarize: async (tables) => ({
    files: tables.files?.rows ?? 0,
    bytes: Object.values(tables).reduce((sum, { content }) => sum + content.length, 0),
  }),
}

/** Adds rows to `files` of what is the latest now, or of `draft.base`. */
export async function addRows(
  lake: Lake,
  rows: Rows,
  draft: Partial<Draft> = {},
  own: Partial<CommitTools> = {},
): Promise<Committed> {
  const { dataset = 'd' } = draft
  const base = 'base' in draft ? draft.base : await latestVersion(lake, dataset)
  const tables = { files: tableOf({ ...rowsOf(base?.tables.files), ...rows }, dataset) }
  return commit(lake, { author: 'a', tables, ...draft, dataset, base }, { ...tools, ...own })
}

/** Commits `count` versions, each with one row more. */
export async function versionsOf(lake: Lake, count: number, dataset = 'd'): Promise<VersionDescription[]> {
  const versions: VersionDescription[] = []
  for (let i = 1; i <= count; i++)
    versions.push(
      (await addRows(lake, { [`row${i}`]: String(i) }, { dataset, base: versions.at(-1) })).version,
    )
  return versions
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

export interface Call {
  readonly op: 'get' | 'put' | 'list' | 'info' | 'delete'
  readonly key: string
}

/** What happens to a call: it is done and answered, fails undone, or is done without an answer. */
export type Fate = 'works' | 'lost' | 'unanswered'

/** The same lake over a store whose calls meet the fate that `decide` says. */
export function withFates(lake: Lake, decide: (call: Call) => Fate | Promise<Fate>): Lake {
  const { store } = lake
  const broken = ({ op, key }: Call): VarveError =>
    new VarveError('unavailable', `${store.url}${key}: no answer to ${op}`, { injected: true })
  async function call<T>(what: Call, work: () => Promise<T>): Promise<T> {
    const fate = await decide(what)
    if (fate === 'lost') throw broken(what)
    const result = await work()
    if (fate === 'unanswered') throw broken(what)
    return result
  }
  const faulty: ObjectStore = {
    ...store,
    get: (key, options) => call({ op: 'get', key }, () => store.get(key, options)),
    put: (key, body, options) => call({ op: 'put', key }, () => store.put(key, body, options)),
    info: (key, options) => call({ op: 'info', key }, () => store.info(key, options)),
    delete: (key, options) => call({ op: 'delete', key }, () => store.delete(key, options)),
    async *list(prefix, options) {
      yield* await call({ op: 'list', key: prefix }, async () => all(store.list(prefix, options)))
    },
  }
  return { ...lake, store: faulty }
}

/** The same lake, and what is asked of its store: `put latest_version.json`, without the folder of the dataset. */
export function counted(lake: Lake): { lake: Lake; calls: string[] } {
  const calls: string[] = []
  const watched = withFates(lake, ({ op, key }) => {
    calls.push(`${op} ${key.replace(/^datasets\/[^/]+\//, '')}`)
    return 'works'
  })
  return { lake: watched, calls }
}

/** Puts something that is no document of ours. */
export async function putText(lake: Lake, key: string, text: string): Promise<void> {
  await lake.store.put(key, Buffer.from(text))
}

export function fileLake(folder: string): Lake {
  return openLake({ store: openStore(`${folder}/`) })
}
