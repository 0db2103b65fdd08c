/** Objects under their own hash: written once, the same whoever writes them. */

import { createHash } from 'node:crypto'
import { VarveError } from '../errors.ts'
import type { Lake } from './types.ts'

/** One that is older is about as good as garbage if nothing refers to it: writing it again makes it young. */
const REFRESH_AFTER_MS = 24 * 60 * 60 * 1000

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Writes an object unless it is there, in such a way that the garbage collector will not take it soon. */
export async function putImmutable(
  lake: Lake,
  key: string,
  bytes: Uint8Array,
  signal?: AbortSignal,
): Promise<void> {
  if ((await lake.store.put(key, bytes, { ifNoneMatch: '*', signal })) === 'written') return
  const there = await lake.store.info(key, { signal })
  if (there === undefined || lake.now() - there.modified > REFRESH_AFTER_MS)
    await lake.store.put(key, bytes, { signal })
}

/** Reads one whole and checks it; `invalid-data` when it is missing or is not what its name says. */
export async function getImmutable(
  lake: Lake,
  key: string,
  hash: string,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const uri = lake.url + key
  const found = await lake.store.get(key, { signal })
  if (found === undefined)
    throw new VarveError('invalid-data', `${uri} is missing, expected a part of a version`, { uri })
  const actual = sha256(found.bytes)
  if (actual === hash) return found.bytes
  throw new VarveError('invalid-data', `${uri} is damaged: its SHA-256 is ${actual}, expected ${hash}`, {
    uri,
  })
}

/** Most objects that a lake keeps parsed. */
const MEMO_SIZE = 256

/** What `make` makes of an immutable object, made once; the least recently used go first. */
export function remembered<T>(lake: Lake, key: string, make: () => Promise<T>): Promise<T> {
  const { memo } = lake
  const known = memo.get(key) as Promise<T> | undefined
  const value = known ?? make()
  memo.delete(key)
  memo.set(key, value)
  if (known === undefined) {
    value.catch(() => memo.delete(key))
    if (memo.size > MEMO_SIZE) memo.delete(memo.keys().next().value!)
  }
  return value
}
