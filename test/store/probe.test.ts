import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStore, probeConditionalWrites } from '../../src/store/index.ts'
import type { ObjectStore } from '../../src/store/types.ts'
import { expectCode } from '../contract/bytes.ts'
import { type FaultProxy, startFaultProxy } from '../servers/fault-proxy.ts'
import { type Minio, startMinio } from '../servers/minio.ts'

describe('probeConditionalWrites', () => {
  let minio: Minio
  let proxy: FaultProxy
  let store: ObjectStore
  let proxied: ObjectStore

  beforeAll(async () => {
    minio = await startMinio()
    proxy = await startFaultProxy(minio.endpoint)
    const bucket = minio.bucket()
    store = openStore(`s3://${bucket}`, { env: minio.env })
    proxied = openStore(`s3://${bucket}`, {
      env: { ...minio.env, AWS_ENDPOINT_URL: proxy.endpoint },
      retry: { baseMs: 1 },
    })
  })
  afterAll(async () => {
    await Promise.all([store?.close(), proxied?.close()])
    await proxy?.stop()
    await minio?.stop()
  })

  async function left(): Promise<unknown[]> {
    const entries: unknown[] = []
    for await (const entry of store.list('')) entries.push(entry)
    return entries
  }

  it('accepts stores that keep them, and leaves nothing', async () => {
    await probeConditionalWrites(store, 'lake/')
    expect(await left()).toEqual([])
    await probeConditionalWrites(openStore('memory://probe'), '')
  })

  it('refuses a store that ignores them, and leaves nothing', async () => {
    const ignoring: ObjectStore = { ...store, put: (key, body) => store.put(key, body) }
    const probe = probeConditionalWrites(ignoring, 'lake/')
    await expectCode(probe, 'unsupported', store.url)
    await expect(probe).rejects.toThrow(
      /\(If-None-Match\): 8 of 8 racing writers won, expected exactly one winner/,
    )
    expect(await left()).toEqual([])
  })

  it('refuses a store that keeps only put-if-absent', async () => {
    const half: ObjectStore = {
      ...store,
      put: (key, body, options) => store.put(key, body, { ...options, ifMatch: undefined }),
    }
    const probe = probeConditionalWrites(half, 'lake/')
    await expectCode(probe, 'unsupported', 'If-Match')
    expect(await left()).toEqual([])
  })

  it('refuses a store whose winner is overwritten', async () => {
    const memory = openStore('memory://overwriting')
    const overwriting: ObjectStore = {
      ...memory,
      async put(key, body, options) {
        const result = await memory.put(key, body, options)
        if (result === 'exists') await memory.put(key, body)
        return result
      },
    }
    await expectCode(probeConditionalWrites(overwriting, ''), 'unsupported', "the winner's bytes")
  })

  it('passes on what keeps it from writing', async () => {
    proxy.reset()
    proxy.inject({ kind: 'status', status: 403, code: 'AccessDenied', method: 'PUT', times: 1000 })
    await expectCode(probeConditionalWrites(proxied, 'lake/'), 'denied', proxied.url)
  })
})
