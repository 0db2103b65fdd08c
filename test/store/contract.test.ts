import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { openStore, scopedStore } from '../../src/store/index.ts'
import { type StoreSubject, storeContract } from '../contract/store.ts'
import { type FaultProxy, startFaultProxy } from '../servers/fault-proxy.ts'
import { type Minio, startMinio } from '../servers/minio.ts'

let minio: Minio
let proxy: FaultProxy
beforeAll(async () => {
  minio = await startMinio()
  proxy = await startFaultProxy(minio.endpoint)
})
afterAll(async () => {
  await proxy?.stop()
  await minio?.stop()
})

let made = 0
const nothing = async (): Promise<void> => {}

async function memory(): Promise<StoreSubject> {
  return { store: openStore(`memory://contract-${++made}`), cleanup: nothing }
}

async function file(): Promise<StoreSubject> {
  const folder = mkdtempSync(join(tmpdir(), 'varve-store-'))
  return {
    store: openStore(`file://${folder}`),
    cleanup: async () => rmSync(folder, { recursive: true, force: true }),
  }
}

async function s3(): Promise<StoreSubject> {
  const bucket = minio.bucket()
  const env = { ...minio.env, AWS_ENDPOINT_URL: proxy.endpoint }
  const store = openStore(`s3://${bucket}`, { env, retry: { attempts: 3 } })
  return {
    store,
    deny: async () => proxy.inject({ kind: 'status', status: 403, code: 'AccessDenied', times: 9 }),
    async cleanup() {
      proxy.reset()
      await store.close()
    },
  }
}

async function scoped(): Promise<StoreSubject> {
  const { store, ...rest } = await s3()
  return { store: scopedStore(store, 'some/lake é/'), ...rest }
}

storeContract('memory', memory)
storeContract('file', file)
storeContract('s3', s3)
storeContract('a prefix in s3', scoped)
