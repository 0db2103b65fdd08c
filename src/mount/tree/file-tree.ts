/**
 * Folders and files of one version, found in the sorted parts of its `files`: nothing is unfolded into a tree, so a
 * version of a million files costs its list of parts, and the parts that someone looked into.
 *
 * A folder is a range of keys. Keys ignore case, so that `A/x` and `a/y` lie in one range and are two folders all the
 * same: rows are compared by the paths themselves. A part whose first and last path are in one subfolder is not read
 * when the folder above is listed.
 */

import { pathProblem } from '../../lake/names.ts'
import { pathKey } from '../../lake/table/key.ts'
import type { Part } from '../../lake/types.ts'
import type { Entries } from './entries.ts'
import { andThen, type Maybe } from './maybe.ts'
import type { LoadedParts } from './parts.ts'

/** Parts fetched at a time. */
const TOGETHER = 16

/** Names in a folder that are worth keeping as they were listed, and too many to. */
const LARGE = 5000
const HUGE = 300_000

export type Found =
  | { readonly kind: 'file'; readonly entries: Entries; readonly row: number }
  | { readonly kind: 'folder' }

/** A part, and what all paths in it begin with. */
interface Bounded {
  readonly part: Part
  readonly shared: string
}

export class FileTree {
  readonly #parts: readonly Bounded[]
  readonly #loaded: LoadedParts
  /** The folder that was listed last, if it is a large one: it is listed again before its files are looked at. */
  #listed: { readonly path: string; readonly names: readonly string[] } | undefined

  constructor(parts: readonly Part[], loaded: LoadedParts) {
    this.#parts = parts.map((part) => ({ part, shared: sharedPath(part) }))
    this.#loaded = loaded
  }

  /** What stands under a path; the empty one is the root. */
  find(path: string): Maybe<Found | undefined> {
    if (path === '') return { kind: 'folder' }
    if (pathProblem(path) !== undefined) return undefined
    const key = pathKey(path)
    const part = this.#parts[this.#from(key)]?.part
    const holds = part !== undefined && part.min <= key
    if (!holds || this.#loaded.has(part)) {
      const file = holds ? this.#fileIn(part, path, key) : undefined
      return andThen(file, (found) => found ?? this.#folder(path))
    }
    // Bounds tell of most folders without a part being read; a version has no file of a folder's name.
    if (this.#below(`${path}/`).some(({ shared }) => shared.startsWith(`${path}/`))) return { kind: 'folder' }
    return andThen(this.#fileIn(part, path, key), (found) => found ?? this.#folder(path))
  }

  #fileIn(part: Part, path: string, key: string): Maybe<Found | undefined> {
    return andThen(this.#loaded.load(part), (entries) => {
      const row = entries.rowOf(path, key)
      return row < 0 ? undefined : { kind: 'file' as const, entries, row }
    })
  }

  #folder(path: string): Maybe<Found | undefined> {
    const prefix = `${path}/`
    const parts = this.#below(prefix)
    const known = parts.some(({ shared }) => shared.startsWith(prefix))
    const found = known || this.#anyBelow(parts, 0, prefix)
    return andThen(found, (any) => (any ? { kind: 'folder' as const } : undefined))
  }

  #anyBelow(parts: readonly Bounded[], at: number, prefix: string): Maybe<boolean> {
    for (let i = at; i < parts.length; i++) {
      const { part, shared } = parts[i]!
      // All paths of the part are spelled in another way.
      if (shared.length >= prefix.length) continue
      const entries = this.#loaded.load(part)
      if (entries instanceof Promise)
        return entries.then((rows) => hasBelow(rows, prefix) || this.#anyBelow(parts, i + 1, prefix))
      if (hasBelow(entries, prefix)) return true
    }
    return false
  }

