/** `varve init`: makes a prefix in a store a lake. */

import { randomUUID } from 'node:crypto'
import * as z from 'zod'
import { type ObjectStore, openStore, probeConditionalWrites } from '../store/index.ts'
import { type Kind, readJson, writeJson } from './json.ts'

export const LAKE_FILE = 'lake.json'

const LAKE: Kind<{ readonly id: string }> = {
  format: 'varve-lake',
  noun: 'a varve lake',
  shape: z.looseObject({ id: z.string() }),
}

export interface LakeReport {
  /** The lake's URL. */
  readonly lake: string
  readonly id: string
  /** False: it was a lake already. */
  readonly created: boolean
}

/**
 * Writes `lake.json`, once the store has shown that of several writers only one wins; a lake that is there stays
 * as it is. `unsupported` when the store lets two win, or the lake is of a later version.
 */
export async function initLake(
  url: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<LakeReport> {
  const store = openStore(url.endsWith('/') ? url : `${url}/`)
  const { signal } = options
  const known = await readLake(url, signal)
  if (known !== undefined) return { lake: store.url, id: known.id, created: false }
  await probeConditionalWrites(store, '', { signal })
  const id = randomUUID()
  const result = await writeJson(store, LAKE_FILE, LAKE, { id }, { ifNoneMatch: '*', signal })
  if (result === 'written') return { lake: store.url, id, created: true }
  // Someone else made it in the meantime.
  const made = await readLake(url, signal)
  return { lake: store.url, id: made!.id, created: false }
}

/** What `lake.json` says, or undefined where there is none. */
export async function readLake(
  place: string | ObjectStore,
  signal?: AbortSignal,
): Promise<{ readonly id: string } | undefined> {
  const store = typeof place === 'string' ? openStore(place.endsWith('/') ? place : `${place}/`) : place
  return (await readJson(store, LAKE_FILE, LAKE, { signal }))?.value
}
