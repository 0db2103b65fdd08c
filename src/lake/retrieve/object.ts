/** The bytes that a row of `files` names, wherever they are. */

import type { ByteSource } from '../../bytes/types.ts'
import { throwIfAborted, VarveError } from '../../errors.ts'
import { locate, type ObjectStore } from '../../store/index.ts'
import { objectKey } from '../layout.ts'
import { checkPlace } from '../place.ts'
import { isNamed, loadStores, placeOfUri } from '../stores.ts'
import type { Lake, Row } from '../types.ts'

/** Bytes asked for at a time. */
export const RANGE = 4 * 1024 * 1024

/** A row of `files` as retrieving and exchanging need it. */
export interface FileEntry {
  readonly path: string
  readonly bytes: number
  readonly sha256: string | undefined
  readonly etag: string | undefined
  /** Undefined: the lake's own object, found by its checksum. */
  readonly uri: string | undefined
  /** Milliseconds since 1970. */
  readonly modified: number | undefined
}

/** `invalid-data` when the row names no bytes. */
export function fileEntry(row: Row): FileEntry {
  const path = String(row.path)
  const bytes = Number(row.bytes ?? Number.NaN)
  const sha256 = textOf(row.sha256)
  const uri = textOf(row.uri)
  const problem = !Number.isSafeInteger(bytes)
    ? `has ${row.bytes ?? null} bytes, expected a size`
    : sha256 !== undefined && !/^[0-9a-f]{64}$/.test(sha256)
      ? `has the checksum ${JSON.stringify(sha256)}, expected a SHA-256 in hexadecimal`
      : sha256 === undefined && uri === undefined
        ? 'has neither a checksum nor a place'
        : undefined
  if (problem !== undefined || bytes < 0)
    throw new VarveError('invalid-data', `${path} ${problem ?? 'has less than no bytes'}`, { path })
  const modified = typeof row.modified_at === 'bigint' ? Number(row.modified_at / 1000n) : undefined
  return { path, bytes, sha256, etag: textOf(row.etag), uri, modified }
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/**
 * The store and key of a file's bytes. `denied` for a place that is not to be read for this lake, `not-found` for one
 * in a store whose name the lake does not know.
 */
export async function placeOf(
  lake: Lake,
  { uri, sha256 }: Pick<FileEntry, 'uri' | 'sha256'>,
  signal?: AbortSignal,
): Promise<{ readonly store: ObjectStore; readonly key: string }> {
  if (uri === undefined) return { store: lake.store, key: objectKey(sha256!) }
  if (isNamed(uri)) await loadStores(lake, { signal })
  const place = placeOfUri(lake, uri)
  checkPlace(lake, place)
  return locate(place)
}

/**
 * Opens a file's bytes with at most one request. `not-found` when the object is gone, `stale` when one that was
 * registered in place is of another size by now; one of the same size is found out by reading.
 */
export async function openObject(lake: Lake, entry: FileEntry, signal?: AbortSignal): Promise<ByteSource> {
  const { bytes, etag, uri } = entry
  throwIfAborted(signal)
  const { store, key } = await placeOf(lake, entry, signal)
  if (uri !== undefined && etag !== undefined) return store.attach(key, bytes, etag)
  return openStored(entry, store, key, { head: RANGE, signal })
}

/** Opens an object that must be there and of the entry's size, with its first `head` bytes in the same request. */
export async function openStored(
  { path, bytes, uri }: FileEntry,
  store: ObjectStore,
  key: string,
  { head, signal }: { readonly head: number; readonly signal?: AbortSignal | undefined },
): Promise<ByteSource> {
  const source = await store.open(key, { head: Math.min(bytes, head), signal })
  const place = `${store.url}${key}`
  if (source === undefined)
    throw new VarveError('not-found', `${path}: ${place} does not exist`, { path, uri: place })
  if (source.size === bytes) return source
  await source.close?.()
  const message = `${path}: ${place} has ${source.size} bytes, expected ${bytes}`
  throw new VarveError(uri === undefined ? 'invalid-data' : 'stale', message, { path, uri: place })
}

/**
 * The bytes of a source in order, with `ahead()` ranges asked for at a time. A consumer that stops early must abort
 * the signal, or what was asked for still comes.
 */
export async function* bytesOf(
  source: ByteSource,
  ahead: () => number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const pending: Promise<Uint8Array>[] = []
  let next = 0
  const fill = (): void => {
    while (next < source.size && pending.length < Math.max(1, ahead())) {
      const end = Math.min(next + RANGE, source.size)
      const read = source.read(next, end, { signal })
      // Told to whoever takes it, if anyone does.
      read.catch(() => undefined)
      pending.push(read)
      next = end
    }
  }
  for (fill(); pending.length > 0; ) {
    const bytes = await pending.shift()!
    fill()
    yield bytes
  }
}
