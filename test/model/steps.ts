/** The steps of a sequence: what each does to the lake, and what it should do by the reference. */

import { createHash } from 'node:crypto'
import { VarveError } from '../../src/errors.ts'
import type { Field } from '../../src/formats/batch.ts'
import { fork, merge } from '../../src/lake/branch.ts'
import { moveFiles, removeFiles } from '../../src/lake/edit.ts'
import { assetId } from '../../src/lake/files.ts'
import { addFiles } from '../../src/lake/ingest/add.ts'
import { keyOf, pathKey } from '../../src/lake/table/key.ts'
import { type TableMode, writeRows } from '../../src/lake/table-write.ts'
import type { Lake, Row, VersionDescription } from '../../src/lake/types.ts'
import { gc } from '../../src/lake/upkeep/gc.ts'
import { deleteVersion } from '../../src/lake/versions/delete.ts'
import { readDescription } from '../../src/lake/versions/description.ts'
import { labelVersion } from '../../src/lake/versions/labels.ts'
import { tagVersion, untag } from '../../src/lake/versions/tags.ts'
import { openStore } from '../../src/store/index.ts'
import { type ModelTable, type ModelVersion, type Reference, Refusal, type Tables } from './reference.ts'
import { fileText, rowText, SOURCE } from './world.ts'

/** A version by its rank among those that are there. */
type Pick = number

export type Edit =
  | {
      readonly op: 'add'
      readonly folder: string
      readonly files: readonly (readonly [name: string, content: number])[]
    }
  | { readonly op: 'remove'; readonly path: string }
  | { readonly op: 'move'; readonly from: string; readonly to: string }
  | {
      readonly op: 'write'
      readonly table: string
      readonly mode: TableMode
      readonly rows: readonly (readonly [id: number, name: string])[]
      readonly wide: boolean
    }

export type Step =
  | ({ readonly dataset: string; readonly label?: string | undefined } & Edit)
  | { readonly op: 'both'; readonly dataset: string; readonly first: Edit; readonly second: Edit }
  | {
      readonly op: 'fork'
      readonly from: Pick
      readonly dataset: string
      readonly label?: string | undefined
    }
  | {
      readonly op: 'merge'
      readonly from: Pick
      readonly dataset: string
      readonly label?: string | undefined
    }
  | { readonly op: 'label'; readonly version: Pick; readonly name: string }
  | { readonly op: 'tag'; readonly version: Pick; readonly name: string }
  | { readonly op: 'untag'; readonly dataset: string; readonly name: string }
  | { readonly op: 'delete'; readonly version: Pick }
  | { readonly op: 'wait'; readonly days: number }
  | { readonly op: 'gc'; readonly days: number }
  | { readonly op: 'verify'; readonly full: boolean }

export type SoloStep = Exclude<Step, { op: 'both' } | { op: 'wait' } | { op: 'verify' }>

const DAY = 24 * 3600_000

/** What a source file holds. */
const content = (name: string, which: number): Buffer => Buffer.from(`${name} ${which} `.repeat(1 + which))

const sources = new Map<string, Promise<Row>>()

/** Writes a source file once, and gives the row that it becomes under a path. */
async function sourceRow(folder: string, name: string, which: number): Promise<Row> {
  const key = `c${which}/${name}`
  const made = sources.get(key) ?? writeSource(key, content(name, which))
  sources.set(key, made)
  const path = folder === '' ? name : `${folder}/${name}`
  const row = await made
  return { ...row, path, asset_id: assetId(path, row.sha256 as string) }
}

async function writeSource(key: string, bytes: Uint8Array): Promise<Row> {
  const store = openStore(SOURCE)
  await store.put(key, bytes)
  const { modified } = (await store.info(key))!
  return {
    bytes: BigInt(bytes.length),
    sha256: createHash('sha256').update(bytes).digest('hex'),
    origin: SOURCE + key,
    modified_at: BigInt(Math.round(modified)) * 1000n,
  }
}

const COLUMNS: readonly Field[] = [
  { name: 'id', type: { kind: 'int64' } },
  { name: 'name', type: { kind: 'utf8' } },
  { name: 'score', type: { kind: 'float64' } },
]
const KEY = ['id']

function tableRow(id: number, name: string, wide: boolean): Row {
  return { id: BigInt(id), name, ...(wide ? { score: name.length / 2 } : {}) }
}

/** Columns never get fewer: then what a merge makes of them does not depend on who shares which part. */
function columnsOf(before: ModelTable | undefined, wide: boolean): readonly Field[] {
  return wide || before?.columns.includes('score') === true ? COLUMNS : COLUMNS.slice(0, 2)
}

const facts = (label?: string): { author: string; label?: string | undefined } => ({ author: 'model', label })

