/**
 * Random sequences of commits, labels, tags, deletions and reads against a tree of plain objects.
 * `VARVE_SOAK_SEQUENCES` says how many, some in the suite and ten thousand in the soak; `VARVE_SEED` is the first.
 */

import { randomUUID } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import type { VarveError } from '../../../src/errors.ts'
import { removeFiles } from '../../../src/lake/edit.ts'
import { addFiles } from '../../../src/lake/ingest/add.ts'
import { openLake } from '../../../src/lake/open.ts'
import { parseReference } from '../../../src/lake/reference.ts'
import type { Lake } from '../../../src/lake/types.ts'
import { deleteVersion } from '../../../src/lake/versions/delete.ts'
import { resolveVersion } from '../../../src/lake/versions/resolve.ts'
import { tagVersion } from '../../../src/lake/versions/tags.ts'
import type { Vfs } from '../../../src/mount/types.ts'
import { openStore } from '../../../src/store/index.ts'
import { newLake, paths } from '../../lake/lakes.ts'
import { random } from '../../scan/support/corpus.ts'
import { amount } from '../soak.ts'
import { indexHere, mountOf } from './support.ts'

const RUNS = amount('SEQUENCES', 60, 10_000)
/** The first sequence, to go on from or to see one again. */
const FIRST = Number(process.env.VARVE_SEED ?? 1)
/** Operations of a sequence, of which most are reads. */
const STEPS = 40

/** Names that sort before, after and like a folder's slash, and that differ in case or form alone. */
const NAMES = ['a', 'A', 'a-', 'a.txt', 'a0', 'B.txt', 'b', 'é', 'É.csv', 'e\u0301', '日本', '~', '!', 'a b']

type Files = Map<string, Buffer>

type Pick = (below: number) => number

/** What the mount should be. */
class Model {
  readonly versions = new Map<number, Files>()
  readonly tags = new Map<string, number>()
  /** Every version that someone read stays as it was, also when it is deleted. */
  readonly seen = new Set<number>()

  get latest(): number {
    return Math.max(...this.versions.keys())
  }

  find(version: number, path: string): Buffer | 'folder' | undefined {
    const files = this.versions.get(version)
    if (files === undefined) return undefined
    return path === ''
      ? 'folder'
      : (files.get(path) ??
          ([...files.keys()].some((one) => one.startsWith(`${path}/`)) ? 'folder' : undefined))
  }

  names(version: number, path: string): string[] {
    const prefix = path === '' ? '' : `${path}/`
    const below = [...this.versions.get(version)!.keys()].filter((one) => one.startsWith(prefix))
    return [...new Set(below.map((one) => one.slice(prefix.length).split('/')[0]!))].sort()
  }
}

interface World {
  readonly lake: Lake
  readonly vfs: Vfs
  readonly model: Model
  readonly pick: Pick
  /** URLs of the stores in memory that it made, which live as long as the process unless they are emptied. */
  readonly stores: string[]
  later(): void
}

const oneOf = <T>(pick: Pick, items: readonly T[]): T => items[pick(items.length)]!

function somePath(pick: Pick): string {
  return Array.from({ length: 1 + pick(3) }, () => oneOf(pick, NAMES)).join('/')
}

async function addSome({ lake, model, pick, stores }: World): Promise<void> {
  const store = openStore(`memory://model-${randomUUID()}/`)
  stores.push(store.url)
  const contents = new Map<string, Buffer>()
  for (let i = pick(12); i >= 0; i--) {
    const lines = Array.from({ length: pick(6) }, (_, line) => `${line}: ${pick(1000)}\n`).join('')
    contents.set(somePath(pick), Buffer.from(lines))
  }
  // Objects may stand where others have their folder; the paths of a version may not.
  for (const [path, bytes] of contents) await store.put(path, bytes)
  const report = await addFiles(lake, [store.url], {
    dataset: 'd',
    author: 'model',
    inPlace: pick(3) === 0,
  })
  for (const { path } of report.failed) contents.delete(path)
  await adopt(lake, model, contents)
}

