import { createHash } from 'node:crypto'
import { VarveError } from '../../errors.ts'
import type { ObjectStore, PutOptions, PutResult, StoreOptions, Upload } from '../types.ts'
import type { Connection } from './connection.ts'
import { conditionally, conditions } from './put.ts'

/** S3 takes at most 10,000 parts; doubling after every thousand reaches its 5 TiB with small parts at first. */
const FIRST_PART = 8 * 1024 * 1024
const PARTS_PER_SIZE = 1000
const IN_FLIGHT = 3
/** Putting parts together takes the server long. */
const COMPLETE_IDLE_MS = 120_000

/** An upload in parts; one that fits in a single part becomes a plain put. */
export function s3Upload(
  connection: Connection,
  store: Pick<ObjectStore, 'put' | 'info'>,
  key: string,
  { signal }: StoreOptions,
): Upload {
  const target = { Bucket: connection.bucket, Key: key }
  const uri = `s3://${connection.bucket}/${key}`
  const etags: string[] = []
  const sending = new Set<Promise<void>>()
  let uploadId: Promise<string> | undefined
  let part = new Uint8Array(0)
  let filled = 0
  let parts = 0
  let over = false
  let failure: unknown

  const begin = (): Promise<string> =>
    (uploadId ??= connection.request({ op: 'PUT', uri, signal }, async (client, sdk, send) => {
      const answer = await client.send(new sdk.CreateMultipartUploadCommand(target), send)
      if (answer.UploadId === undefined)
        throw new VarveError('unsupported', `${uri}: the server began an upload without naming it`, { uri })
      return answer.UploadId
    }))

  async function sendPart(number: number, body: Uint8Array): Promise<void> {
    const UploadId = await begin()
    await connection.request({ op: 'PUT', uri, signal }, async (client, sdk, send) => {
      const input = { ...target, UploadId, PartNumber: number, Body: body }
      const answer = await client.send(new sdk.UploadPartCommand(input), send)
      etags[number - 1] = answer.ETag ?? ''
    })
  }

  async function flush(): Promise<void> {
    const number = ++parts
    const body = part.subarray(0, filled)
    part = new Uint8Array(0)
    filled = 0
    const sent = sendPart(number, body)
      .catch((error: unknown) => {
        failure ??= error
      })
      .finally(() => sending.delete(sent))
    sending.add(sent)
    if (sending.size >= IN_FLIGHT) await Promise.race(sending)
  }

  async function check(): Promise<void> {
    if (failure !== undefined) {
      await abort()
      throw failure
    }
    if (over)
      throw new VarveError('internal', `the upload of ${uri} is already completed or aborted`, { uri })
  }

  async function abort(): Promise<void> {
    if (over) return
    over = true
    await Promise.all(sending)
    const UploadId = await uploadId?.catch(() => undefined)
    if (UploadId === undefined) return
    // Without the signal: a cancelled upload must still be taken back.
    await connection.request({ op: 'DELETE', uri }, (client, sdk, send) =>
      client.send(new sdk.AbortMultipartUploadCommand({ ...target, UploadId }), send),
    )
  }

  async function finish(options: PutOptions): Promise<PutResult> {
    const UploadId = await begin()
    const list = etags.map((ETag, index) => ({ ETag, PartNumber: index + 1 }))
    const input = { ...target, UploadId, MultipartUpload: { Parts: list }, ...conditions(options) }
    const isOurs = async (): Promise<boolean> =>
      (await store.info(key, { signal }))?.identity === etagOfParts(etags)
    try {
      return await conditionally(
        connection,
        { op: 'PUT', uri, signal, idleMs: COMPLETE_IDLE_MS },
        { options, isOurs },
        (client, sdk, send) => client.send(new sdk.CompleteMultipartUploadCommand(input), send),
      )
    } catch (error) {
      // A try that arrived, but whose answer was lost, leaves no upload to complete again.
      const gone = error instanceof VarveError && error.details.name === 'NoSuchUpload'
      if (gone && (await isOurs())) return 'written'
      throw error
    }
  }

  return {
    async write(bytes) {
      await check()
      for (let at = 0; at < bytes.length; ) {
        if (part.length === 0) part = new Uint8Array(FIRST_PART * 2 ** Math.floor(parts / PARTS_PER_SIZE))
        const taken = Math.min(part.length - filled, bytes.length - at)
        part.set(bytes.subarray(at, at + taken), filled)
        filled += taken
        at += taken
        if (filled === part.length) await flush()
      }
      await check()
    },
    async complete(options = {}) {
      await check()
      if (parts === 0) {
        over = true
        return store.put(key, part.subarray(0, filled), { signal, ...options })
      }
      if (filled > 0) await flush()
      await Promise.all(sending)
      await check()
      try {
        const result = await finish(options)
        if (result === 'written') over = true
        else await abort()
        return result
      } catch (error) {
        await abort().catch(() => {})
        throw error
      }
    },
    abort,
  }
}

/** MD5 of the parts' MD5s and their number: what S3 and its kin give an object made of parts. */
function etagOfParts(etags: readonly string[]): string {
  const hash = createHash('md5')
  for (const etag of etags) hash.update(Buffer.from(etag.replaceAll('"', ''), 'hex'))
  return `${hash.digest('hex')}-${etags.length}`
}
