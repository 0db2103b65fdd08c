import { retry } from '../../bytes/index.ts'
import { VarveError } from '../../errors.ts'

/** A dead endpoint is an error within a minute; one that returns is noticed within some seconds. */
const DEADLINE_MS = 55_000
const MAX_PAUSE_MS = 2000

/**
 * What `work` gives: at once when it gives a value, else when its promise does, begun again for most of a minute while
 * that is `unavailable`. Stores try again by themselves, but for seconds: whoever runs a command can run it once more,
 * where a program that reads files takes an error for damage.
 */
export function patiently<T>(work: () => T | Promise<T>, deadlineMs = DEADLINE_MS): T | Promise<T> {
  const first = work()
  return first instanceof Promise ? again(first, work, deadlineMs) : first
}

async function again<T>(first: Promise<T>, work: () => T | Promise<T>, deadlineMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const error = new VarveError('unavailable', `no answer within ${deadlineMs / 1000} s`)
    timer = setTimeout(() => reject(error), deadlineMs)
  })
  const options = { attempts: Number.POSITIVE_INFINITY, maxPauseMs: MAX_PAUSE_MS, budgetMs: deadlineMs }
  const tried = retry(async (number) => (number === 1 ? first : work()), options)
  try {
    return await Promise.race([tried, late])
  } catch (error) {
    // When it was too late for it: whatever becomes of it, nobody waits for it any more.
    tried.catch(() => undefined)
    throw error
  } finally {
    clearTimeout(timer)
  }
}
