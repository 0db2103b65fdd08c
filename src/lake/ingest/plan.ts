/** What is to be added, in the order of the keys, beside what stands there already; what cannot stand is a failure. */

import { VarveError } from '../../errors.ts'
import type { ObjectStore } from '../../store/types.ts'
import { ClashFinder, clashesWith } from '../clashes.ts'
import { pathKey } from '../table/key.ts'
import { findRows } from '../table/read.ts'
import type { Lake, Row, Table } from '../types.ts'
import { sortByKey } from './sort.ts'
import { type Candidate, type Failure, type WalkOptions, walk } from './walk.ts'

/** A file to add, and the row that its path has so far. */
export interface Planned {
  readonly key: string
  readonly candidate: Candidate
  readonly old: Row | undefined
}

/** Files looked up together. */
const WINDOW = 2048

/** Files with distinct keys, ascending. `failed` is told of the others. */
export async function* planFiles(
  lake: Lake,
  base: Table | undefined,
  roots: readonly string[],
  options: WalkOptions & { readonly onFound?: ((candidate: Candidate) => void) | undefined },
  failed: (failure: Failure) => void,
): AsyncGenerator<Planned> {
  const stores = new Map<string, ObjectStore>()
  const found = async function* (): AsyncGenerator<{ key: string; value: Candidate }> {
    for await (const one of walk(roots, options)) {
      if ('failure' in one) failed(one.failure)
      else {
        const { candidate } = one
        stores.set(candidate.store.url, candidate.store)
        options.onFound?.(candidate)
        yield { key: pathKey(candidate.path), value: candidate }
      }
    }
  }
  const sorted = sortByKey(found(), {
    encode: ({ store, ...rest }) => JSON.stringify([store.url, rest]),
    decode: (text) => {
      const [url, rest] = JSON.parse(text) as [string, Omit<Candidate, 'store'>]
      return { ...rest, store: stores.get(url)! }
    },
    signal: options.signal,
  })
  const distinct = withoutClashes(sorted, failed)
  if (base === undefined) {
    for await (const { key, value } of distinct) yield { key, candidate: value, old: undefined }
    return
  }
  for await (const window of windows(distinct)) yield* withOld(lake, base, window, options.signal, failed)
}

interface Keyed {
  readonly key: string
  readonly value: Candidate
}

/** Passes over what cannot stand beside what came before it. */
async function* withoutClashes(
  sorted: AsyncIterable<Keyed>,
  failed: (failure: Failure) => void,
): AsyncGenerator<Keyed> {
  const folders = new ClashFinder()
  let last: Keyed | undefined
  for await (const one of sorted) {
    const { path, source } = one.value
    if (last?.key === one.key) {
      const message =
        last.value.path === path
          ? `${source} would have the path ${path}, which ${last.value.source} has`
          : differInForm(path, last.value.path)
      failed({ path, error: new VarveError('invalid-input', message, { path }) })
      continue
    }
    const folder = folders.next(path)
    if (folder === undefined) {
      yield one
      last = one
    } else failed({ path, error: inTheWay(path, folder) })
  }
}

async function* withOld(
  lake: Lake,
  base: Table,
  window: readonly Keyed[],
  signal: AbortSignal | undefined,
  failed: (failure: Failure) => void,
): AsyncGenerator<Planned> {
  const known = await findRows(
    lake,
    base,
    window.map(({ key }) => key),
    { signal },
  )
  const fresh = window.filter(({ key }) => !known.has(key)).map(({ value }) => value.path)
  const clashes =
    fresh.length === 0 ? new Map<string, string>() : await clashesWith(lake, base, fresh, signal)
  for (const { key, value: candidate } of window) {
    const { path } = candidate
    const old = known.get(key)
    const clash = clashes.get(path)
    if (clash !== undefined) failed({ path, error: inTheWay(path, clash) })
    else if (old !== undefined && old.path !== path) {
      const message = differInForm(path, old.path as string)
      failed({ path, error: new VarveError('invalid-input', message, { path }) })
    } else yield { key, candidate, old }
  }
}

function differInForm(path: string, other: string): string {
  return `the path ${JSON.stringify(path)} differs from ${JSON.stringify(other)} only in case or Unicode form, expected another`
}

function inTheWay(path: string, other: string): VarveError {
  const message = `the path ${JSON.stringify(path)} cannot stand beside ${JSON.stringify(other)}: one is a file where the other needs a folder`
  return new VarveError('invalid-input', message, { path })
}

async function* windows<T>(items: AsyncIterable<T>): AsyncGenerator<T[]> {
  let window: T[] = []
  for await (const item of items) {
    window.push(item)
    if (window.length < WINDOW) continue
    yield window
    window = []
  }
  if (window.length > 0) yield window
}
