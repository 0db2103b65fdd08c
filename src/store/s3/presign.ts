import { VarveError } from '../../errors.ts'
import type { SignedGet } from '../types.ts'
import type { Connection } from './connection.ts'
import type { SignedRequest } from './http.ts'
import { queryText } from './query.ts'

/** S3's own limit: a week. */
const LONGEST_SECONDS = 7 * 24 * 3600

interface Signer {
  presign(request: SignedRequest, options: { expiresIn: number }): Promise<SignedRequest>
}

/** A URL that reads an object for `seconds` without credentials; no request is made. */
export async function presignGet(connection: Connection, key: string, seconds: number): Promise<string> {
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > LONGEST_SECONDS) {
    const message = `a URL for ${seconds} seconds: expected 1 to ${LONGEST_SECONDS}`
    throw new VarveError('invalid-input', message, { uri: `s3://${connection.bucket}/${key}` })
  }
  const { protocol, headers, path } = await presignedRequest(connection, key, seconds)
  return `${protocol}//${headers.host}${path}`
}

/**
 * The same as a request whose only signed header is `host`, so that Range and If-Match may be added to it.
 *
 * The SDK's presigner is one more package for what its signer does already: the command is built as ever, taken
 * before it is signed, and signed in the query instead.
 */
export async function presignedRequest(
  connection: Connection,
  key: string,
  seconds: number,
): Promise<SignedGet> {
  const uri = `s3://${connection.bucket}/${key}`
  return connection.command({ op: 'GET', uri }, async (client, sdk) => {
    const command = new sdk.GetObjectCommand({ Bucket: connection.bucket, Key: key })
    let built: SignedRequest | undefined
    command.middlewareStack.add(
      (next) => async (args) => {
        built = args.request as SignedRequest
        return next(args)
      },
      { step: 'build', priority: 'low', name: 'varveCapture' },
    )
    // Nothing is sent: what comes after the capture ends here.
    command.middlewareStack.add(() => async () => ({ response: {}, output: { $metadata: {} } }), {
      step: 'finalizeRequest',
      priority: 'high',
      name: 'varveStop',
    })
    await client.send(command)
    if (built === undefined) throw new VarveError('internal', `${uri} could not be presigned`, { uri })
    const { hostname, port } = built
    const headers = { host: port === undefined ? hostname : `${hostname}:${port}` }
    const signer = await (client.config.signer as unknown as () => Promise<Signer>)()
    // Without this header the signature would cover the hash of an empty body, which the sent request must repeat.
    const unsigned = { ...built, headers: { ...headers, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } }
    const signed = await signer.presign(unsigned, { expiresIn: seconds })
    const { protocol, path, query } = signed
    return { method: 'GET', protocol, hostname, port, path: path + queryText(query), headers }
  })
}
