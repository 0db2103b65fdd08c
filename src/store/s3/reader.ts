import type { Connection } from './connection.ts'
import type { Sink } from './http.ts'
import { signedGet } from './signed.ts'

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

  return async ({ sink, range, ifMatch, signal }) => {
    const options = { op: 'GET', uri, range, sink, signal } as const
    const refused = connection.urlsWork && !(await bySignedUrl())
    if (connection.urlsWork && !refused) return
    const Range = range === undefined ? undefined : `bytes=${range}`
    const input = { Bucket: connection.bucket, Key: key, Range, IfMatch: ifMatch }
    await connection.command(options, (client, sdk, send) =>
      client.send(new sdk.GetObjectCommand(input), send),
    )
    connection.urlsWork = false

    async function bySignedUrl(): Promise<boolean> {
      const request = await signedGet(connection, key)
      const headers: Record<string, string> = { ...request.headers }
      if (range !== undefined) headers.range = `bytes=${range}`
      if (ifMatch !== undefined) headers['if-match'] = ifMatch
      return connection.once(options, async (send) => {
        const handler = await connection.handler()
        const { response } = await handler.handle({ ...request, headers }, send)
        const { statusCode } = response
        if (statusCode === 200 || statusCode === 206) return true
        connection.signed.delete(key)
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
