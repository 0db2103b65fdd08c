import type { IncomingHttpHeaders } from 'node:http'
import { withHead } from '../../bytes/head.ts'
import { allocate, checkRange } from '../../bytes/range.ts'
import { retry, withRetry } from '../../bytes/retry.ts'
import type { ByteSource } from '../../bytes/types.ts'
import { isVarveError, VarveError } from '../../errors.ts'
import { rangeText } from '../trace.ts'
import type { ObjectInfo, OpenOptions } from '../types.ts'
import type { Connection } from './connection.ts'
import type { Sink } from './http.ts'
import { type Getter, objectGetter } from './reader.ts'

/** An object as a source: each read is one ranged GET that holds only for this identity. */
export function s3Source(
  connection: Connection,
  key: string,
  size: number,
  identity: string,
  get: Getter = objectGetter(connection, key),
): ByteSource {
  const uri = `s3://${connection.bucket}/${key}`
  const bare: ByteSource = {
    uri,
    size,
    identity,
    async read(start, end, options = {}) {
      checkRange({ uri, size }, start, end)
      if (start === end) return new Uint8Array(0)
      let bytes: Uint8Array | undefined
      const sink: Sink = {
        accept(status, headers) {
          checkAnswer(uri, { start, end, size, identity }, status, headers)
          return (bytes = allocate(end - start, options))
        },
      }
      await get({ sink, range: rangeText(start, end), ifMatch: asETag(identity), signal: options.signal })
      return bytes as Uint8Array
    },
  }
  return withRetry(bare, connection.retry)
}

/** Size, identity and first bytes in one request; undefined when there is no such object or bucket. */
export async function openS3(
  connection: Connection,
  key: string,
  { head = 0, signal }: OpenOptions,
  info: (key: string, signal: AbortSignal | undefined) => Promise<ObjectInfo | undefined>,
): Promise<ByteSource | undefined> {
  const uri = `s3://${connection.bucket}/${key}`
  const byInfo = async (): Promise<ByteSource | undefined> => {
    const facts = await info(key, signal)
    return facts === undefined ? undefined : s3Source(connection, key, facts.size, facts.identity)
  }
  if (head <= 0) return byInfo()
  let first: { bytes: Uint8Array; size: number; identity: string } | undefined
  const sink: Sink = {
    accept(status, headers) {
      const { length, size } = headFacts(uri, head, status, headers)
      first = { bytes: allocate(length), size, identity: identityOf(uri, headers.etag) }
      return first.bytes
    },
  }
  const get = objectGetter(connection, key)
  try {
    await retry(() => get({ sink, range: rangeText(0, head), signal }), { ...connection.retry, signal })
  } catch (error) {
    if (isVarveError(error, 'not-found')) return undefined
    // An empty object has no first byte.
    if (isVarveError(error) && error.details.status === 416) return byInfo()
    throw error
  }
  if (first === undefined) return undefined
  return withHead(s3Source(connection, key, first.size, first.identity, get), first.bytes)
}

/** An ETag without its quotes; a weak one stays as it is. Throws `unsupported` when there is none. */
export function identityOf(uri: string, etag: string | undefined): string {
  if (etag === undefined || etag === '')
    throw new VarveError(
      'unsupported',
      `${uri} came without an ETag, which varve needs to know its bytes by`,
      { uri },
    )
  return etag.replace(/^"(.*)"$/, '$1')
}

export function asETag(identity: string): string {
  return identity.startsWith('W/') ? identity : `"${identity}"`
}

function headFacts(
  uri: string,
  head: number,
  status: number,
  headers: IncomingHttpHeaders,
): { length: number; size: number } {
  if (status === 206) {
    const range = contentRange(headers)
    if (range?.first !== 0 || range.size === undefined || range.last >= Math.min(head, range.size))
      throw wrongRange(uri, `0-${head - 1}`, headers)
    return { length: range.last + 1, size: range.size }
  }
  const size = Number(headers['content-length'] ?? Number.NaN)
  if (!(size <= head)) throw wholeInstead(uri, `0-${head - 1}`)
  return { length: size, size }
}

function checkAnswer(
  uri: string,
  wanted: { start: number; end: number; size: number; identity: string },
  status: number,
  headers: IncomingHttpHeaders,
): void {
  const { start, end, size, identity } = wanted
  const asked = rangeText(start, end)
  // Servers that do not know If-Match on GET answer all the same; their ETag tells.
  if (headers.etag !== undefined && identityOf(uri, headers.etag) !== identity) {
    const actual = identityOf(uri, headers.etag)
    throw new VarveError('stale', `${uri} was overwritten: it is ${actual}, expected ${identity}`, {
      uri,
      expected: identity,
      actual,
    })
  }
  if (status === 206) {
    const range = contentRange(headers)
    if (range?.first !== start || range.last !== end - 1 || (range.size ?? size) !== size)
      throw wrongRange(uri, asked, headers)
    return
  }
  // RFC 9110 §14.2 lets a server ignore Range; only for the whole object is that the same answer.
  if (start !== 0 || end !== size) throw wholeInstead(uri, asked)
}

function contentRange(
  headers: IncomingHttpHeaders,
): { first: number; last: number; size?: number } | undefined {
  const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers['content-range'] ?? '')
  if (match === null) return undefined
  const [first, last] = [Number(match[1]), Number(match[2])]
  return match[3] === '*' ? { first, last } : { first, last, size: Number(match[3]) }
}

function wrongRange(uri: string, asked: string, headers: IncomingHttpHeaders): VarveError {
  const actual = headers['content-range'] ?? 'no range'
  return new VarveError('unavailable', `${uri} answered with ${actual}, expected bytes ${asked}`, {
    uri,
    range: asked,
    actual,
  })
}

function wholeInstead(uri: string, asked: string): VarveError {
  return new VarveError(
    'unsupported',
    `${uri} answered 200 with the whole object, expected 206 with bytes ${asked}: the server ignores Range`,
    { uri, range: asked, status: 200 },
  )
}
