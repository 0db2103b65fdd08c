import { retry } from '../../bytes/index.ts'
import { readExactly } from '../../bytes/range.ts'
import type { ByteSource, ReadOptions } from '../../bytes/types.ts'
import { VarveError } from '../../errors.ts'

/** A reader that waits for a dead endpoint gets its error within a minute, and one that returned is noticed soon. */
const DEADLINE_MS = 55_000
const MAX_PAUSE_MS = 2000

/** Exactly [start, end), tried again for most of a minute while the source is `unavailable`. */
export async function fetchRange(
  source: ByteSource,
  start: number,
  end: number,
  { signal, allocate }: ReadOptions & { readonly signal: AbortSignal },
  deadlineMs: number = DEADLINE_MS,
): Promise<Uint8Array> {
  const controller = new AbortController()
  const onAbort = (): void => controller.abort(signal.reason)
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  let late = false
  const timer = setTimeout(() => {
    late = true
    controller.abort()
  }, deadlineMs)
  try {
    return await retry(() => readExactly(source, start, end, { signal: controller.signal, allocate }), {
      attempts: Number.POSITIVE_INFINITY,
      maxPauseMs: MAX_PAUSE_MS,
      budgetMs: deadlineMs,
      signal: controller.signal,
    })
  } catch (error) {
    if (!late) throw error
    const message = `${source.uri} did not give [${start}, ${end}) within ${deadlineMs / 1000} s`
    throw new VarveError('unavailable', message, { uri: source.uri, start, end }, error)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }
}
