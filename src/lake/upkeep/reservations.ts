/** Labels that were reserved by commits that never came. */

import type { Lake } from '../types.ts'
import { commitOf } from '../versions/labels.ts'
import { readLabel } from '../versions/refs.ts'
import type { Candidate } from './gc.ts'

/**
 * Which of these labels, all older than the grace by the clock of the store, name nothing. A reservation lapses after
 * seven days whether it is deleted or not, and then its commit gives up; with a shorter grace, a label can be taken
 * from a commit that is still on its way.
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