  /** Names in a folder, in the order of their keys; undefined when nothing is in it, unless it is the root. */
  list(path: string): Maybe<readonly string[] | undefined> {
    if (this.#listed?.path === path) return this.#listed.names
    const prefix = path === '' ? '' : `${path}/`
    const names = new Set<string>()
    const parts = this.#below(prefix)
    const done = this.#listParts(parts, prefix, names)
    return andThen(done, () => {
      if (names.size === 0 && path !== '') return undefined
      const listed = [...names]
      if (listed.length > LARGE && listed.length < HUGE) this.#listed = { path, names: listed }
      return listed
    })
  }

  #listParts(parts: readonly Bounded[], prefix: string, names: Set<string>): Maybe<void> {
    for (let i = 0; i < parts.length; i++) {
      const { part, shared } = parts[i]!
      const sub = subfolderOf(shared, prefix)
      if (sub !== undefined) {
        if (sub.startsWith(prefix)) names.add(sub.slice(prefix.length))
        continue
      }
      // Asked first: a part that is not there would be fetched by asking for it.
      if (!this.#loaded.has(part)) return this.#fetchAndList(parts.slice(i), prefix, names)
      listRows(this.#loaded.load(part) as Entries, prefix, names)
    }
  }

  /** In order, with some parts on their way; those that were listed may go from memory. */
  async #fetchAndList(parts: readonly Bounded[], prefix: string, names: Set<string>): Promise<void> {
    const wanted = parts.map(({ part, shared }) => ({ part, sub: subfolderOf(shared, prefix) }))
    const toLoad = wanted.filter(({ sub }) => sub === undefined)
    const coming: Maybe<Entries>[] = []
    let next = 0
    const fill = (): void => {
      while (coming.length < TOGETHER && next < toLoad.length) {
        const entries = this.#loaded.load(toLoad[next++]!.part)
        // Told to whoever takes it, if anyone does.
        if (entries instanceof Promise) entries.catch(() => undefined)
        coming.push(entries)
      }
    }
    for (const { sub } of wanted) {
      if (sub === undefined) {
        fill()
        listRows(await coming.shift()!, prefix, names)
      } else if (sub.startsWith(prefix)) names.add(sub.slice(prefix.length))
    }
  }

  /** The parts that can hold paths which begin so; all for the root. */
  #below(prefix: string): readonly Bounded[] {
    if (prefix === '') return this.#parts
    const from = pathKey(prefix)
    const to = endOf(from)
    const first = this.#from(from)
    let end = first
    while (end < this.#parts.length && this.#parts[end]!.part.min < to) end++
    return this.#parts.slice(first, end)
  }

  /** The first part that reaches this key. */
  #from(key: string): number {
    let low = 0
    let high = this.#parts.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#parts[middle]!.part.max < key) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Keys below a folder end before this: '0' follows '/'. */
const endOf = (folderKey: string): string => `${folderKey.slice(0, -1)}0`

/** What all paths of a part begin with, as far as their bounds tell: these are shortened, never wrong. */
function sharedPath({ zones }: Part): string {
  const [min, max] = zones.path ?? []
  if (typeof min !== 'string' || typeof max !== 'string') return ''
  let length = 0
  while (length < min.length && min[length] === max[length]) length++
  return min.slice(0, length)
}

/** The subfolder of `prefix`, as a path, that all of a part is in; another folder's path when all is elsewhere. */
function subfolderOf(shared: string, prefix: string): string | undefined {
  if (!shared.startsWith(prefix)) return shared.length >= prefix.length ? shared : undefined
  const slash = shared.indexOf('/', prefix.length)
  const sub = slash < 0 ? undefined : shared.slice(0, slash)
  // Bounds that are no paths say nothing: what can be shown of such a part, its rows tell.
  return sub === undefined || pathProblem(sub) !== undefined ? undefined : sub
}

function hasBelow(entries: Entries, prefix: string): boolean {
  const from = pathKey(prefix)
  const to = endOf(from)
  for (let row = entries.from(from); row < entries.count; row++) {
    const path = entries.pathAt(row)
    if (path.startsWith(prefix)) return true
    if (pathKey(path) >= to) return false
  }
  return false
}

function listRows(entries: Entries, prefix: string, names: Set<string>): void {
  const from = prefix === '' ? '' : pathKey(prefix)
  const to = prefix === '' ? undefined : endOf(from)
  for (let row = entries.from(from); row < entries.count; row++) {
    const path = entries.pathAt(row)
    if (path.startsWith(prefix)) {
      const slash = path.indexOf('/', prefix.length)
      names.add(slash < 0 ? path.slice(prefix.length) : path.slice(prefix.length, slash))
    } else if (to !== undefined && pathKey(path) >= to) return
  }
}
