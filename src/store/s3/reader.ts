import type { Connection } from './connection.ts'
import type { SignedRequest, Sink } from './http.ts'
import { presignedRequest } from './presign.ts'

/** Objects whose signed URLs are kept for the next time that they are opened. */
const MOST_SIGNED = 1024
/** A signature is valid longer than it is used, so that slow requests and clocks that differ a little do not matter. */
const VALID_SECONDS = 900
const USED_MS = 60_000

export interface GetOptions {
  readonly sink: Sink
  /** `first-last`, inclusive; the whole object without. */
  readonly range?: string | undefined
  /** An ETag as the header wants it. */
  readonly ifMatch?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** Sends one GET for an object; the body goes to the sink. */
export type Getter = (options: GetOptions) => Promise<void>

/**
 * GETs of one object, by a URL signed once a minute instead of through the SDK each time, which costs more than a
 * millisecond per request: as much as a small read itself.
 *
 * What a signed URL may be refused for (a policy against them, an expired session, another region, a wrong clock)
 * goes to the SDK, whose answer counts; where that one succeeds, it is asked from then on.
 */
export function objectGetter(connection: Connection, key: string): Getter {
  const uri = `s3://${connection.bucket}/${key}`
  const { signed } = connection

  function signedRequest(): Promise<SignedRequest> {
    const now = performance.now()
    const known = signed.get(key)
    if (known !== undefined && now - known.at <= USED_MS) return known.request
    const request = presignedRequest(connection, key, VALID_SECONDS)
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

  return async ({ sink, range, ifMatch, signal }) => {
    const options = { op: 'GET', uri, range, sink, signal } as const
    const refused = connection.urlsWork && !(await bySignedUrl())
    if (connection.urlsWork && !refused) return
    const Range = range === undefined ? undefined : `bytes=${range}`
    const input = { Bucket: connection.bucket, Key: key, Range, IfMatch: ifMatch }
    await connection.once(options, (client, sdk, send) => client.send(new sdk.GetObjectCommand(input), send))
    connection.urlsWork = false

    async function bySignedUrl(): Promise<boolean> {
      const request = await signedRequest()
      const headers = { ...request.headers }
      if (range !== undefined) headers.range = `bytes=${range}`
      if (ifMatch !== undefined) headers['if-match'] = ifMatch
      return connection.once(options, async (_client, _sdk, send) => {
        const handler = await connection.handler()
        const { response } = await handler.handle({ ...request, headers }, send)
        const { statusCode } = response
        if (statusCode === 200 || statusCode === 206) return true
        signed.delete(key)
        if ([301, 307, 400, 401, 403].includes(statusCode)) return false
        throw answerError(await response.body.toArray())
      })
    }
  }
}

/** An error answer's body as the error that the SDK would make of it. */
function answerError(chunks: unknown[]): Error {
  const text = Buffer.concat(chunks as Buffer[]).toString()
  const error = new Error(/<Message>([^<]*)<\/Message>/.exec(text)?.[1] ?? 'no message')
  error.name = /<Code>([^<]*)<\/Code>/.exec(text)?.[1] ?? 'UnknownError'
  return error
}