/** Does an edit; the columns of a table are those that the reference has for it. */
export async function edit(lake: Lake, reference: Reference, dataset: string, one: Edit, label?: string) {
  switch (one.op) {
    case 'add': {
      const prefix = one.folder === '' ? undefined : one.folder
      for (const [name, which] of one.files) await sourceRow(one.folder, name, which)
      const roots = one.files.map(([name, which]) => `${SOURCE}c${which}/${name}`)
      return addFiles(lake, roots, { ...facts(label), dataset, prefix, heads: false })
    }
    case 'remove':
      return removeFiles(lake, dataset, [pathIn(reference.latest(dataset), one.path)], facts(label))
    case 'move':
      return moveFiles(lake, dataset, pathIn(reference.latest(dataset), one.from), one.to, facts(label))
    case 'write': {
      const { table, mode, rows, wide } = one
      const columns = columnsOf(reference.latest(dataset)?.tables.get(table), wide)
      const source = async function* (): AsyncGenerator<Row> {
        for (const [id, name] of rows) yield tableRow(id, name, columns.length === 3)
      }
      return writeRows(lake, { ...facts(label), dataset, table, mode, key: KEY }, { columns, rows: source() })
    }
  }
}

/** The tables that an edit makes of the latest version's. */
export async function editTables(base: ModelVersion | undefined, one: Edit): Promise<Tables | Refusal> {
  const tables = base?.tables ?? new Map<string, ModelTable>()
  if (one.op === 'write') {
    const rows = writeModel(tables.get(one.table), one)
    return rows instanceof Refusal ? rows : new Map([...tables, [one.table, rows]])
  }
  const before = tables.get('files')
  if (one.op !== 'add' && before === undefined) return new Refusal('not-found')
  const rows =
    one.op === 'add'
      ? await addModel(before?.rows ?? new Map(), one)
      : one.op === 'remove'
        ? removeModel(before!.rows, pathIn(base, one.path))
        : moveModel(before!.rows, pathIn(base, one.from), one.to)
  if (rows instanceof Refusal) return rows
  return new Map([...tables, ['files', { columns: [], rows }]])
}

/** `#3` is the fourth of the files that are there, by rank. */
function pathIn(version: ModelVersion | undefined, path: string): string {
  if (!path.startsWith('#')) return path
  const paths = [...(version?.tables.get('files')?.rows.keys() ?? [])].sort()
  return pick(paths, Number(path.slice(1))) ?? 'nothing'
}

type Of<Op> = Extract<Edit, { op: Op }>

function writeModel(before: ModelTable | undefined, { mode, rows, wide }: Of<'write'>): ModelTable | Refusal {
  if (before === undefined && mode === 'delete') return new Refusal('not-found')
  const fields = columnsOf(before, wide)
  const columns = mode === 'delete' ? before!.columns : fields.map(({ name }) => name)
  const written = new Map(mode === 'replace' ? [] : before?.rows)
  if (mode !== 'delete' && new Set(rows.map(([id]) => id)).size < rows.length) return new Refusal('conflict')
  for (const [id, name] of rows) {
    const row = tableRow(id, name, fields.length === 3)
    const key = keyOf({ columns: COLUMNS, key: KEY, keyKind: 'values' }, row)
    if (mode === 'append' && written.has(key)) return new Refusal('conflict')
    if (mode === 'delete') written.delete(key)
    else written.set(key, rowText(row))
  }
  return { columns, rows: written }
}

async function addModel(before: ReadonlyMap<string, string>, { folder, files }: Of<'add'>) {
  const rows = new Map(before)
  for (const [name, which] of files) {
    const row = await sourceRow(folder, name, which)
    const key = pathKey(row.path as string)
    // The same bytes under the same path change nothing, whatever was known of them before.
    if (rows.get(key)?.includes(row.sha256 as string) !== true) rows.set(key, fileText(row))
  }
  return rows
}

/** A file, or all below a folder. */
function matching(rows: ReadonlyMap<string, string>, path: string): string[] {
  return [...rows.keys()].filter((key) => key === path || key.startsWith(`${path}/`))
}

function removeModel(before: ReadonlyMap<string, string>, path: string) {
  const gone = matching(before, path)
  if (gone.length === 0) return new Refusal('not-found')
  return new Map([...before].filter(([key]) => !gone.includes(key)))
}

function moveModel(before: ReadonlyMap<string, string>, from: string, to: string) {
  const leaving = matching(before, from)
  if (leaving.length === 0) return new Refusal('not-found')
  const rows = new Map([...before].filter(([key]) => !leaving.includes(key)))
  for (const key of leaving) {
    const path = to + key.slice(from.length)
    if (rows.has(path)) return new Refusal('conflict')
    const fields = new Map(JSON.parse(before.get(key)!) as [string, string][])
    rows.set(path, JSON.stringify([...fields.set('path', path)].sort()))
  }
  return rows
}

