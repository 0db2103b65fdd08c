/** Objects read by what another thread has signed. */

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { ReadRetryOptions } from '../../src/bytes/retry.ts'
import { s3Store } from '../../src/store/s3/store.ts'
import type { ObjectStore, SignedGet, Signer } from '../../src/store/types.ts'
import { CONTENT, expectCode, expectSame } from '../contract/bytes.ts'
import { type FaultProxy, startFaultProxy } from '../servers/fault-proxy.ts'
import { type Minio, startMinio } from '../servers/minio.ts'

let minio: Minio
let proxy: FaultProxy
let bucket: string
let keyless: Readonly<Record<string, string>>
let owner: ObjectStore
let identity: string
const stores: ObjectStore[] = []

beforeAll(async () => {
  minio = await startMinio()
  proxy = await startFaultProxy(minio.endpoint)
  bucket = minio.bucket()
  keyless = { AWS_ENDPOINT_URL: proxy.endpoint, AWS_REGION: 'us-east-1' }
  owner = storeOf(undefined, { ...minio.env, ...keyless })
  await owner.put('x.bin', CONTENT)
  identity = (await owner.info('x.bin'))?.identity as string
})
afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()))
  await proxy?.stop()
  await minio?.stop()
})
beforeEach(() => proxy.reset())

function storeOf(
  signer: Signer | undefined,
  env: Readonly<Record<string, string>>,
  retry: ReadRetryOptions | false = false,
): ObjectStore {
  const store = s3Store(bucket, { env, signer, retry })
  stores.push(store)
  return store
}

const keyOf = (uri: string): string => uri.slice(`s3://${bucket}/`.length)

/** The owner's signature; the URIs that it was asked about. */
function lender(): { signer: Signer; asked: string[] } {
  const asked: string[] = []
  const signer: Signer = async (uri) => {
    asked.push(uri)
    return owner.signedGet?.(keyOf(uri))
  }
  return { signer, asked }
}

/** A signature that was good for a second, once it is not. */
async function expired(): Promise<SignedGet> {
  const url = new URL(await owner.presign('x.bin', 1))
  await new Promise((resolve) => setTimeout(resolve, 2100))
  const { protocol, hostname, port, host, pathname, search } = url
  return { method: 'GET', protocol, hostname, port: Number(port), path: pathname + search, headers: { host } }
}

test('an object is read by a signature of another thread, asked for once, without credentials', async () => {
  const { signer, asked } = lender()
  const store = storeOf(signer, keyless)
  const source = store.attach('x.bin', CONTENT.length, identity)
  for (const [start, end] of [
    [0, 10],
    [100, 200_000],
  ] as const)
    expectSame(await source.read(start, end), CONTENT.subarray(start, end))
  expectSame((await store.get('x.bin'))?.bytes as Uint8Array, CONTENT)
  expect(asked).toEqual([`s3://${bucket}/x.bin`])
  expect(proxy.requests).toHaveLength(3)
})

test('a signature travels as plain values, and holds for other headers beside its own', async () => {
  const request = structuredClone(await owner.signedGet?.('x.bin')) as SignedGet
  expect(Object.keys(request).sort()).toEqual(['headers', 'hostname', 'method', 'path', 'port', 'protocol'])
  expect(Object.keys(request.headers)).toEqual(['host'])
})

test('what is lent is read under the same conditions, with the same errors', async () => {
  const store = storeOf(lender().signer, keyless, { attempts: 3, baseMs: 1 })
  await expectCode(store.attach('x.bin', CONTENT.length, 'another').read(0, 10), 'stale', 'was overwritten')
  await expectCode(store.attach('none.bin', 10, identity).read(0, 10), 'not-found', `s3://${bucket}/none.bin`)
  proxy.reset()
  proxy.inject({ kind: 'status', status: 503, code: 'SlowDown', times: 2 })
  const source = store.attach('x.bin', CONTENT.length, identity)
  expectSame(await source.read(0, 10), CONTENT.subarray(0, 10))
  expect(proxy.requests).toHaveLength(3)
  const aborted = AbortSignal.abort()
  await expectCode(source.read(0, 10, { signal: aborted }), 'aborted')
  expect(proxy.requests).toHaveLength(3)
})

test('one that has expired is followed by a request of its own, once', async () => {
  const stale = await expired()
  const env = { ...minio.env, ...keyless }
  const source = storeOf(async () => stale, env).attach('x.bin', CONTENT.length, identity)
  expectSame(await source.read(0, 10), CONTENT.subarray(0, 10))
  expect(proxy.requests).toHaveLength(2)
  expectSame(await source.read(10, 20), CONTENT.subarray(10, 20))
  expect(proxy.requests).toHaveLength(3)
})

test('one that is refused is no error of its own: the answer to the credentials counts', async () => {
  const stale = {
    ...((await owner.signedGet?.('x.bin')) as SignedGet),
    path: `/${bucket}/x.bin?X-Amz-Signature=0`,
  }
  const wrong = { ...minio.env, ...keyless, AWS_SECRET_ACCESS_KEY: 'wrong-secret' }
  const read = storeOf(async () => stale, wrong)
    .attach('x.bin', CONTENT.length, identity)
    .read(0, 10)
  await expectCode(read, 'denied', 'secret key does not fit')
  expect(proxy.requests).toHaveLength(2)
})

test('where nothing is lent, the store signs for itself', async () => {
  const env = { ...minio.env, ...keyless }
  const source = storeOf(async () => undefined, env).attach('x.bin', CONTENT.length, identity)
  expectSame(await source.read(0, 10), CONTENT.subarray(0, 10))
  expect(proxy.requests).toHaveLength(1)
})
