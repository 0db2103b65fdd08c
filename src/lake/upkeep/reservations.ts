/** Labels that were reserved by commits that never came. */

import type { Lake } from '../types.ts'
import { commitOf } from '../versions/labels.ts'
import { readLabel } from '../versions/refs.ts'
import type { Candidate } from './gc.ts'

/**
 * Which of these labels name nothing. They are no longer in anyone's way, since a reservation lapses; what is old
 * by the store's clock is lapsed by its writer's, or its writer had as long a grace as the collection has.
 */
export async function* lapsedReservations(
  lake: Lake,
  keys: readonly string[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Candidate> {
  for (const key of keys) {
    const [, dataset = ''] = key.split('/')
    const label = key.slice(key.lastIndexOf('/') + 1, -'.json'.length)
    const held = await readLabel(lake, dataset, label, { signal })
    if (held === undefined || (await commitOf(lake, dataset, held.value, { signal })) !== undefined) continue
    const there = await lake.store.info(key, { signal })
    if (there?.identity === held.identity) yield { key, bytes: there.size }
  }
}
