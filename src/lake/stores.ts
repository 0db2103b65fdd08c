/**
 * Stores by name: `stores.json` in the lake says where each is, entries say only which.
 *
 * An entry's `uri` is kept as `@name/key` where its object is in a named store. When the store moves, one line
 * changes and no version does.
 */

import * as z from 'zod'
import { VarveError } from '../errors.ts'
import type { StoreOptions } from '../store/index.ts'
import { parseUri } from '../store/index.ts'
import { claimJson, type Kind, readJson } from './json.ts'
import type { Lake } from './types.ts'

const KEY = 'stores.json'

export interface StoreInfo {
  readonly name: string
  /** Ending in `/`. */
  readonly url: string
}

interface Stores {
  readonly stores: Readonly<Record<string, string>>
}

const STORES: Kind<Stores> = {
  format: 'varve-stores',
  noun: 'the stores of a lake',
  shape: z.looseObject({ stores: z.record(z.string(), z.string()) }),
}

/** What each opened lake's stores are, once an entry needed them. */
const loaded = new WeakMap<Lake, readonly StoreInfo[]>()

export async function listStores(lake: Lake, options: StoreOptions = {}): Promise<readonly StoreInfo[]> {
  const found = await readJson(lake.store, KEY, STORES, options)
  return Object.entries(found?.value.stores ?? {}).map(([name, url]) => ({ name, url }))
}

/** Names a store, or gives a name another URL. */
export async function nameStore(
  lake: Lake,
  name: string,
  url: string,
  options: StoreOptions = {},
): Promise<StoreInfo> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name)) {
    const message = `the store name ${JSON.stringify(name)} has other characters than letters, digits, ".", "_" and "-"`
    throw new VarveError('invalid-input', message, { name })
  }
  const { store, key } = parseUri(url.endsWith('/') ? url : `${url}/`)
  const place = store + key
  for (;;) {
    const before = await readJson(lake.store, KEY, STORES, options)
    const stores = { ...before?.value.stores, [name]: place }
    const conditions = before === undefined ? { ifNoneMatch: '*' as const } : { ifMatch: before.identity }
    const same = (held: Stores): boolean => held.stores[name] === place
    const claim = await claimJson(lake.store, KEY, STORES, { stores }, { ...conditions, ...options }, same)
    if (claim.won) break
  }
  loaded.delete(lake)
  return { name, url: place }
}

/** Reads the stores' names, unless they are known: before URIs are kept in entries, or `placeOfUri` is asked. */
export async function loadStores(lake: Lake, options: StoreOptions = {}): Promise<void> {
  if (!loaded.has(lake)) loaded.set(lake, await listStores(lake, options))
}

/** How an object's URI is kept in an entry. */
export function storedUri(lake: Lake, uri: string): string {
  const store = loaded.get(lake)?.find(({ url }) => uri.startsWith(url))
  return store === undefined ? uri : `@${store.name}/${uri.slice(store.url.length)}`
}

/** Whether an entry's URI is one by the name of its store. */
export function isNamed(stored: unknown): boolean {
  return typeof stored === 'string' && stored.startsWith('@')
}

/** The URI of an entry; `not-found` when it names a store that the lake does not know. */
export function placeOfUri(lake: Lake, stored: string): string {
  if (!isNamed(stored)) return stored
  const [, name, key] = /^@([^/]+)\/(.*)$/s.exec(stored) ?? []
  const store = loaded.get(lake)?.find((one) => one.name === name)
  if (store !== undefined) return store.url + key
  const message = `the lake ${lake.url} has no store "${name}", which ${stored} is in; name it with \`varve store ${name} URL\``
  throw new VarveError('not-found', message, { store: name })
}
