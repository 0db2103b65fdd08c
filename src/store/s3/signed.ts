import type { SignedGet } from '../types.ts'
import type { Connection } from './connection.ts'
import { presignedRequest } from './presign.ts'

/** Objects whose signed URLs are kept for the next time that they are opened. */
const MOST_SIGNED = 1024
/** A signature is valid longer than it is used, so that slow requests and clocks that differ a little do not matter. */
const VALID_SECONDS = 900
const USED_MS = 60_000

/** A GET of an object, signed within the last minutes: by the thread that signs for this one, or else here. */
export function signedGet(connection: Connection, key: string): Promise<SignedGet> {
  const { signed } = connection
  const now = performance.now()
  const known = signed.get(key)
  if (known !== undefined && now - known.at <= USED_MS) return known.request
  const request = sign(connection, key)
  request.catch(() => signed.delete(key))
  // The one that was signed first is the first to be worth nothing.
  signed.delete(key)
  signed.set(key, { request, at: now })
  for (const [oldest] of signed) {
    if (signed.size <= MOST_SIGNED) break
    signed.delete(oldest)
  }
  return request
}

async function sign(connection: Connection, key: string): Promise<SignedGet> {
  const lent = await connection.signer?.(`s3://${connection.bucket}/${key}`)
  return lent ?? presignedRequest(connection, key, VALID_SECONDS)
}
