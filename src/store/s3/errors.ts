import { type ErrorCode, VarveError } from '../../errors.ts'

/** What a request was about, for its error. */
export interface Place {
  readonly uri: string
  /** Scheme, host and port of the server. */
  readonly server: string
  /** Of the answer, when one came. */
  readonly status: number | null
}

/** By the name S3 gives the error: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const NAMES: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  NoSuchKey: ['not-found', 'does not exist'],
  NoSuchBucket: ['not-found', 'is in a bucket that does not exist'],
  NoSuchUpload: ['not-found', 'has no such upload in progress'],
  AccessDenied: ['denied', 'is not permitted to these credentials'],
  ExpiredToken: ['denied', 'cannot be accessed: the session token has expired; renew AWS_SESSION_TOKEN'],
  ExpiredTokenException: [
    'denied',
    'cannot be accessed: the session token has expired; renew AWS_SESSION_TOKEN',
  ],
  InvalidToken: ['denied', 'cannot be accessed: the server does not know the session token'],
  InvalidTokenId: ['denied', 'cannot be accessed: the server does not know the session token'],
  InvalidAccessKeyId: ['denied', 'cannot be accessed: the server does not know the access key'],
  SignatureDoesNotMatch: ['denied', 'cannot be accessed: the secret key does not fit the access key'],
  RequestTimeTooSkewed: [
    'unavailable',
    "cannot be accessed: this machine's clock and the server's differ too much",
  ],
  CredentialsProviderError: [
    'denied',
    'needs credentials, and none were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or S3_ACCESS_KEY and S3_SECRET_KEY), or AWS_PROFILE',
  ],
  InvalidObjectState: ['denied', 'is archived and must be restored first'],
  PreconditionFailed: ['stale', 'was overwritten'],
  ConditionalRequestConflict: ['unavailable', 'is being written by another client'],
  EntityTooLarge: ['invalid-input', 'would be larger than the server accepts'],
  KeyTooLongError: ['invalid-input', 'has a name longer than S3 allows (1024 bytes)'],
  InvalidBucketName: ['invalid-input', 'is in a bucket with an invalid name'],
  NotImplemented: ['unsupported', 'needs something that the server does not implement'],
}

const STATUSES: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  400: ['invalid-input', 'was refused as a bad request (often expired or foreign credentials)'],
  401: ['denied', 'is not permitted to these credentials'],
  403: ['denied', 'is not permitted to these credentials'],
  404: ['not-found', 'does not exist'],
  408: ['unavailable', 'timed out'],
  409: ['conflict', 'is in conflict with another operation'],
  412: ['stale', 'was overwritten'],
  416: ['stale', 'is shorter than it was'],
  429: ['unavailable', 'is refused for now: too many requests'],
  501: ['unsupported', 'needs something that the server does not implement'],
}

const NETWORK: Readonly<Record<string, readonly [string, 'passing' | 'permanent']>> = {
  ECONNREFUSED: ['nothing listens there', 'passing'],
  ENOTFOUND: ['that name is unknown to DNS', 'permanent'],
  EAI_AGAIN: ['DNS did not answer', 'passing'],
  ECONNRESET: ['the connection was reset', 'passing'],
  EPIPE: ['the connection was closed', 'passing'],
  ETIMEDOUT: ['connecting timed out', 'passing'],
  EHOSTUNREACH: ['there is no route to it', 'passing'],
  ENETUNREACH: ['there is no network', 'passing'],
  EPROTO: ['it does not speak TLS; an http server needs http:// in the endpoint', 'permanent'],
  ERR_SSL_WRONG_VERSION_NUMBER: [
    'it does not speak TLS; an http server needs http:// in the endpoint',
    'permanent',
  ],
  ERR_SSL_PACKET_LENGTH_TOO_LONG: [
    'it does not speak TLS; an http server needs http:// in the endpoint',
    'permanent',
  ],
  HPE_INVALID_CONSTANT: ['it does not speak HTTP; a TLS server needs https:// in the endpoint', 'permanent'],
}

/** Whatever a request threw, as a VarveError that names the URI and never a credential. */
export function s3Error(error: unknown, place: Place): VarveError {
  if (error instanceof VarveError) return error
  const { uri, server } = place
  const thrown = error as Error & { code?: string; $metadata?: { httpStatusCode?: number } }
  if (thrown.name === 'AbortError')
    return new VarveError('aborted', `the request for ${uri} was cancelled`, { uri })
  const status = place.status ?? thrown.$metadata?.httpStatusCode ?? null
  const network = networkReason(thrown)
  if (network !== undefined) {
    const [reason, kind] = network
    const details = { uri, server, errno: thrown.code, permanent: kind === 'permanent' }
    return new VarveError(
      'unavailable',
      `${uri} cannot be reached at ${server}: ${reason}`,
      details,
      bare(thrown),
    )
  }
  if (thrown.message === 'Region is missing')
    return new VarveError('invalid-input', `${uri} needs AWS_REGION, which is not set`, {
      uri,
      setting: 'AWS_REGION',
    })
  const [code, reason] = NAMES[thrown.name] ?? byStatus(status)
  const said = status === null ? thrown.name : `${thrown.name}, HTTP ${status}`
  const plain = code === 'internal' ? `: ${thrown.message}` : ''
  return new VarveError(
    code,
    `${uri} ${reason} (${said} from ${server})${plain}`,
    { uri, server, status, name: thrown.name },
    bare(thrown),
  )
}

function byStatus(status: number | null): readonly [ErrorCode, string] {
  if (status !== null && STATUSES[status] !== undefined) return STATUSES[status]
  if (status !== null && status >= 500) return ['unavailable', 'cannot be served just now']
  // A web page, a proxy's greeting: an answer that the SDK could not read.
  if (status !== null) return ['unsupported', 'got an answer that no S3 server gives']
  return ['internal', 'failed']
}

function networkReason({
  code,
  message,
}: {
  code?: string
  message: string
}): (typeof NETWORK)[string] | undefined {
  if (code === undefined) return undefined
  if (NETWORK[code] !== undefined) return NETWORK[code]
  if (/^(HPE_|E[A-Z]+$)/.test(code)) return [message, 'passing']
  if (/^(CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|ERR_TLS|ERR_SSL)/.test(code)) return [message, 'permanent']
  return undefined
}

/** The SDK's errors carry headers and access key ids; a cause that may be printed has neither. */
function bare(error: Error): Error {
  const cause = new Error(error.message)
  cause.name = error.name
  return cause
}
