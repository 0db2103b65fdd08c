import { isVarveError, toVarveError, VarveError } from '../errors.ts'
import { cancelled } from './abort.ts'
import { checkRange, readExactly } from './range.ts'
import type { ByteSource } from './types.ts'

export interface RetryOptions {
  /** Tries in all, the first one included. */
  readonly attempts?: number | undefined
  /** Upper bound of the first pause; it doubles with every further one. */
  readonly baseMs?: number | undefined
  readonly maxPauseMs?: number | undefined
  /** No further try begins this long after the first one began. */
  readonly budgetMs?: number | undefined
  /** Injected by tests: a number in [0, 1). */
  readonly random?: (() => number) | undefined
  /** Injected by tests: waits that many ms. */
  readonly pause?: ((ms: number, signal?: AbortSignal) => Promise<void>) | undefined
}

export interface ReadRetryOptions extends RetryOptions {
  /** A try may take this long, and one second more for every 64 KiB asked; then it is cut off and tried again. */
  readonly stallMs?: number | undefined
}

const SLOWEST_BYTES_PER_MS = 64

/**
 * Runs `attempt` until it succeeds, fails for good, or the tries or the time are used up; the pauses between are
 * random in [0, base × 2ⁿ) ("full jitter"), so that clients which failed together do not come back together.
 *
 * Only `unavailable` is tried again, and not when the error's details say `permanent`.
 */
export async function retry<T>(
  attempt: (number: number) => Promise<T>,
  options: RetryOptions & { readonly signal?: AbortSignal | undefined } = {},
): Promise<T> {
  const { attempts = 6, baseMs = 100, maxPauseMs = 5000, budgetMs = 40_000 } = options
  const { random = Math.random, pause = sleep } = options
  const began = performance.now()
  for (let number = 1; ; number++) {
    try {
      return await attempt(number)
    } catch (error) {
      if (options.signal?.aborted || !isTransient(error)) throw error
      const ms = random() * Math.min(maxPauseMs, baseMs * 2 ** (number - 1))
      if (number >= attempts || performance.now() - began + ms > budgetMs) throw exhausted(error, number)
      await pause(ms, options.signal)
    }
  }
}

/** A source whose reads survive what passes: 503s, resets, stalls, bodies that end early. */
export function withRetry(source: ByteSource, options: ReadRetryOptions = {}): ByteSource {
  const { stallMs = 60_000 } = options
  return {
    uri: source.uri,
    size: source.size,
    identity: source.identity,
    async read(start, end, { signal, allocate } = {}) {
      checkRange(source, start, end)
      const limit = stallMs + (end - start) / SLOWEST_BYTES_PER_MS
      return retry(
        () =>
          withinTime(limit, signal, source.uri, (inner) =>
            readExactly(source, start, end, { signal: inner, allocate }),
          ),
        { ...options, signal },
      )
    },
    close: async () => source.close?.(),
  }
}

function isTransient(error: unknown): error is VarveError {
  return isVarveError(error, 'unavailable') && error.details.permanent !== true
}

function exhausted(error: VarveError, tries: number): VarveError {
  if (tries === 1) return error
  return new VarveError(
    error.code,
    `${error.message} (tried ${tries} times)`,
    { ...error.details, tries },
    error.cause,
  )
}

/** Gives up on `work` after `ms`, and tells it so by its signal; the outer signal reaches it too. */
function withinTime<T>(
  ms: number,
  outer: AbortSignal | undefined,
  uri: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (outer?.aborted) return reject(cancelled(uri, outer))
    const controller = new AbortController()
    const giveUp = (error: VarveError): void => {
      end()
      reject(error)
      controller.abort()
    }
    const onAbort = (): void => giveUp(cancelled(uri, outer))
    outer?.addEventListener('abort', onAbort, { once: true })
    const timer = setTimeout(
      () =>
        giveUp(new VarveError('unavailable', `${uri} did not answer within ${Math.round(ms)} ms`, { uri })),
      ms,
    )
    const end = (): void => {
      clearTimeout(timer)
      outer?.removeEventListener('abort', onAbort)
    }
    work(controller.signal).then(resolve, reject).finally(end)
  })
}

/** Waits `ms`; throws `aborted` as soon as the signal says so. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer)
      reject(new VarveError('aborted', 'the operation was cancelled', {}, toVarveError(signal?.reason)))
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    if (signal?.aborted) onAbort()
    else signal?.addEventListener('abort', onAbort, { once: true })
  })
}
