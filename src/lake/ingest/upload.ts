/** Sending files to the lake, each under the hash of its bytes: `objects/<aa>/<sha256>`. */

import { createHash } from 'node:crypto'
import { readExactly } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/types.ts'
import { isVarveError, throwIfAborted, VarveError } from '../../errors.ts'
import type { ObjectStore } from '../../store/index.ts'
import { objectKey } from '../layout.ts'
import { makeGate } from '../work/gate.ts'

export { mapInOrder } from '../work/in-order.ts'

export interface UploadOptions {
  readonly signal?: AbortSignal | undefined
  /** Told of bytes that are done with, sent or found to be there; together the size of the source. */
  readonly onBytes?: ((bytes: number) => void) | undefined
  /**
   * An object that is older than this is sent again although it is there: the garbage collector may be about to take it,
   * and goes by age. Default a day, in ms.
   */
  readonly refreshAfterMs?: number | undefined
  /** Milliseconds since 1970; tests turn it. */
  readonly now?: (() => number) | undefined
}

export interface UploadOutcome {
  readonly sha256: string
  readonly bytes: number
  /** False: the lake had these bytes already. */
  readonly transferred: boolean
}

const DAY_MS = 24 * 3600_000
/** Up to here a file is read once and sent with one request; larger ones pass through in chunks, twice. */
const SMALL_BYTES = 8 * 1024 * 1024
const CHUNK_BYTES = 4 * 1024 * 1024
/** A large upload has parts of its own in flight; more of them would only take more memory. */
const atMostThree = makeGate(3)

/**
 * Brings the bytes of `source` into the lake that `target` is, unless they are there. `stale` when they change
 * meanwhile: nothing is ever left under a hash that is not theirs. What fails on the lake's side, and so would for the
 * next file, has `scope: 'lake'` in its details.
 */
export async function uploadObject(
  target: ObjectStore,
  source: ByteSource,
  options: UploadOptions = {},
): Promise<UploadOutcome> {
  const { signal } = options
  throwIfAborted(signal)
  const bytes = source.size
  if (bytes <= SMALL_BYTES) {
    const body = await readExactly(source, 0, bytes, { signal })
    // In a thread of webcrypto's the same would cost more: it copies what it hashes, which takes as long.
    const sha256 = createHash('sha256').update(body).digest('hex')
    const transferred = await oncePerKey(target, objectKey(sha256), (key) =>
      putSmall(target, key, body, sha256, options),
    )
    options.onBytes?.(bytes)
    return { sha256, bytes, transferred }
  }
  return atMostThree(() => uploadLarge(target, source, options))
}

async function uploadLarge(
  target: ObjectStore,
  source: ByteSource,
  options: UploadOptions,
): Promise<UploadOutcome> {
  const bytes = source.size
  const hash = createHash('sha256')
  for await (const chunk of chunksOf(source, options.signal)) hash.update(chunk)
  const sha256 = hash.digest('hex')
  let sent = 0
  const onBytes = (count: number): void => {
    sent += count
    options.onBytes?.(count)
  }
  const transferred = await oncePerKey(target, objectKey(sha256), (key) =>
    sendLarge(target, key, source, sha256, { ...options, onBytes }),
  )
  if (sent < bytes) onBytes(bytes - sent)
  return { sha256, bytes, transferred }
}

const sending = new WeakMap<ObjectStore, Map<string, Promise<boolean>>>()

/** Equal files at the same moment are sent once; when that fails, the others try themselves. */
async function oncePerKey(
  target: ObjectStore,
  key: string,
  send: (key: string) => Promise<boolean>,
): Promise<boolean> {
  const keys = sending.get(target) ?? new Map<string, Promise<boolean>>()
  sending.set(target, keys)
  for (let other = keys.get(key); other !== undefined; other = keys.get(key)) {
    if (
      await other.then(
        () => true,
        () => false,
      )
    )
      return false
  }
  const mine = send(key)
  keys.set(key, mine)
  try {
    return await mine
  } finally {
    keys.delete(key)
  }
}

async function putSmall(
  target: ObjectStore,
  key: string,
  body: Uint8Array,
  sha256: string,
  options: UploadOptions,
): Promise<boolean> {
  return onLakeSide(async () => {
    const { signal } = options
    if ((await target.put(key, body, { ifNoneMatch: '*', sha256, signal })) === 'written') return true
    if (await isThereToStay(target, key, body.length, options)) return false
    await target.put(key, body, { sha256, signal })
    return true
  })
}

async function sendLarge(
  target: ObjectStore,
  key: string,
  source: ByteSource,
  sha256: string,
  options: UploadOptions,
): Promise<boolean> {
  const { signal, onBytes } = options
  const there = await onLakeSide(() => target.info(key, { signal }))
  if (there !== undefined && isYoung(there, source.size, options)) return false
  const upload = await onLakeSide(() => target.upload(key, { signal }))
  try {
    const hash = createHash('sha256')
    for await (const chunk of chunksOf(source, signal)) {
      hash.update(chunk)
      await onLakeSide(() => upload.write(chunk))
      onBytes?.(chunk.length)
    }
    const actual = hash.digest('hex')
    if (actual !== sha256) {
      const { uri } = source
      throw new VarveError(
        'stale',
        `${uri} changed while it was uploaded: its SHA-256 is ${actual}, was ${sha256}`,
        {
          uri,
        },
      )
    }
    const ifNoneMatch = there === undefined ? '*' : undefined
    return (await onLakeSide(() => upload.complete({ ifNoneMatch, signal }))) === 'written'
  } catch (error) {
    await upload.abort()
    throw error
  }
}

async function isThereToStay(
  target: ObjectStore,
  key: string,
  size: number,
  options: UploadOptions,
): Promise<boolean> {
  const there = await target.info(key, { signal: options.signal })
  return there !== undefined && isYoung(there, size, options)
}

/** Whether an object is as it should be, and the garbage collector will not look at it soon. */
function isYoung(
  there: { readonly size: number; readonly modified: number },
  size: number,
  { refreshAfterMs = DAY_MS, now = Date.now }: UploadOptions,
): boolean {
  return there.size === size && now() - there.modified <= refreshAfterMs
}

/** The whole source in order; while a chunk is worked on, the next one is read. */
async function* chunksOf(source: ByteSource, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  const read = (start: number): Promise<Uint8Array> => {
    const reading = readExactly(source, start, Math.min(start + CHUNK_BYTES, source.size), { signal })
    // Looked at when its turn comes, if it comes.
    reading.catch(() => {})
    return reading
  }
  let next = read(0)
  for (let start = 0; start < source.size; start += CHUNK_BYTES) {
    const chunk = await next
    if (start + CHUNK_BYTES < source.size) next = read(start + CHUNK_BYTES)
    yield chunk
  }
}

async function onLakeSide<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!isVarveError(error) || error.code === 'aborted') throw error
    throw new VarveError(error.code, error.message, { ...error.details, scope: 'lake' }, error)
  }
}
