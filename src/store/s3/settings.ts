import { VarveError } from '../../errors.ts'

export interface S3Settings {
  /** Undefined: AWS itself. */
  readonly endpoint: URL | undefined
  readonly pathStyle: boolean
  /** Undefined: what the SDK's own chain finds (profiles). */
  readonly region: string | undefined
  /** Undefined: the standard credential chain. */
  readonly keys:
    | { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string }
    | undefined
}

type Env = Readonly<Record<string, string | undefined>>

const ENDPOINTS = ['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL', 'S3_ENDPOINT'] as const

/**
 * Settings from the environment. Two families of names are known, `AWS_*` and `S3_*`; the one that gives the
 * endpoint goes first for keys and region too, so that a key is never sent to the other one's server by accident.
 */
export function s3Settings(env: Env): S3Settings {
  const from = ENDPOINTS.find((name) => isSet(env[name]))
  const endpoint = from === undefined ? undefined : parseEndpoint(from, env[from] as string)
  const first = from === 'S3_ENDPOINT' ? 'S3' : 'AWS'
  const keys = first === 'S3' ? (s3Keys(env) ?? awsKeys(env)) : (awsKeys(env) ?? s3Keys(env))
  const awsRegion = env.AWS_REGION || env.AWS_DEFAULT_REGION
  const region = (first === 'S3' ? env.S3_REGION || awsRegion : awsRegion || env.S3_REGION) || undefined
  const pathStyle = endpoint !== undefined && !isAws(endpoint.hostname)
  // Servers that are not AWS mostly ignore the region, but a signature needs one.
  return { endpoint, pathStyle, region: region ?? (pathStyle ? 'us-east-1' : undefined), keys }
}

/** `localhost:9000` is http, `minio.example.org` https; anything else must say. */
export function parseEndpoint(name: string, text: string): URL {
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
  const bare = text.replace(/^\/\//, '')
  let url: URL
  try {
    url = new URL(hasScheme ? text : `https://${bare}`)
  } catch (error) {
    throw new VarveError(
      'invalid-input',
      `${name} is no URL, expected https://host[:port]`,
      { setting: name },
      error,
    )
  }
  if (!hasScheme && isLoopback(url.hostname)) url = new URL(`http://${bare}`)
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new VarveError(
      'invalid-input',
      `${name} begins with ${url.protocol}//, expected http:// or https://`,
      {
        setting: name,
      },
    )
  if (url.username !== '' || url.password !== '')
    throw new VarveError(
      'invalid-input',
      `${name} contains credentials; put them in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`,
      {
        setting: name,
      },
    )
  return url
}

function awsKeys(env: Env): S3Settings['keys'] {
  const pair = keyPair(env, 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY')
  if (pair === undefined || !isSet(env.AWS_SESSION_TOKEN)) return pair
  return { ...pair, sessionToken: env.AWS_SESSION_TOKEN as string }
}

function s3Keys(env: Env): S3Settings['keys'] {
  return keyPair(env, 'S3_ACCESS_KEY', 'S3_SECRET_KEY')
}

function keyPair(env: Env, idName: string, secretName: string): S3Settings['keys'] {
  const [accessKeyId, secretAccessKey] = [env[idName], env[secretName]]
  if (!isSet(accessKeyId) && !isSet(secretAccessKey)) return undefined
  const missing = isSet(accessKeyId) ? secretName : idName
  if (!isSet(accessKeyId) || !isSet(secretAccessKey))
    throw new VarveError('invalid-input', `${missing} is not set, but its partner is; both are needed`, {
      setting: missing,
    })
  return { accessKeyId, secretAccessKey }
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== ''
}

function isLoopback(host: string): boolean {
  return (
    host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127(\.\d+){3}$/.test(host)
  )
}

function isAws(host: string): boolean {
  return /(^|\.)(amazonaws\.com(\.cn)?|api\.aws)$/.test(host)
}
