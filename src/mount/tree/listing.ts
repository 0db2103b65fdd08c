/** What is in a folder, gathered from the sorted paths below it. */

import { pathProblem } from '../../lake/names.ts'
import { type Block, valueAt } from '../../lake/table/block.ts'
import { pathKey } from '../../lake/table/key.ts'

/** Paths in the order of their keys. */
export interface Paths {
  readonly count: number
  pathAt(i: number): string
  /** The first whose key is not below this one. */
  from(key: string): number
}

/** Names in the order of their keys, and which of them are folders. */
export interface Listing {
  readonly names: readonly string[]
  readonly folders: ReadonlySet<string>
}

/** The column `path` as it was read, for a look that is not worth packing it: whether paths are safe is not checked. */
export class PathList implements Paths {
  readonly count: number
  readonly #paths: readonly string[]

  constructor(block: Block) {
    this.#paths = Array.from({ length: block.rows }, (_, row) => {
      const path = valueAt(block, 'path', row)
      // Sorts first, and is no path.
      return typeof path === 'string' ? path : ''
    })
    this.count = block.rows
  }

  pathAt(i: number): string {
    return this.#paths[i]!
  }

  from(key: string): number {
    return firstFrom(this, key)
  }
}

export function firstFrom(paths: Pick<Paths, 'count' | 'pathAt'>, key: string): number {
  let low = 0
  let high = paths.count
  while (low < high) {
    const middle = (low + high) >> 1
    if (pathKey(paths.pathAt(middle)) < key) low = middle + 1
    else high = middle
  }
  return low
}

/** Keys below a folder end before this: '0' follows '/'. */
export const endOf = (folderKey: string): string => `${folderKey.slice(0, -1)}0`

/** Gathers a listing, from parts in the order of their keys. */
export class Gathering {
  readonly #prefix: string
  readonly #names = new Set<string>()
  readonly #folders = new Set<string>()
  /** What paths in the folder that was met last begin with. */
  #within: string | undefined

  /** @param prefix the folder's path with a slash behind it; empty for the root */
  constructor(prefix: string) {
    this.#prefix = prefix
  }

  /** Adds a subfolder by its path; one that is elsewhere is left out. */
  addFolder(path: string): void {
    if (!path.startsWith(this.#prefix)) return
    const name = path.slice(this.#prefix.length)
    if (!this.#names.has(name)) this.#folders.add(name)
    this.#names.add(name)
  }

  addPaths(paths: Paths): void {
    const prefix = this.#prefix
    const from = prefix === '' ? '' : pathKey(prefix)
    const to = prefix === '' ? undefined : endOf(from)
    for (let i = paths.from(from); i < paths.count; i++) {
      const path = paths.pathAt(i)
      if (this.#within !== undefined && path.startsWith(this.#within)) continue
      if (path.startsWith(prefix)) this.#add(path)
      else if (to !== undefined && pathKey(path) >= to) return
    }
  }

  #add(path: string): void {
    const slash = path.indexOf('/', this.#prefix.length)
    const name = slash < 0 ? path.slice(this.#prefix.length) : path.slice(this.#prefix.length, slash)
    if (!this.#names.has(name)) {
      // What cannot stand in a tree does not show; another path may show its folder.
      if (pathProblem(path) !== undefined) return
      this.#names.add(name)
      if (slash >= 0) this.#folders.add(name)
    }
    if (slash >= 0) this.#within = path.slice(0, slash + 1)
  }

  get listing(): Listing {
    return { names: [...this.#names], folders: this.#folders }
  }
}