/** What was committed, by its rows: a path may be spelled as it was before. */
async function adopt(lake: Lake, model: Model, contents: ReadonlyMap<string, Buffer>): Promise<void> {
  const { number } = await resolveVersion(lake, parseReference('d')).catch(() => ({ number: 0 }))
  if (number === 0 || model.versions.has(number)) return
  const before = model.versions.size === 0 ? new Map<string, Buffer>() : model.versions.get(model.latest)!
  const files: Files = new Map()
  for (const path of await paths(lake, `d@${number}`))
    files.set(path, (contents.get(path) ?? before.get(path))!)
  model.versions.set(number, files)
}

async function write(world: World): Promise<void> {
  const { lake, model, pick } = world
  const kind = model.versions.size === 0 ? 0 : pick(6)
  if (kind <= 2) await addSome(world)
  else if (kind === 3) {
    const files = [...model.versions.get(model.latest)!.keys()]
    if (files.length < 2) return
    const path = oneOf(pick, files)
    await removeFiles(lake, 'd', [path], { author: 'model' })
    await adopt(lake, model, new Map())
  } else if (kind === 4) {
    const number = oneOf(pick, [...model.versions.keys()])
    const tag = oneOf(pick, ['x', 'y z', 'ü'])
    // One that was deleted since it was read cannot be tagged.
    const there = await resolveVersion(lake, parseReference(`d@${number}`)).catch(() => undefined)
    if (there === undefined) return
    await tagVersion(lake, there, tag)
    model.tags.set(tag, number)
  } else {
    const spare = [...model.versions.keys()].filter(
      (number) => number !== model.latest && ![...model.tags.values()].includes(number),
    )
    if (spare.length === 0) return
    const number = oneOf(pick, spare)
    await deleteVersion(lake, 'd', number).catch(() => undefined)
    if (!model.seen.has(number)) model.versions.delete(number)
  }
  world.later()
}

async function lookAt({ vfs, model, pick }: World): Promise<void> {
  const version = oneOf(pick, [...model.versions.keys(), 99])
  const known = [...(model.versions.get(version)?.keys() ?? [])]
  const path = somewhere(pick, known)
  const at = `/d/${version}/files${path === '' ? '' : `/${path}`}`
  const expected = model.find(version, path)
  model.seen.add(version)
  const attributes = await vfs.getattr(at)
  const kind = expected === undefined ? undefined : expected === 'folder' ? 'folder' : 'file'
  expect(attributes?.kind, at).toBe(kind)
  const names = await vfs.readdir(at)
  expect(names === undefined ? undefined : [...names].sort(), at).toEqual(
    kind === 'folder' ? model.names(version, path) : undefined,
  )
  if (expected instanceof Buffer) {
    expect(attributes?.size, at).toBe(expected.length)
    await readSome(vfs, at, expected, pick)
    if (path.endsWith('.txt') && expected.length > 0) await readSlices(vfs, version, path, expected, pick)
  } else if (expected === undefined)
    // Not expect().rejects: what it waited for, and all that an error's stack holds, stays until the test has ended.
    expect(await vfs.open(at).catch((error: VarveError) => error.code), at).toBe('not-found')
}

/** A file, a folder above it, something beside it, or nothing. */
function somewhere(pick: Pick, known: readonly string[]): string {
  if (known.length === 0) return ''
  const path = oneOf(pick, known)
  const kind = pick(6)
  if (kind <= 2) return path
  if (kind === 3) return path.split('/').slice(0, pick(3)).join('/')
  if (kind === 4) return oneOf(pick, [path.toUpperCase(), path.toLowerCase(), path.normalize('NFD')])
  return oneOf(pick, [somePath(pick), `${path}/x`, `${path}0`, path.slice(0, -1) || 'x'])
}

