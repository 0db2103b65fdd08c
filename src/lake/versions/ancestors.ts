/** Where two histories part: the base of a merge. */

import type { StoreOptions } from '../../store/index.ts'
import type { Lake, VersionDescription, VersionParent } from '../types.ts'
import { readRecord, type VersionRecord } from './description.ts'

/** Versions before the one that is asked for, read together with it: most histories are a line. */
const AHEAD = 15

interface Reached {
  readonly record: VersionRecord
  readonly byA: boolean
  readonly byB: boolean
}

/**
 * The nearest version that both come from (each comes from itself), over forks and merges; undefined when there is
 * none. Deleted versions are walked over and never the answer; where nothing is left of one, its line ends.
 *
 * A version is younger than its parents, so taking the youngest that was reached first meets every version after
 * all its descendants, and the first one that both sides reached is the nearest.
 */
export async function commonAncestor(
  lake: Lake,
  a: VersionDescription,
  b: VersionDescription,
  options: StoreOptions = {},
): Promise<VersionDescription | undefined> {
  const parentOf = history(lake, options)
  const open = new Map<string, Reached>()
  const reach = (record: VersionRecord, byA: boolean, byB: boolean): void => {
    const { id } = record.description
    const known = open.get(id)
    open.set(id, { record, byA: byA || known?.byA === true, byB: byB || known?.byB === true })
  }
  reach({ description: a, deleted: false }, true, false)
  reach({ description: b, deleted: false }, false, true)
  while (open.size > 0) {
    const { record, byA, byB } = youngest(open.values())
    const { description, deleted } = record
    if (byA && byB && !deleted) return description
    open.delete(description.id)
    for (const parent of await Promise.all(description.parents.map(parentOf)))
      if (parent !== undefined) reach(parent, byA, byB)
  }
  return undefined
}

function youngest(all: Iterable<Reached>): Reached {
  const time = ({ record }: Reached): number => Date.parse(record.description.created_at)
  return [...all].reduce((best, one) => (time(one) > time(best) ? one : best))
}

/** Reads parents, each once, and some that come before it with it. */
function history(
  lake: Lake,
  options: StoreOptions,
): (parent: VersionParent) => Promise<VersionRecord | undefined> {
  const read = new Map<string, Promise<VersionRecord | undefined>>()
  const start = (dataset: string, number: number): Promise<VersionRecord | undefined> => {
    const place = `${dataset}@${number}`
    const known = read.get(place) ?? readRecord(lake, dataset, number, options)
    // Those read ahead may never be asked for.
    if (!read.has(place)) known.catch(() => {})
    read.set(place, known)
    return known
  }
  return async ({ dataset, number, id }) => {
    if (!read.has(`${dataset}@${number}`))
      for (let before = number; before >= Math.max(1, number - AHEAD); before--) start(dataset, before)
    const record = await start(dataset, number)
    return record?.description.id === id ? record : undefined
  }
}
