import { allocate } from '../../bytes/range.ts'
import { retry } from '../../bytes/retry.ts'
import { isVarveError, VarveError } from '../../errors.ts'
import { loadDotEnv } from '../env.ts'
import { checkKey } from '../keys.ts'
import type { ObjectInfo, ObjectStore, PutOptions, PutResult } from '../types.ts'
import { Connection, type ConnectionOptions } from './connection.ts'
import type { Sink } from './http.ts'
import { listBucket } from './list.ts'
import { presignGet } from './presign.ts'
import { conditionally, conditions, knowHash } from './put.ts'
import { objectGetter } from './reader.ts'
import { s3Settings } from './settings.ts'
import { signedGet } from './signed.ts'
import { identityOf, openS3, s3Source } from './source.ts'
import { s3Upload } from './upload.ts'

export interface S3Options extends ConnectionOptions {
  readonly cwd?: string | undefined
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
}

/** A bucket as a store; settings are read now, the first request is made by whoever needs one. */
export function s3Store(bucket: string, options: S3Options = {}): ObjectStore {
  if (options.env === undefined) loadDotEnv(options.cwd)
  const connection = new Connection(bucket, s3Settings(options.env ?? process.env), options)
  const url = `s3://${bucket}/`
  const uriOf = (key: string): string => {
    checkKey(url, key)
    return url + key
  }

  async function info(key: string, signal: AbortSignal | undefined): Promise<ObjectInfo | undefined> {
    const uri = uriOf(key)
    const input = { Bucket: bucket, Key: key }
    return orMissing(async () => {
      const facts = await connection.request({ op: 'HEAD', uri, signal }, (client, sdk, send) =>
        client.send(new sdk.HeadObjectCommand(input), send),
      )
      const { ContentLength: size, ETag, LastModified } = facts
      if (size === undefined)
        throw new VarveError('unsupported', `${uri} came without a Content-Length`, { uri })
      return { key, size, identity: identityOf(uri, ETag), modified: LastModified?.getTime() ?? 0 }
    })
  }

  async function get(
    key: string,
    signal?: AbortSignal,
  ): Promise<{ bytes: Uint8Array; identity: string } | undefined> {
    const uri = uriOf(key)
    let found: { bytes: Uint8Array; identity: string } | undefined
    const sink: Sink = {
      accept(_status, headers) {
        const size = Number(headers['content-length'] ?? Number.NaN)
        if (Number.isNaN(size))
          throw new VarveError('unsupported', `${uri} came without a Content-Length`, { uri })
        found = { bytes: allocate(size), identity: identityOf(uri, headers.etag) }
        return found.bytes
      },
    }
    return orMissing(async () => {
      const send = objectGetter(connection, key)
      await retry(() => send({ sink, signal }), { ...connection.retry, signal })
      return found
    })
  }

  async function put(key: string, body: Uint8Array, putOptions: PutOptions = {}): Promise<PutResult> {
    const { contentType, sha256, signal } = putOptions
    const uri = uriOf(key)
    const input = {
      Bucket: bucket,
      Key: key,
      Body: body,
      ContentType: contentType ?? 'application/octet-stream',
      ...conditions(putOptions),
    }
    const isOurs = async (): Promise<boolean> => {
      const now = await get(key, signal)
      return now !== undefined && Buffer.compare(now.bytes, body) === 0
    }
    return conditionally(
      connection,
      { op: 'PUT', uri, signal },
      { options: putOptions, isOurs },
      async (client, sdk, send) => {
        const command = new sdk.PutObjectCommand(input)
        if (sha256 !== undefined) knowHash(command, sha256)
        identityOf(uri, (await client.send(command, send)).ETag)
      },
    )
  }

  return {
    url,
    put,
    open: (key, openOptions = {}) => {
      uriOf(key)
      return openS3(connection, key, openOptions, info)
    },
    attach(key, size, identity) {
      uriOf(key)
      return s3Source(connection, key, size, identity)
    },
    info: (key, { signal } = {}) => info(key, signal),
    get: (key, { signal } = {}) => get(key, signal),
    list: (prefix, listOptions = {}) => listBucket(connection, prefix, listOptions),
    async delete(key, { signal } = {}) {
      const uri = uriOf(key)
      await orMissing(() =>
        connection.request({ op: 'DELETE', uri, signal }, (client, sdk, send) =>
          client.send(new sdk.DeleteObjectCommand({ Bucket: bucket, Key: key }), send),
        ),
      )
    },
    async copy(from, to, { signal } = {}) {
      const [source, uri] = [uriOf(from), uriOf(to)]
      const CopySource = `${bucket}/${from.split('/').map(encodeURIComponent).join('/')}`
      try {
        await connection.request({ op: 'COPY', uri, signal, idleMs: 120_000 }, async (client, sdk, send) => {
          const command = new sdk.CopyObjectCommand({ Bucket: bucket, Key: to, CopySource })
          identityOf(uri, (await client.send(command, send)).CopyObjectResult?.ETag)
        })
      } catch (error) {
        if (isVarveError(error, 'not-found') && error.details.name !== 'NoSuchBucket')
          throw new VarveError('not-found', `${source} does not exist`, { uri: source }, error)
        throw error
      }
    },
    presign: async (key, seconds) => {
      uriOf(key)
      return presignGet(connection, key, seconds)
    },
    signedGet: async (key) => {
      uriOf(key)
      return signedGet(connection, key)
    },
    async upload(key, { signal } = {}) {
      uriOf(key)
      return s3Upload(connection, { put, info: (k) => info(k, signal) }, key, { signal })
    },
    // What goes wrong is told by the first request.
    prepare: () => void connection.client().catch(() => undefined),
    close: () => connection.close(),
  }
}

async function orMissing<T>(step: () => Promise<T>): Promise<T | undefined> {
  try {
    return await step()
  } catch (error) {
    if (isVarveError(error, 'not-found')) return undefined
    throw error
  }
}
