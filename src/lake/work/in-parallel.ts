/** Work on many things at a time. */

import { setMaxListeners } from 'node:events'
import { throwIfAborted } from '../../errors.ts'

/**
 * Does `work` for each item, at most `most` at a time. The first failure aborts the signal of the others, and is
 * thrown once all of them have ended: nothing goes on behind the caller's back.
 */
export async function inParallel<T>(
  items: AsyncIterable<T> | Iterable<T>,
  most: number,
  signal: AbortSignal | undefined,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController()
  const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal])
  // Every request listens to it; so many are no leak.
  setMaxListeners(0, either)
  const running = new Set<Promise<void>>()
  let failure: { readonly error: unknown } | undefined
  const start = (item: T): void => {
    const task = work(item, either)
      .catch((error: unknown) => {
        failure ??= { error }
        stop.abort()
      })
      .finally(() => running.delete(task))
    running.add(task)
  }
  try {
    for await (const item of items) {
      throwIfAborted(signal)
      if (failure !== undefined) break
      start(item)
      if (running.size >= most) await Promise.race(running)
    }
  } catch (error) {
    failure ??= { error }
    stop.abort()
  }
  await Promise.all(running)
  if (failure !== undefined) throw failure.error
  throwIfAborted(signal)
}