async function readSome(vfs: Vfs, at: string, expected: Buffer, pick: Pick): Promise<void> {
  const file = await vfs.open(at)
  for (let i = 0; i < 4; i++) {
    const start = pick(expected.length + 5)
    const target = Buffer.alloc(1 + pick(30))
    const read = await file.read(target, start)
    expect(target.subarray(0, read), at).toEqual(expected.subarray(start, start + target.length))
  }
  await file.close()
}

async function readSlices(vfs: Vfs, version: number, path: string, text: Buffer, pick: Pick): Promise<void> {
  const n = 1 + pick(4)
  const folder = `/d/${version}/slices/${path}/${n}`
  const whole: Buffer[] = []
  for (const name of (await vfs.readdir(folder))!) {
    const size = (await vfs.getattr(`${folder}/${name}`))!.size
    const file = await vfs.open(`${folder}/${name}`)
    const target = Buffer.alloc(size + 1)
    expect(await file.read(target, 0), `${folder}/${name}`).toBe(size)
    await file.close()
    whole.push(target.subarray(0, size))
  }
  expect(whole).toHaveLength(n)
  expect(Buffer.concat(whole), folder).toEqual(text)
}

async function lookAtVersions({ vfs, model }: World): Promise<void> {
  expect(await vfs.readlink('/d/latest')).toBe(String(model.latest))
  for (const [tag, number] of model.tags) expect(await vfs.readlink(`/d/${tag}`)).toBe(String(number))
  const names = await vfs.readdir('/d')
  for (const number of model.versions.keys()) model.seen.add(number)
  expect([...names!].sort()).toEqual(
    [...model.versions.keys(), ...model.tags.keys(), 'latest'].map(String).sort(),
  )
}

/** The trees that were closed, as far as something still holds them. */
const closed: WeakRef<Vfs>[] = []

async function sequence(seed: number): Promise<void> {
  const { url, chunking } = await newLake()
  let time = Date.now()
  const lake = openLake(url, { chunking, now: () => time })
  // Little memory, so that what was loaded goes and comes again.
  const vfs = mountOf(lake, { indexOf: indexHere, memory: seed % 2 === 0 ? 2000 : undefined })
  const world: World = {
    lake,
    vfs,
    model: new Model(),
    pick: random(seed),
    stores: [url, 'memory://indexes/'],
    later: () => {
      time += 1000
    },
  }
  while (world.model.versions.size === 0) await write(world)
  for (let step = 0; step < STEPS; step++) {
    const kind = world.pick(12)
    if (kind === 0) await write(world)
    else if (kind === 1) await lookAtVersions(world)
    else await lookAt(world)
  }
  await vfs.close()
  if (closed.length < 1000) closed.push(new WeakRef(vfs))
  for (const store of world.stores) await empty(store)
}

async function empty(url: string): Promise<void> {
  const store = openStore(url)
  const keys: string[] = []
  for await (const entry of store.list('')) if ('key' in entry) keys.push(entry.key)
  for (const key of keys) await store.delete(key)
}

it(
  `is a tree of plain objects in ${RUNS} random sequences`,
  async () => {
    for (let seed = FIRST; seed < FIRST + RUNS; seed++) {
      try {
        await sequence(seed)
      } catch (error) {
        throw new Error(`sequence ${seed}: ${(error as Error).message}`, { cause: error })
      }
    }
  },
  Math.max(60_000, RUNS * 1000),
)

it('holds nothing of a tree that was closed', async () => {
  setFlagsFromString('--expose_gc')
  const collect = runInNewContext('gc') as () => void
  // What a promise's last step holds goes with the next turn of the loop.
  await new Promise((resolve) => setTimeout(resolve, 50))
  collect()
  expect(closed.length).toBeGreaterThan(0)
  expect(closed.filter((tree) => tree.deref() !== undefined)).toHaveLength(0)
})
