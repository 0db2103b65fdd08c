/** What time it is for a store: ages of its objects are by its own clock. */

import { randomUUID } from 'node:crypto'
import { VarveError } from '../../errors.ts'
import type { Lake } from '../types.ts'

/** Milliseconds since 1970, by the age of an object that is written for this and removed. */
export async function storeTime(lake: Lake, signal: AbortSignal | undefined): Promise<number> {
  const { store } = lake
  const key = `clock/${randomUUID()}`
  try {
    await store.put(key, Buffer.from('what time is it?\n'), { signal })
    const written = await store.info(key, { signal })
    if (written !== undefined) return written.modified
  } finally {
    await store.delete(key)
  }
  const uri = store.url + key
  throw new VarveError('unavailable', `${uri} is not there although it was just written`, { uri })
}
