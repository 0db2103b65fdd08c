/**
 * Bytes of the parts that were read or written last. Whoever looks rows up, changes them and merges needs the same few
 * parts several times, and each time would be a request.
 */

import { remembered } from '../immutable.ts'
import type { Lake } from '../types.ts'

/** Some twenty parts of a table of files, or all of a table that many writers share. */
const MOST_BYTES = 4 * 1024 * 1024

interface Kept {
  /** By key, the least recently used first. */
  readonly parts: Map<string, Uint8Array>
  bytes: number
}

const keptOf = (lake: Lake): Promise<Kept> =>
  remembered(lake, 'kept parts', async () => ({ parts: new Map(), bytes: 0 }))

/** A part's bytes, its hash already checked; undefined when they are not kept. */
export async function keptPart(lake: Lake, key: string): Promise<Uint8Array | undefined> {
  const { parts } = await keptOf(lake)
  const bytes = parts.get(key)
  if (bytes === undefined) return undefined
  parts.delete(key)
  parts.set(key, bytes)
  return bytes
}

/** Keeps the bytes of a part that is in the store. */
export async function keepPart(lake: Lake, key: string, bytes: Uint8Array): Promise<void> {
  const kept = await keptOf(lake)
  if (kept.parts.has(key) || bytes.length > MOST_BYTES) return
  kept.parts.set(key, bytes)
  kept.bytes += bytes.length
  for (const [oldest, { length }] of kept.parts) {
    if (kept.bytes <= MOST_BYTES) break
    kept.parts.delete(oldest)
    kept.bytes -= length
  }
}