export function pick<T>(all: readonly T[], rank: number): T | undefined {
  return all.length === 0 ? undefined : all[rank % all.length]
}

async function described(lake: Lake, { dataset, number }: ModelVersion): Promise<VersionDescription> {
  return (await readDescription(lake, dataset, number))!
}

/** Does a step to the lake; false: there is nothing to do it to. `reference` is as before the step. */
export async function perform(lake: Lake, reference: Reference, step: SoloStep): Promise<unknown> {
  switch (step.op) {
    case 'fork':
    case 'merge': {
      const from = pick(reference.alive(), step.from)
      if (from === undefined) return false
      const source = await described(lake, from)
      if (step.op === 'fork') return fork(lake, source, step.dataset, facts(step.label))
      const { conflicts } = await merge(lake, source, step.dataset, facts(step.label))
      if (conflicts === undefined) return undefined
      throw new VarveError('conflict', 'the merge has conflicts', { conflicts })
    }
    case 'label':
    case 'tag': {
      const version = pick(reference.alive(), step.version)
      if (version === undefined) return false
      const name = step.op === 'label' ? labelVersion : tagVersion
      return name(lake, await described(lake, version), step.name)
    }
    case 'untag':
      return untag(lake, step.dataset, step.name)
    case 'delete': {
      const version = pick(reference.alive(), step.version)
      return version === undefined ? false : deleteVersion(lake, version.dataset, version.number)
    }
    case 'gc':
      return gc(lake, { graceSeconds: (step.days * DAY) / 1000 })
    default:
      return edit(lake, reference, step.dataset, step, step.label)
  }
}

/** Does a step to the reference; a refusal where the lake must refuse. */
export async function expected(
  reference: Reference,
  step: SoloStep,
  now: number,
): Promise<Refusal | undefined> {
  const outcome = await apply(reference, step, now)
  return outcome instanceof Refusal ? outcome : undefined
}

async function apply(reference: Reference, step: SoloStep, now: number): Promise<unknown> {
  switch (step.op) {
    case 'fork': {
      const from = pick(reference.alive(), step.from)
      if (from === undefined) return undefined
      const { dataset, number } = from
      const more = { label: step.label, parents: [{ dataset, number }], now }
      return reference.commit(step.dataset, undefined, from.tables, more)
    }
    case 'merge': {
      const from = pick(reference.alive(), step.from)
      return from === undefined ? undefined : reference.merge(from, step.dataset, { label: step.label, now })
    }
    case 'label':
      return label(reference, pick(reference.alive(), step.version), step.name, now)
    case 'tag':
      return tag(reference, pick(reference.alive(), step.version), step.name, now)
    case 'untag':
      return reference.of(step.dataset).tags.delete(step.name) ? undefined : new Refusal('not-found')
    case 'delete':
      return remove(reference, pick(reference.alive(), step.version))
    case 'gc':
      for (const { labels } of reference.datasets.values())
        for (const [name, held] of labels)
          if ('since' in held && now - held.since >= step.days * DAY) labels.delete(name)
      return undefined
    default: {
      const { dataset, label: name } = step
      const base = reference.latest(dataset)
      const tables = await editTables(base, step)
      return tables instanceof Refusal
        ? tables
        : reference.commit(dataset, base, tables, { label: name, now })
    }
  }
}

function label(reference: Reference, version: ModelVersion | undefined, name: string, now: number): unknown {
  if (version === undefined) return undefined
  const { dataset, number } = version
  const { labels, tags } = reference.of(dataset)
  for (const [held, target] of labels)
    if ('number' in target && target.number === number)
      return held === name ? undefined : new Refusal('conflict')
  if (reference.refusesLabel(dataset, name, now)) return new Refusal('conflict')
  if (tags.has(name)) {
    labels.delete(name)
    return new Refusal('conflict')
  }
  labels.set(name, { number })
  return undefined
}

function tag(reference: Reference, version: ModelVersion | undefined, name: string, now: number): unknown {
  if (version === undefined) return undefined
  const { dataset, number } = version
  const { tags } = reference.of(dataset)
  if (!tags.has(name) && reference.refusesLabel(dataset, name, now)) return new Refusal('conflict')
  tags.set(name, number)
  return undefined
}

function remove(reference: Reference, version: ModelVersion | undefined): unknown {
  if (version === undefined) return undefined
  const { dataset, number } = version
  const { versions, tags, deleted } = reference.of(dataset)
  if (versions.length === number || [...tags.values()].includes(number)) return new Refusal('conflict')
  deleted.add(number)
  return undefined
}
