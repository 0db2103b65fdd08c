import { randomBytes } from 'node:crypto'
import { VarveError } from '../errors.ts'
import type { ObjectStore, PutResult, StoreOptions } from './types.ts'

export interface ProbeOptions extends StoreOptions {
  /** Writers at a time; default 8. */
  readonly writers?: number | undefined
  /** Races of each kind; default 2. */
  readonly rounds?: number | undefined
}

/**
 * Finds out by small races under `prefix` whether put-if-absent and put-if-unchanged have one winner each, and leaves
 * nothing behind. Throws `unsupported` for a store where two win, or none: versions would be lost on it.
 */
export async function probeConditionalWrites(
  store: ObjectStore,
  prefix: string,
  { writers = 8, rounds = 2, signal }: ProbeOptions = {},
): Promise<void> {
  const key = `${prefix}varve-probe-${randomBytes(8).toString('hex')}`
  try {
    for (let round = 0; round < rounds; round++) {
      await store.delete(key, { signal })
      const first = await race(store, key, writers, { ifNoneMatch: '*', signal })
      await race(store, key, writers, { ifMatch: first, signal })
    }
  } finally {
    // Without the signal: a cancelled probe cleans up too.
    await store.delete(key)
  }
}

/** Lets several writers of different bytes race, and gives the winner's identity. */
async function race(
  store: ObjectStore,
  key: string,
  writers: number,
  options: { ifNoneMatch?: '*'; ifMatch?: string; signal?: AbortSignal | undefined },
): Promise<string> {
  const kind = options.ifNoneMatch === undefined ? 'If-Match' : 'If-None-Match'
  const bodies = Array.from({ length: writers }, (_, i) =>
    Buffer.from(`${kind} writer ${i} ${randomBytes(8).toString('hex')}`),
  )
  const results = await Promise.all(bodies.map((body) => store.put(key, body, options)))
  const winners = bodies.filter((_, i) => (results[i] as PutResult) === 'written')
  if (winners.length !== 1)
    throw refused(store.url, kind, `${winners.length} of ${writers} racing writers won`)
  const held = await store.get(key, { signal: options.signal })
  if (held === undefined || Buffer.compare(held.bytes, winners[0] as Buffer) !== 0)
    throw refused(store.url, kind, "the winner's bytes are not what stands there")
  return held.identity
}

function refused(url: string, kind: string, actual: string): VarveError {
  return new VarveError(
    'unsupported',
    `${url} does not keep conditional writes (${kind}): ${actual}, expected exactly one winner; a lake on it would lose versions`,
    { url, kind },
  )
}
