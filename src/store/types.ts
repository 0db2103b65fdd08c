/** The contract of an object store: one implementation per kind of URL, and nothing else knows S3. */

import type { ByteSource } from '../bytes/types.ts'

export interface ObjectInfo {
  readonly key: string
  readonly size: number
  /** ETag, or what stands for it: changes whenever the bytes change. */
  readonly identity: string
  /** Milliseconds since 1970. */
  readonly modified: number
}

export interface OpenOptions {
  readonly signal?: AbortSignal | undefined
  /**
   * Fetch this many first bytes with the same request that finds size and identity.
   * They serve later reads of that range without another request.
   */
  readonly head?: number | undefined
}

export interface StoreOptions {
  readonly signal?: AbortSignal | undefined
}

export interface PutOptions extends StoreOptions {
  /** `'*'`: write only when nothing stands under the key. */
  readonly ifNoneMatch?: '*' | undefined
  /** Write only over this identity. */
  readonly ifMatch?: string | undefined
  readonly contentType?: string | undefined
  /** SHA-256 of the body in hexadecimal, where it is known: S3's signature needs it, and need not find it again. */
  readonly sha256?: string | undefined
}

/** A lost race is a value: `exists` for ifNoneMatch, `changed` for ifMatch (also when the object is gone). */
export type PutResult = 'written' | 'exists' | 'changed'

export interface ListOptions extends StoreOptions {
  /** Only keys after this one, in byte order of UTF-8. */
  readonly after?: string | undefined
  /** `'/'`: stop at the next slash; deeper keys are given once, as `{ prefix }`. */
  readonly delimiter?: '/' | undefined
}

export type ListEntry = ObjectInfo | { readonly prefix: string }

export interface Upload {
  /** Adds bytes at the end; parts are sent as they fill. */
  write(bytes: Uint8Array): Promise<void>
  /** Makes the object visible, whole. */
  complete(options?: PutOptions): Promise<PutResult>
  /** Leaves nothing behind. */
  abort(): Promise<void>
}

/**
 * A request that reads an object, signed for some minutes. It is a credential itself: it goes from thread to thread of
 * this process, and nowhere else.
 */
export interface SignedGet {
  readonly method: 'GET'
  readonly protocol: string
  readonly hostname: string
  readonly port: number | undefined
  /** With its query, where the signature is. */
  readonly path: string
  /** Range and If-Match may be added: of the headers, only `host` is signed. */
  readonly headers: Readonly<Record<string, string>>
}

/** Signs what reads an object, by its URI; undefined when it cannot. */
export type Signer = (uri: string) => Promise<SignedGet | undefined>

export interface ObjectStore {
  /** The URL that keys are relative to, ending in `/`: `s3://bucket/`, `file:///data/`. */
  readonly url: string
  /** A missing object is `undefined`; a bucket or folder that is missing, too. */
  open(key: string, options?: OpenOptions): Promise<ByteSource | undefined>
  /** A source of known size and identity, without a request: the first read finds out. */
  attach(key: string, size: number, identity: string): ByteSource
  info(key: string, options?: StoreOptions): Promise<ObjectInfo | undefined>
  get(key: string, options?: StoreOptions): Promise<{ bytes: Uint8Array; identity: string } | undefined>
  put(key: string, body: Uint8Array, options?: PutOptions): Promise<PutResult>
  /** Keys that start with `prefix`, in byte order of UTF-8. */
  list(prefix: string, options?: ListOptions): AsyncIterable<ListEntry>
  /** Deleting what is not there is no error. */
  delete(key: string, options?: StoreOptions): Promise<void>
  /** Within the store, without the bytes passing through here where the backend can. */
  copy(from: string, to: string, options?: StoreOptions): Promise<void>
  /** A URL that reads the object for `seconds` without credentials; `unsupported` where there is none. */
  presign(key: string, seconds: number): Promise<string>
  /** What another thread may read the object with; only of stores that sign. */
  signedGet?(key: string): Promise<SignedGet>
  /** For objects too large to hold. */
  upload(key: string, options?: StoreOptions): Promise<Upload>
  /** Loads what the first request will need; makes none. Only of stores that have something to load. */
  prepare?(): void
  close(): Promise<void>
}
