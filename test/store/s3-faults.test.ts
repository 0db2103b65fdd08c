import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ByteSource } from '../../src/bytes/types.ts'
import { closeStores, openStore } from '../../src/store/index.ts'
import type { ObjectStore } from '../../src/store/types.ts'
import { CONTENT, expectCode, expectSame } from '../contract/bytes.ts'
import { type Fault, type FaultProxy, startFaultProxy } from '../servers/fault-proxy.ts'
import { freePort, type Minio, startMinio } from '../servers/minio.ts'

/** How long those who wait for silence wait; all others wait as long as a busy machine may need. */
const IDLE = 300
const quick = { attempts: 4, baseMs: 1 }

/** The first entry of a listing. */
const first = (store: ObjectStore): Promise<unknown> => store.list('')[Symbol.asyncIterator]().next()

describe('s3 through a faulty network', () => {
  let minio: Minio
  let proxy: FaultProxy
  let bucket: string
  let patient: ObjectStore
  let hasty: ObjectStore
  let patientOfSilence: ObjectStore
  let hastyOfSilence: ObjectStore

  beforeAll(async () => {
    minio = await startMinio()
    proxy = await startFaultProxy(minio.endpoint)
    bucket = minio.bucket()
    const env = { ...minio.env, AWS_ENDPOINT_URL: proxy.endpoint }
    patient = openStore(`s3://${bucket}`, { env, retry: quick })
    hasty = openStore(`s3://${bucket}`, { env, retry: false })
    patientOfSilence = openStore(`s3://${bucket}`, { env, idleMs: IDLE, retry: quick })
    hastyOfSilence = openStore(`s3://${bucket}`, { env, idleMs: IDLE, retry: false })
    await patient.put('x.bin', CONTENT)
  })
  afterAll(async () => {
    await closeStores()
    await Promise.all([patient, hasty, patientOfSilence, hastyOfSilence].map((store) => store?.close()))
    await proxy?.stop()
    await minio?.stop()
  })
  beforeEach(() => proxy.reset())

  async function open(store: ObjectStore): Promise<ByteSource> {
    const source = await store.open('x.bin')
    if (source === undefined) throw new Error('x.bin is not there')
    proxy.reset()
    return source
  }

  it('signs with the SHA-256 that it is told, so that another body is refused', async () => {
    const sha256 = createHash('sha256').update('what was meant').digest('hex')
    await expect(hasty.put('signed', Buffer.from('what was sent'), { sha256 })).rejects.toMatchObject({
      message: expect.stringMatching(/SHA-?256/i),
    })
    expect(await hasty.info('signed')).toBeUndefined()
    expect(await hasty.put('signed', Buffer.from('what was meant'), { sha256 })).toBe('written')
  })

  const passing: [string, Fault, RegExp][] = [
    ['a 503', { kind: 'status', status: 503, code: 'SlowDown' }, /SlowDown, HTTP 503/],
    ['a 500', { kind: 'status', status: 500, code: 'InternalError' }, /InternalError, HTTP 500/],
    ['a 429', { kind: 'status', status: 429, code: 'TooManyRequests' }, /HTTP 429/],
    ['a reset before the answer', { kind: 'reset' }, /reset|broke/],
    ['a reset in the body', { kind: 'reset', afterBytes: 70_000 }, /broke after \d+ of 200000 bytes/],
    ['a body that ends early', { kind: 'truncate', afterBytes: 70_000 }, /broke after \d+ of 200000 bytes/],
    ['a short answer', { kind: 'short', bytes: 1000 }, /gave 1000 bytes, expected 200000/],
    ['an empty answer', { kind: 'short', bytes: 1 }, /gave 1 bytes, expected 200000/],
    ['silence before the answer', { kind: 'stall' }, /silent for 300 ms/],
    ['silence in the body', { kind: 'stall', afterBytes: 70_000 }, /silent for 300 ms/],
    [
      'another range',
      { kind: 'wrong-range', shift: 1 },
      /answered with bytes 50001-250000\/300007, expected bytes 50000-249999/,
    ],
  ]

  it.each(passing)('%s is an error that names the object', async (_, fault, message) => {
    const source = await open(fault.kind === 'stall' ? hastyOfSilence : hasty)
    proxy.inject(fault)
    const read = source.read(50_000, 250_000)
    await expectCode(read, 'unavailable', `s3://${bucket}/x.bin`)
    await expect(read).rejects.toThrow(message)
    expectSame(await source.read(50_000, 250_000), CONTENT.subarray(50_000, 250_000))
  })

  it.each(passing)('%s, twice, is survived', async (_, fault) => {
    const source = await open(fault.kind === 'stall' ? patientOfSilence : patient)
    proxy.inject({ ...fault, times: 2 })
    expectSame(await source.read(50_000, 250_000), CONTENT.subarray(50_000, 250_000))
    expect(proxy.requests).toHaveLength(3)
  })

  it.each(passing)('%s while opening with a head is survived', async (_, fault) => {
    if (fault.kind === 'wrong-range') return
    proxy.inject({ ...fault, method: 'GET', times: 2 })
    const store = fault.kind === 'stall' ? patientOfSilence : patient
    const source = await store.open('x.bin', { head: 200_000 })
    expectSame((await source?.read(0, 200_000)) ?? new Uint8Array(0), CONTENT.subarray(0, 200_000))
    expect(proxy.requests).toHaveLength(3)
  })

  it('gives up on a storm that does not end, and says how often it tried', async () => {
    const source = await open(patient)
    proxy.inject({ kind: 'status', status: 503, code: 'SlowDown', times: 100 })
    await expect(source.read(0, 10)).rejects.toThrow(/tried 4 times/)
    expect(proxy.requests).toHaveLength(4)
  })

  it('survives a storm in every other call', async () => {
    const storm = (): void => {
      proxy.reset()
      proxy.inject({ kind: 'status', status: 503, code: 'SlowDown', times: 2 })
    }
    for (const call of [
      () => patient.info('x.bin'),
      () => patient.get('x.bin'),
      () => patient.put('y.bin', CONTENT),
      () => patient.put('new.bin', CONTENT, { ifNoneMatch: '*' }),
      () => patient.copy('x.bin', 'z.bin'),
      () => first(patient),
      () => patient.delete('y.bin'),
      () => patient.delete('new.bin'),
    ] as (() => Promise<unknown>)[]) {
      storm()
      await call()
      expect(proxy.requests).toHaveLength(3)
    }
  })

  it('refuses a whole object where a range was asked, without reading it', async () => {
    const source = await open(patient)
    proxy.inject({ kind: 'whole' })
    await expectCode(source.read(1000, 2000), 'unsupported', `s3://${bucket}/x.bin`)
    expect(proxy.requests).toHaveLength(1)
    proxy.inject({ kind: 'whole' })
    await expectCode(patient.open('x.bin', { head: 1000 }), 'unsupported', 'ignores Range')
  })

  it('takes a 200 for what is the whole object', async () => {
    const source = await open(patient)
    proxy.inject({ kind: 'whole', times: 2 })
    expectSame(await source.read(0, CONTENT.length), CONTENT)
    const opened = await patient.open('x.bin', { head: 400_000 })
    expectSame((await opened?.read(5, 10)) ?? new Uint8Array(0), CONTENT.subarray(5, 10))
  })

  it('finds a changed object on a server that ignores If-Match', async () => {
    await patient.put('changing.bin', CONTENT)
    const source = await patient.open('changing.bin')
    await patient.put('changing.bin', CONTENT.slice().reverse())
    proxy.inject({ kind: 'unconditional' })
    await expectCode(source?.read(0, 10) as Promise<unknown>, 'stale', 'changing.bin')
  })

  it('sends If-Match with every ranged read', async () => {
    await patient.put('matched.bin', CONTENT)
    const source = await patient.open('matched.bin', { head: 100 })
    await patient.put('matched.bin', CONTENT.slice().reverse())
    expectSame((await source?.read(0, 100)) ?? new Uint8Array(0), CONTENT.subarray(0, 100))
    await expectCode(source?.read(50, 150) as Promise<unknown>, 'stale', 'HTTP 412')
  })

  it('stops the bytes when a read is cancelled', async () => {
    const source = await open(patient)
    proxy.inject({ kind: 'trickle', bytes: 1000, ms: 5 })
    const controller = new AbortController()
    const read = source.read(0, 300_000, controller)
    await expect.poll(() => proxy.bytes).toBeGreaterThan(2000)
    controller.abort()
    await expectCode(read, 'aborted')
    await expect.poll(() => proxy.open).toBe(0)
    const stopped = proxy.bytes
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(proxy.bytes).toBe(stopped)
    expect(proxy.requests).toHaveLength(1)
  })

  it('waits for a slow body as long as bytes come', async () => {
    const source = await open(hastyOfSilence)
    proxy.inject({ kind: 'trickle', bytes: 1000, ms: IDLE / 3 })
    expectSame(await source.read(0, 8000), CONTENT.subarray(0, 8000))
  })

  describe('a put whose answer is lost', () => {
    const body = new TextEncoder().encode('commit 4711')

    it.each([['ifNoneMatch'], ['ifMatch']] as const)('is known as won, with %s', async (condition) => {
      const key = `lost-${condition}`
      if (condition === 'ifMatch') await patient.put(key, CONTENT)
      const identity = (await patient.info(key))?.identity
      proxy.reset()
      proxy.inject({ kind: 'lost-answer', method: 'PUT' })
      const options = condition === 'ifMatch' ? { ifMatch: identity } : ({ ifNoneMatch: '*' } as const)
      expect(await patient.put(key, body, options)).toBe('written')
      expect(proxy.requests.map((request) => request.split(' ')[0])).toEqual(['PUT', 'PUT', 'GET'])
    })

    it('is known as lost when somebody else’s bytes stand there', async () => {
      await patient.put('taken', CONTENT)
      proxy.reset()
      proxy.inject({ kind: 'lost-answer', method: 'PUT' })
      expect(await patient.put('taken', body, { ifNoneMatch: '*' })).toBe('exists')
      expectSame((await patient.get('taken'))?.bytes ?? body, CONTENT)
    })

    it('is tried again after 409', async () => {
      proxy.inject({
        kind: 'status',
        status: 409,
        code: 'ConditionalRequestConflict',
        method: 'PUT',
        times: 3,
      })
      expect(await patient.put('conflict', body, { ifNoneMatch: '*' })).toBe('written')
      proxy.inject({
        kind: 'status',
        status: 409,
        code: 'ConditionalRequestConflict',
        method: 'PUT',
        times: 3,
      })
      // No answer was lost, so the same bytes under the key are somebody else's.
      expect(await patient.put('conflict', body, { ifNoneMatch: '*' })).toBe('exists')
    })

    it('is known as won at the end of an upload in parts', async () => {
      const upload = await patient.upload('parts.bin')
      await upload.write(new Uint8Array(9_000_000).fill(7))
      proxy.inject({ kind: 'lost-answer', method: 'POST', path: /uploadId=/ })
      expect(await upload.complete({ ifNoneMatch: '*' })).toBe('written')
      expect((await patient.info('parts.bin'))?.size).toBe(9_000_000)
    })
  })

  it('leaves no parts behind when an upload fails', async () => {
    const upload = await patient.upload('failing.bin')
    proxy.inject({
      kind: 'status',
      status: 403,
      code: 'AccessDenied',
      method: 'PUT',
      path: /partNumber=/,
      times: 9,
    })
    const work = (async () => {
      for (let i = 0; i < 30; i++) await upload.write(new Uint8Array(1_000_000))
      await upload.complete()
    })()
    await expectCode(work, 'denied', 'failing.bin')
    expect(proxy.requests.at(-1)).toMatch(/^DELETE /)
    expect(await patient.info('failing.bin')).toBeUndefined()
  })

  it('asks the SDK when a signed URL is refused, and goes on so', async () => {
    const store = openStore(`s3://${bucket}`, {
      env: { ...minio.env, AWS_ENDPOINT_URL: proxy.endpoint },
      retry: false,
    })
    proxy.inject({ kind: 'status', status: 403, code: 'AccessDenied', path: /X-Amz-Signature/, times: 99 })
    const source = await store.open('x.bin')
    proxy.reset()
    proxy.inject({ kind: 'status', status: 403, code: 'AccessDenied', path: /X-Amz-Signature/, times: 99 })
    expectSame((await source?.read(0, 10)) as Uint8Array, CONTENT.subarray(0, 10))
    expectSame((await source?.read(10, 20)) as Uint8Array, CONTENT.subarray(10, 20))
    expect(proxy.requests).toHaveLength(3)
    await store.close()
  })

  describe('refusals', () => {
    it.each([
      [403, 'AccessDenied', 'denied', /is not permitted to these credentials \(AccessDenied, HTTP 403/],
      [403, 'InvalidAccessKeyId', 'denied', /does not know the access key/],
      [403, 'SignatureDoesNotMatch', 'denied', /secret key does not fit/],
      [400, 'ExpiredToken', 'denied', /session token has expired/],
      [403, 'ExpiredToken', 'denied', /session token has expired/],
      [403, 'InvalidObjectState', 'denied', /archived/],
      [404, 'NoSuchKey', 'not-found', /does not exist/],
      [404, 'NoSuchBucket', 'not-found', /bucket that does not exist/],
      [416, 'InvalidRange', 'stale', /shorter than it was/],
      [501, 'NotImplemented', 'unsupported', /does not implement/],
    ] as const)('%i %s is %s', async (status, code, expected, message) => {
      const source = await open(patient)
      proxy.inject({ kind: 'status', status, code, times: 9 })
      const read = source.read(0, 10)
      await expectCode(read, expected, `s3://${bucket}/x.bin`)
      await expect(read).rejects.toThrow(message)
    })

    it('names the wrong keys without showing them', async () => {
      for (const [env, message] of [
        [{ AWS_ACCESS_KEY_ID: 'WRONGKEY' }, /does not know the access key/],
        [{ AWS_SECRET_ACCESS_KEY: 'wrong-secret' }, /secret key does not fit/],
      ] as const) {
        const store = openStore(`s3://${bucket}`, { env: { ...minio.env, ...env }, retry: quick })
        for (const call of [
          () => store.get('x.bin'),
          () => store.open('x.bin', { head: 10 }),
          () => first(store),
        ] as (() => Promise<unknown>)[]) {
          await expectCode(call(), 'denied', `s3://${bucket}/`)
          const error = await call().catch((e: unknown) => e)
          expect(String(error)).toMatch(message)
          expect(JSON.stringify([error, (error as Error).message, (error as Error).cause])).not.toMatch(
            /WRONGKEY|wrong-secret/,
          )
        }
        await expectCode(store.open('x.bin'), 'denied')
        await store.close()
      }
    })

    it('says that a page of a web server is no S3', async () => {
      const source = await open(patient)
      proxy.inject({ kind: 'page', times: 9 })
      await expectCode(source.read(1, 10), 'unsupported')
      for (const call of [
        () => first(patient),
        () => patient.get('x.bin'),
        () => patient.open('x.bin', { head: 10 }),
        () => patient.put('x.bin', CONTENT),
        () => patient.info('x.bin'),
        () => patient.copy('x.bin', 'y.bin'),
      ])
        await expectCode(call(), 'unsupported', `s3://${bucket}/`)
    })

    it('says that nothing listens at an endpoint, or that its name is unknown', async () => {
      const refused = `http://127.0.0.1:${await freePort()}`
      for (const [endpoint, message] of [
        [refused, /cannot be reached at http:\/\/127\.0\.0\.1:\d+: nothing listens there/],
        [
          'http://no-such-host.invalid',
          /cannot be reached at http:\/\/no-such-host\.invalid: (that name is unknown to DNS|DNS did not answer)/,
        ],
        [minio.endpoint.replace('http:', 'https:'), /does not speak TLS/],
      ] as const) {
        const env = { ...minio.env, AWS_ENDPOINT_URL: endpoint }
        const store = openStore(`s3://${bucket}`, { env, retry: quick })
        await expectCode(store.open('x.bin', { head: 10 }), 'unavailable', `s3://${bucket}/x.bin`)
        await expect(store.open('x.bin')).rejects.toThrow(message)
        await store.close()
      }
    })
  })
})
