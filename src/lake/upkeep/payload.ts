/** Checks the bytes that files name: there with their size and identity, or read and compared with their checksum. */

import { createHash } from 'node:crypto'
import type { ObjectInfo } from '../../store/types.ts'
import { objectKey } from '../layout.ts'
import { bytesOf, type FileEntry, openObject, placeOf } from '../retrieve/object.ts'
import type { Lake } from '../types.ts'
import { type Trouble, troubleOf } from './findings.ts'

/** A file of a version, and what it says of its bytes. */
export interface Payload extends FileEntry {
  readonly dataset: string
  readonly version: number
}

/** Of an object in another place: whatever keeps it from being found and read, the version does not have it. */
const ELSEWHERE = {
  'not-found': 'missing',
  denied: 'missing',
  'invalid-input': 'missing',
  unsupported: 'missing',
  stale: 'changed',
  'invalid-data': 'corrupt',
} as const
/** Of the lake's own: other failures are the lake's, not the object's. */
const OWN = { 'not-found': 'missing', stale: 'changed', 'invalid-data': 'corrupt' } as const

/** Ranges of one payload asked for at a time. */
const AHEAD = 2

/**
 * Under which all payloads that are checked alike sort side by side; the lake's own by their keys, in the order of a
 * listing.
 */
export function sortKey({ sha256, uri, etag, bytes }: FileEntry): string {
  const place = uri === undefined ? objectKey(sha256!) : `~${uri}`
  return JSON.stringify([place, bytes, etag ?? null, sha256 ?? null]).slice(2)
}

/** What is wrong with a payload. `listed`: what a listing said of it, where there was one. */
export async function checkPayload(
  lake: Lake,
  payload: Payload,
  options: {
    readonly full: boolean
    readonly listed: { readonly info: ObjectInfo | undefined } | undefined
    readonly onBytes: (bytes: number) => void
    readonly signal: AbortSignal | undefined
  },
): Promise<Trouble | undefined> {
  const { full, listed, onBytes, signal } = options
  const { uri, bytes, etag, sha256 } = payload
  let object = uri ?? lake.url + objectKey(sha256!)
  try {
    const { store, key } = await placeOf(lake, payload, signal)
    object = store.url + key
    const info = listed === undefined ? await store.info(key, { signal }) : listed.info
    if (info === undefined) return { object, status: 'missing', message: `${object} is missing` }
    if (info.size !== bytes)
      return { object, status: 'changed', message: `${object} has ${info.size} bytes, expected ${bytes}` }
    if (uri !== undefined && etag !== undefined && info.identity !== etag) {
      const message = `${object} was overwritten: it is ${info.identity}, expected ${etag}`
      return { object, status: 'changed', message }
    }
    if (!full) return undefined
    const actual = await hashOf(lake, payload, onBytes, signal)
    if (sha256 === undefined || actual === sha256) return undefined
    const message = `${object} is damaged: its SHA-256 is ${actual}, expected ${sha256}`
    return { object, status: 'corrupt', message }
  } catch (error) {
    return troubleOf(object, error, uri === undefined ? OWN : ELSEWHERE)
  }
}

async function hashOf(
  lake: Lake,
  payload: Payload,
  onBytes: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<string> {
  const stop = new AbortController()
  const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal])
  const source = await openObject(lake, payload, either)
  const hash = createHash('sha256')
  try {
    for await (const bytes of bytesOf(source, () => AHEAD, either)) {
      hash.update(bytes)
      onBytes(bytes.length)
    }
    return hash.digest('hex')
  } finally {
    stop.abort()
    await source.close?.()
  }
}
