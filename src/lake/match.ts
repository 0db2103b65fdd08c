/** The files of a version that a path, a folder or a pattern means. */

import picomatch from 'picomatch'
import { VarveError } from '../errors.ts'
import { isGlob } from '../store/index.ts'
import { pathProblem } from './names.ts'
import { type Block, rowAt, valueAt } from './table/block.ts'
import { pathKey } from './table/key.ts'
import { findRows, readTable } from './table/read.ts'
import type { Lake, Row, Table } from './types.ts'

/**
 * Rows of `files` in the order of their keys: one file, all below a folder (its name, with or without a slash at
 * the end), or what a pattern with `* ? [ ] { }` and `**` matches. A file whose name is the pattern, letter by
 * letter, is what is meant, alone. Only the parts that can hold matches are read.
 */
export async function* filesMatching(
  lake: Lake,
  table: Table,
  pattern: string,
  signal?: AbortSignal,
): AsyncGenerator<Row> {
  const name = pattern.replace(/\/+$/, '')
  const problem = isGlob(name) ? undefined : pathProblem(name)
  if (problem !== undefined)
    throw new VarveError('invalid-input', `the path ${JSON.stringify(pattern)} ${problem}`, { path: pattern })
  const key = pathKey(name)
  const exact = name === pattern ? (await findRows(lake, table, [key], { signal })).get(key) : undefined
  if (exact?.path === name) {
    yield exact
    return
  }
  const fits = isGlob(name) ? globMatcher(name) : below(`${name}/`)
  const start = isGlob(name) ? literalStart(name) : `${name}/`
  for await (const block of readTable(lake, table, { ...rangeOf(start), signal })) yield* matches(block, fits)
}

function* matches(block: Block, fits: (path: string) => boolean): Generator<Row> {
  for (let row = 0; row < block.rows; row++)
    if (fits(valueAt(block, 'path', row) as string)) yield rowAt(block, row)
}

const below =
  (folder: string) =>
  (path: string): boolean =>
    path.startsWith(folder)

/** As in a shell, `*` and `**` pass over names that begin with a dot. */
export function globMatcher(pattern: string): (path: string) => boolean {
  return picomatch(pattern, {
    nonegate: true,
    noextglob: true,
    posix: true,
    windows: false,
    strictSlashes: true,
  })
}

/** What every match of a pattern begins with. */
export function literalStart(pattern: string): string {
  return pattern.slice(0, pattern.search(/[*?[\]{}\\]/))
}

/** A range of keys that holds those of all paths which begin with a text. */
export function rangeOf(start: string): { readonly from?: string; readonly to?: string } {
  // What follows may compose with a last letter, and fold to another one; digits and slashes compose with nothing.
  const certain = /[0-9/._-]$/.test(start) ? start : start.slice(0, -1)
  if (!/^[\x20-\x7e]+$/.test(certain)) return {}
  const from = pathKey(certain)
  return { from, to: `${from}\xff` }
}
