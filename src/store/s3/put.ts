import type { PutObjectCommand } from '@aws-sdk/client-s3'
import { retry } from '../../bytes/retry.ts'
import { isVarveError } from '../../errors.ts'
import type { PutOptions, PutResult } from '../types.ts'
import type { Connection, RequestOptions, Step } from './connection.ts'
import type { SignedRequest } from './http.ts'
import { asETag } from './source.ts'

/** What of a conditional write's errors means that the race is lost. */
export interface Conditional {
  readonly options: PutOptions
  /** Whether what stands under the key now is what we wrote; asked when an earlier try may have arrived. */
  readonly isOurs: () => Promise<boolean>
}

/**
 * Sends a write until its outcome is known. A try whose answer was lost may have won: when the next one then finds
 * the key taken, the object is read back, and our own bytes under the key count as written.
 */
export async function conditionally(
  connection: Connection,
  request: RequestOptions,
  { options, isOurs }: Conditional,
  step: Step<unknown>,
): Promise<PutResult> {
  const isConditional = options.ifNoneMatch !== undefined || options.ifMatch !== undefined
  let mayHaveArrived = false
  // 409 says "try again", and many writers of one key may have to do so often.
  const attempts = isConditional && connection.retry.attempts === undefined ? 12 : connection.retry.attempts
  return retry(
    async () => {
      try {
        await connection.command(request, step)
        return 'written'
      } catch (error) {
        if (!isVarveError(error)) throw error
        if (isConditional && lostRace(error.details, options)) {
          if (mayHaveArrived && (await isOurs())) return 'written'
          return options.ifNoneMatch === undefined ? 'changed' : 'exists'
        }
        if (error.code === 'unavailable' && error.details.status !== 409) mayHaveArrived = true
        throw error
      }
    },
    { ...connection.retry, attempts, signal: request.signal },
  )
}

function lostRace({ status, name }: Readonly<Record<string, unknown>>, options: PutOptions): boolean {
  // Replacing what is gone answers 404.
  return status === 412 || (options.ifMatch !== undefined && status === 404 && name !== 'NoSuchBucket')
}

/** The headers of a conditional write. */
export function conditions({ ifNoneMatch, ifMatch }: PutOptions): { IfNoneMatch?: string; IfMatch?: string } {
  return {
    ...(ifNoneMatch === undefined ? {} : { IfNoneMatch: ifNoneMatch }),
    ...(ifMatch === undefined ? {} : { IfMatch: asETag(ifMatch) }),
  }
}

/** Signs a body with a hash that is known, a millisecond for each MiB that the SDK need not hash, on the main thread. */
export function knowHash(command: PutObjectCommand, sha256: string): void {
  command.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as SignedRequest
      const headers = { ...request.headers, 'x-amz-content-sha256': sha256 }
      return next({ ...args, request: Object.assign(request, { headers }) })
    },
    { step: 'build', name: 'varveKnownHash' },
  )
}
