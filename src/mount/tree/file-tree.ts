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
import { endOf, Gathering, type Listing, type Paths } from './listing.ts'
import { Lru } from './lru.ts'
import { andThen, type Maybe } from './maybe.ts'
import type { LoadedParts } from './parts.ts'

/** Parts fetched at a time. */
const TOGETHER = 16

/** Names in a folder that are worth keeping as they were listed, and too many to. */
const LARGE = 5000
const HUGE = 300_000
/** Names that are kept in all; of the folder that was listed last, more. */
const MOST_NAMES = 100_000

export type Found =
  | { readonly kind: 'file'; readonly entries: Entries; readonly row: number }
  | { readonly kind: 'folder' }

/** A part, and what its bounds tell of the paths in it. */
interface Bounded {
  readonly part: Part
  /** What all of them begin with. */
  readonly shared: string
  /** What the least and the greatest begin with. */
  readonly edges: readonly string[]
}

export class FileTree {
  readonly #parts: readonly Bounded[]
  readonly #loaded: LoadedParts
  /** Folders that are large, or have folders in them, as they were listed: these are asked for one by one next. */
  readonly #listings = new Lru<Listing>(MOST_NAMES, ({ names }) => names.length)
  /** The file that was found last: whoever walks a folder asks for the one behind it next. */
  #last: Extract<Found, { kind: 'file' }> | undefined

  constructor(parts: readonly Part[], loaded: LoadedParts) {
    this.#parts = parts.map(boundsOf)
    this.#loaded = loaded
  }

  /** What stands under a path; the empty one is the root. */
  find(path: string): Maybe<Found | undefined> {
    if (path === '') return { kind: 'folder' }
    const next = this.#behindLast(path)
    if (next !== undefined) return next
    if (this.#isListedFolder(path)) return { kind: 'folder' }
    if (pathProblem(path) !== undefined) return undefined
    const key = pathKey(path)
    const part = this.#parts[this.#from(key)]?.part
    const holds = part !== undefined && part.min <= key
    if (!holds || this.#loaded.has(part)) {
      const file = holds ? this.#fileIn(part, path, key) : undefined
      return andThen(file, (found) => found ?? this.#folder(path))
    }
    // Bounds tell of most folders without a part being read; a version has no file of a folder's name.
    if (isKnown(`${path}/`, this.#below(`${path}/`))) return { kind: 'folder' }
    return andThen(this.#fileIn(part, path, key), (found) => found ?? this.#folder(path))
  }

  #fileIn(part: Part, path: string, key: string): Maybe<Found | undefined> {
    return andThen(this.#loaded.load(part), (entries) => {
      const row = entries.rowOf(path, key)
      if (row < 0) return undefined
      this.#last = { kind: 'file', entries, row }
      return this.#last
    })
  }

  #behindLast(path: string): Found | undefined {
    if (this.#last === undefined) return undefined
    const { entries, row } = this.#last
    if (row + 1 >= entries.count || entries.pathAt(row + 1) !== path) return undefined
    this.#last = { kind: 'file', entries, row: row + 1 }
    return this.#last
  }

  #folder(path: string): Maybe<Found | undefined> {
    const prefix = `${path}/`
    const parts = this.#below(prefix)
    const found = isKnown(prefix, parts) || this.#anyBelow(parts, 0, prefix)
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

  #isListedFolder(path: string): boolean {
    const slash = path.lastIndexOf('/')
    const listing = this.#listings.kept(slash < 0 ? '' : path.slice(0, slash))
    return listing?.folders.has(path.slice(slash + 1)) ?? false
  }

  /** Names in a folder, in the order of their keys; undefined when nothing is in it, unless it is the root. */
  list(path: string): Maybe<readonly string[] | undefined> {
    const known = this.#listings.kept(path)
    if (known !== undefined) return known.names
    const prefix = path === '' ? '' : `${path}/`
    const gathering = new Gathering(prefix)
    return andThen(this.#gather(this.#below(prefix), prefix, gathering), () => {
      const { listing } = gathering
      const { names, folders } = listing
      if (names.length === 0 && path !== '') return undefined
      const wanted = names.length > LARGE || folders.size > 0
      if (wanted && names.length < HUGE) this.#listings.keep(path, listing)
      return names
    })
  }

  #gather(parts: readonly Bounded[], prefix: string, into: Gathering): Maybe<void> {
    for (let i = 0; i < parts.length; i++) {
      const { part, shared } = parts[i]!
      const sub = subfolderOf(shared, prefix)
      if (sub !== undefined) into.addFolder(sub)
      // Asked first: a part that is not there would be fetched by asking for it.
      else if (!this.#loaded.has(part)) return this.#fetchAndGather(parts.slice(i), prefix, into)
      else into.addPaths(this.#loaded.load(part) as Entries)
    }
  }

  /**
   * In order, with some parts on their way. Rows that memory would not hold until they are asked for are not unpacked:
   * of a million files' folders the names alone are looked at.
   */
  async #fetchAndGather(parts: readonly Bounded[], prefix: string, into: Gathering): Promise<void> {
    const wanted = parts.map(({ part, shared }) => ({ part, sub: subfolderOf(shared, prefix) }))
    const toLoad = wanted.filter(({ sub }) => sub === undefined).map(({ part }) => part)
    const fits = this.#loaded.fits(toLoad)
    const coming: Maybe<Paths>[] = []
    let next = 0
    const fill = (): void => {
      while (coming.length < TOGETHER && next < toLoad.length) {
        const part = toLoad[next++]!
        const paths = fits ? this.#loaded.load(part) : this.#loaded.paths(part)
        // Told to whoever takes it, if anyone does.
        if (paths instanceof Promise) paths.catch(() => undefined)
        coming.push(paths)
      }
    }
    for (const { sub } of wanted) {
      if (sub !== undefined) into.addFolder(sub)
      else {
        fill()
        into.addPaths(await coming.shift()!)
      }
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

/** Zones are shortened, never wrong: of the greatest path all but the last character is as it is in the part. */
function boundsOf(part: Part): Bounded {
  const [min, max] = part.zones.path ?? []
  if (typeof min !== 'string' || typeof max !== 'string') return { part, shared: '', edges: [] }
  let length = 0
  while (length < min.length && min[length] === max[length]) length++
  // Without the half of a character that would be left of it.
  const begin = [...max].slice(0, -1).join('')
  return { part, shared: min.slice(0, length), edges: [min, begin] }
}

/** Whether the bounds of a part tell that something is below this prefix. */
function isKnown(prefix: string, parts: readonly Bounded[]): boolean {
  return parts.some(
    ({ shared, edges }) =>
      shared.startsWith(prefix) ||
      edges.some((edge) => edge.startsWith(prefix) && pathProblem(edge.replace(/\/$/, '')) === undefined),
  )
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
