import { throwIfAborted, VarveError } from '../../errors.ts'

/** Memory that all files share. */
export interface Budget {
  readonly limit: number
  readonly used: number
  /** Takes bytes that are free now, and says whether they were; never before those who wait. */
  tryTake(bytes: number): boolean
  /** Takes bytes, waiting until they are free; those of different owners get theirs in turn. */
  take(bytes: number, owner: object, signal: AbortSignal): Promise<void>
  give(bytes: number): void
  /** Says that something can be evicted now that could not before. */
  poke(): void
}

interface Waiting {
  readonly bytes: number
  readonly resolve: () => void
}

/**
 * `evict` is asked to give back that many bytes by `give`, if anything may go; for those who need not have them, only
 * what is `stale`, of no use for a while.
 */
export function createBudget(limit: number, evict: (bytes: number, stale: boolean) => void): Budget {
  let used = 0
  let serving = false
  const queues = new Map<object, Waiting[]>()

  function fits(bytes: number): boolean {
    if (used + bytes > limit) evict(used + bytes - limit, false)
    // What is larger than everything gets it alone, or it would wait for ever.
    return used + bytes <= limit || used === 0
  }

  /** Round robin: whoever was served goes behind everyone else. */
  function serve(): void {
    // Evicting gives back, and giving back serves.
    if (serving) return
    serving = true
    try {
      for (;;) {
        const [next] = queues
        if (next === undefined) return
        const [owner, queue] = next
        const [first] = queue
        if (first !== undefined && !fits(first.bytes)) return
        queues.delete(owner)
        queue.shift()
        if (queue.length > 0) queues.set(owner, queue)
        if (first === undefined) continue
        used += first.bytes
        first.resolve()
      }
    } finally {
      serving = false
    }
  }

  return {
    limit,
    get used() {
      return used
    },
    tryTake(bytes) {
      if (queues.size > 0) return false
      if (used + bytes > limit) evict(used + bytes - limit, true)
      if (used + bytes > limit) return false
      used += bytes
      return true
    },
    async take(bytes, owner, signal) {
      throwIfAborted(signal)
      if (queues.size === 0 && fits(bytes)) {
        used += bytes
        return
      }
      await new Promise<void>((resolve, reject) => {
        const queue = queues.get(owner) ?? []
        const entry: Waiting = {
          bytes,
          resolve: () => {
            signal.removeEventListener('abort', onAbort)
            resolve()
          },
        }
        const onAbort = (): void => {
          queue.splice(queue.indexOf(entry), 1)
          if (queue.length === 0 && queues.get(owner) === queue) queues.delete(owner)
          reject(new VarveError('aborted', 'waiting for memory was cancelled', {}, signal.reason))
          serve()
        }
        signal.addEventListener('abort', onAbort, { once: true })
        queue.push(entry)
        queues.set(owner, queue)
        serve()
      })
    },
    give(bytes) {
      used -= bytes
      serve()
    },
    poke: serve,
  }
}
