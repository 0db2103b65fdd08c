/** A lake with an age for every object: the store's clock is turned by hand, and what was there before gets older. */

import { openLake } from '../../../src/lake/open.ts'
import type { Lake } from '../../../src/lake/types.ts'
import { type ObjectStore, openStore } from '../../../src/store/index.ts'

export const DAY = 24 * 3600_000

let lakes = 0

export interface AgedLake {
  readonly lake: Lake
  /** Of the store; the lake's own writers look at the same one, unless `skew` says how far theirs is off. */
  readonly clock: { time: number; skew: number }
  readonly store: ObjectStore
}

export async function agedLake(): Promise<AgedLake> {
  const raw = openStore(`memory://upkeep-${process.pid}-${lakes++}/`)
  const clock = { time: Date.parse('2026-11-01T00:00:00Z'), skew: 0 }
  const times = new Map<string, number>()
  const store: ObjectStore = {
    ...raw,
    async put(key, body, options) {
      const result = await raw.put(key, body, options)
      if (result === 'written') times.set(key, clock.time)
      return result
    },
    async info(key, options) {
      const info = await raw.info(key, options)
      return info === undefined ? undefined : { ...info, modified: times.get(key) ?? 0 }
    },
    async *list(prefix, options) {
      for await (const entry of raw.list(prefix, options))
        yield 'key' in entry ? { ...entry, modified: times.get(entry.key) ?? 0 } : entry
    },
  }
  await store.put('lake.json', Buffer.from('{"format":"varve-lake","version":1,"id":"upkeep"}'))
  const chunking = { min: 2, normal: 4, max: 9 }
  return { lake: openLake({ store }, { chunking, now: () => clock.time + clock.skew }), clock, store }
}

/** The lake of another process, which looks at every call before it is made. */
export function watched(lake: Lake, before: (call: string) => Promise<void> | void): Lake {
  const { store } = lake
  return {
    ...lake,
    memo: new Map(),
    store: {
      ...store,
      async open(key, options) {
        await before(`open ${key}`)
        return store.open(key, options)
      },
      async get(key, options) {
        await before(`get ${key}`)
        return store.get(key, options)
      },
      async put(key, body, options) {
        await before(`put ${key}`)
        return store.put(key, body, options)
      },
      async info(key, options) {
        await before(`info ${key}`)
        return store.info(key, options)
      },
      async delete(key, options) {
        await before(`delete ${key}`)
        return store.delete(key, options)
      },
      async *list(prefix, options) {
        await before(`list ${prefix}`)
        yield* store.list(prefix, options)
      },
    },
  }
}
