/** Opening a lake. */

import { isVarveError, VarveError } from '../errors.ts'
import { type ObjectStore, openStore } from '../store/index.ts'
import { LAKE_FILE, readLake } from './init.ts'
import { CHUNKING } from './table/chunk.ts'
import type { Chunking, Lake } from './types.ts'

export interface LakeOptions {
  /** Tests cut small tables; all writers of a lake must cut alike. */
  readonly chunking?: Chunking | undefined
  /** Milliseconds since 1970; default the machine's clock. */
  readonly now?: (() => number) | undefined
}

/**
 * A lake at a URL or in a store; makes no request, so it may not exist: `requireLake` finds out.
 *
 * @example const lake = openLake('s3://bucket/lake')
 */
export function openLake(
  place: string | { readonly store: ObjectStore },
  { chunking = CHUNKING, now = Date.now }: LakeOptions = {},
): Lake {
  const store = typeof place === 'string' ? openStore(place.endsWith('/') ? place : `${place}/`) : place.store
  return { url: store.url, store, chunking, now, memo: new Map() }
}

/** What `lake.json` says; `not-found` where there is no lake. */
export async function requireLake(lake: Lake, signal?: AbortSignal): Promise<{ readonly id: string }> {
  const known = await readLake(lake.store, signal)
  if (known !== undefined) return known
  const message = `${lake.url} is no lake: it has no ${LAKE_FILE}; make it one with \`varve init ${lake.url}\``
  throw new VarveError('not-found', message, { uri: lake.url })
}

/** Does something in a lake; where it finds nothing, a lake that is not there is what must be said first. */
export async function inLake<T>(lake: Lake, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (isVarveError(error, 'not-found')) await requireLake(lake, signal)
    throw error
  }
}
