/** Paths that cannot stand in one tree: a file where another file's folder would be. */

import { valueAt } from './table/block.ts'
import { pathKey } from './table/key.ts'
import { findRows, readTable } from './table/read.ts'
import type { Lake, Part, Table } from './types.ts'

/** The folders that a path lies in, from the outermost: `a/b/c` gives `a`, `a/b`. */
export function foldersOf(path: string): string[] {
  const folders: string[] = []
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1))
    folders.push(path.slice(0, slash))
  return folders
}

/**
 * Which of these new paths clash with a file of the table, and with which: by path, the path in its way. Reads the
 * parts around the paths and their folders.
 */
export async function clashesWith(
  lake: Lake,
  table: Table,
  paths: readonly string[],
  signal?: AbortSignal,
): Promise<Map<string, string>> {
  const clashes = new Map<string, string>()
  const folders = new Map<string, string>()
  for (const path of paths) for (const folder of foldersOf(path)) folders.set(pathKey(folder), folder)
  const files = await findRows(lake, table, [...folders.keys()], { signal })
  if (files.size > 0) {
    for (const path of paths) {
      const taken = foldersOf(path)
        .map((folder) => files.get(pathKey(folder)))
        .find((row) => row !== undefined)
      if (taken !== undefined) clashes.set(path, taken.path as string)
    }
  }
  const named = new Map(paths.filter((path) => !clashes.has(path)).map((path) => [pathKey(path), path]))
  for await (const inside of pathsBelow(lake, table, [...named.keys()], signal)) {
    for (const folder of foldersOf(inside)) {
      const path = named.get(pathKey(folder))
      if (path !== undefined && !clashes.has(path)) clashes.set(path, inside)
    }
  }
  return clashes
}

/** Paths of the parts that could hold something below one of these keys. */
async function* pathsBelow(
  lake: Lake,
  table: Table,
  keys: readonly string[],
  signal: AbortSignal | undefined,
): AsyncGenerator<string> {
  // '0' follows '/': what is in the folder a is between a/ and a0.
  const keeps = (part: Part): boolean => keys.some((key) => part.max >= `${key}/` && part.min < `${key}0`)
  for await (const block of readTable(lake, table, { columns: ['path'], keeps, signal }))
    for (let row = 0; row < block.rows; row++) yield valueAt(block, 'path', row) as string
}

/** Finds such clashes among paths that come in the order of their keys. */
export class ClashFinder {
  /** Paths whose folders the next ones may lie in: each begins with the one before. */
  readonly #open: { readonly key: string; readonly path: string }[] = []

  /** The earlier path that is a folder of this one, undefined when there is none. */
  next(path: string): string | undefined {
    const key = pathKey(path)
    while (this.#open.length > 0 && !key.startsWith(this.#open.at(-1)!.key)) this.#open.pop()
    const found = this.#open.find((earlier) => key[earlier.key.length] === '/')
    if (found === undefined) this.#open.push({ key, path })
    return found?.path
  }
}
