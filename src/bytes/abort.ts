import { VarveError } from '../errors.ts'

/** `work`, or `aborted` as soon as the signal says so; for work that somebody else's signal governs. */
export async function unlessAborted<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
  uri: string,
): Promise<T> {
  if (signal === undefined) return work
  let stop: () => void = () => {}
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(cancelled(uri, signal))
  })
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([aborted, work])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** The error of a read that its caller no longer wants. */
export function cancelled(uri: string, signal?: AbortSignal): VarveError {
  return new VarveError('aborted', `reading ${uri} was cancelled`, { uri }, signal?.reason)
}
