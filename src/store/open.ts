import type { Meter } from '../bytes/meter.ts'
import type { ReadRetryOptions } from '../bytes/retry.ts'
import { fileStore } from './file/store.ts'
import { memoryStore } from './memory.ts'
import { s3Store } from './s3/store.ts'
import { scopedStore } from './scoped.ts'
import type { ObjectStore, SignedGet, Signer } from './types.ts'
import { parseUri } from './uri.ts'

export interface OpenStoreOptions {
  /** What relative paths start from, and where `.env` is; default the working directory. */
  readonly cwd?: string | undefined
  /** What requests are counted into; default the thread's own meter. */
  readonly meter?: Meter | undefined
  /** How requests over a network are tried again; `false`: not at all. */
  readonly retry?: ReadRetryOptions | false | undefined
  /** A connection that is silent this long is given up, in ms; default 10,000, and for ranges 5,000. */
  readonly idleMs?: number | undefined
  /** Replaces the process environment and `.env` as the place of the S3 settings. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
}

const opened = new Map<string, ObjectStore>()
let signer: Signer | undefined

/**
 * Lets another thread sign what this thread's shared stores read from now on; what it does not sign, or what the
 * server refuses, they ask for with credentials of their own.
 */
export function adoptSigner(other: Signer): void {
  signer = other
}

/** What another thread may read an object with; undefined when its store does not sign. */
export async function signedGet(uri: string): Promise<SignedGet | undefined> {
  const { store, key } = locate(uri)
  return store.signedGet?.(key)
}

/**
 * The store of a URL, `s3://bucket/`, `file:///folder/`, `memory://name/`, or a path; makes no request yet.
 * Keys are relative to the URL, so `s3://bucket/some/prefix` gives a store that sees nothing else.
 * Without options (but `cwd`) the store is shared by everyone who asks, with its connections.
 */
export function openStore(url: string, options: OpenStoreOptions = {}): ObjectStore {
  const { store, key } = parseUri(url, options.cwd)
  if (store === 'file:///') return fileStore(`/${key}`, options.meter)
  const root = rootStore(store, options)
  return key === '' ? root : scopedStore(root, key.endsWith('/') ? key : `${key}/`)
}

/** The store and key of an object's URI or path. */
export function locate(uri: string, options: OpenStoreOptions = {}): { store: ObjectStore; key: string } {
  const { store, key } = parseUri(uri, options.cwd)
  return { store: openStore(store, options), key }
}

/** Closes the connections of all shared stores; asking again opens new ones. */
export async function closeStores(): Promise<void> {
  const stores = [...opened.values()]
  opened.clear()
  await Promise.all(stores.map((store) => store.close()))
}

function rootStore(store: string, options: OpenStoreOptions): ObjectStore {
  const { cwd, ...own } = options
  const shared = Object.values(own).every((value) => value === undefined)
  const known = shared ? opened.get(store) : undefined
  if (known !== undefined) return known
  const made = makeStore(store, shared ? { ...options, signer } : options)
  if (shared) opened.set(store, made)
  return made
}

function makeStore(store: string, options: OpenStoreOptions & { signer?: Signer | undefined }): ObjectStore {
  const [scheme, rest = ''] = store.split('://')
  const bucket = rest.slice(0, -1)
  return scheme === 's3' ? s3Store(bucket, options) : memoryStore(bucket, options.meter)
}
