/**
 * The one error class of varve, and the one table from its codes to HTTP status, errno and exit code.
 *
 * Codes are grouped by what a handler would do about them, and are only ever added.
 */

interface CodeFacts {
  readonly http: number
  readonly errno: string
  readonly exit: number
  readonly retryable?: true
}

export const CODES = {
  internal: { http: 500, errno: 'EIO', exit: 1 },
  'not-found': { http: 404, errno: 'ENOENT', exit: 10 },
  'invalid-input': { http: 400, errno: 'EINVAL', exit: 11 },
  'invalid-data': { http: 422, errno: 'EIO', exit: 12 },
  unsupported: { http: 501, errno: 'ENOTSUP', exit: 13 },
  conflict: { http: 409, errno: 'EBUSY', exit: 14 },
  stale: { http: 409, errno: 'ESTALE', exit: 15 },
  denied: { http: 403, errno: 'EACCES', exit: 16 },
  'read-only': { http: 405, errno: 'EROFS', exit: 17 },
  unavailable: { http: 503, errno: 'EAGAIN', exit: 18, retryable: true },
  aborted: { http: 499, errno: 'EINTR', exit: 19 },
} as const satisfies Record<string, CodeFacts>

export type ErrorCode = keyof typeof CODES

export type ErrorDetails = Readonly<Record<string, unknown>>

/**
 * An expected failure: `message` names subject, actual, expected and place.
 *
 * @example throw new VarveError('not-found', `${uri} does not exist`, { uri })
 */
export class VarveError extends Error {
  override readonly name = 'VarveError'

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: ErrorDetails = {},
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause })
  }
}

/** Whether `error` is a VarveError, with one of `codes` when any are given. */
export function isVarveError(error: unknown, ...codes: readonly ErrorCode[]): error is VarveError {
  return error instanceof VarveError && (codes.length === 0 || codes.includes(error.code))
}

/** Any thrown value as a VarveError: ours as it is, an abort as `aborted`, the rest as `internal`. */
export function toVarveError(error: unknown): VarveError {
  if (error instanceof VarveError) return error
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof Error && error.name === 'AbortError')
    return new VarveError('aborted', message, {}, error)
  return new VarveError('internal', message, {}, error)
}

/** An error as a plain value that crosses threads, sockets and `--json`; without its cause. */
export interface ErrorJson {
  readonly code: ErrorCode
  readonly message: string
  readonly details: ErrorDetails
}

export function errorToJson(error: unknown): ErrorJson {
  const { code, message, details } = toVarveError(error)
  return { code, message, details }
}

export function errorFromJson({ code, message, details }: ErrorJson): VarveError {
  return new VarveError(code, message, details)
}

/** Throws `aborted` when the signal says so; called between steps that do not look at it themselves. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new VarveError('aborted', 'the operation was cancelled')
}
