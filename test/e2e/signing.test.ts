/** Who signs requests to S3: one thread of a process for all that decode. */

import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openStore } from '../../src/store/index.ts'
import { type FaultProxy, startFaultProxy } from '../servers/fault-proxy.ts'
import { type Minio, startMinio } from '../servers/minio.ts'
import { type Ended, type Trace, tracesOf, Workplace } from './program.ts'

const LINES = 400_000

let minio: Minio
let proxy: FaultProxy
let place: Workplace
let uri: string
/** Has a line for each time that credentials were looked up, which is the first thing a loaded SDK does. */
let log: string

beforeAll(async () => {
  minio = await startMinio()
  proxy = await startFaultProxy(minio.endpoint)
  const bucket = minio.bucket()
  uri = `s3://${bucket}/x.txt`
  const store = openStore(`s3://${bucket}`, { env: minio.env })
  await store.put(
    'x.txt',
    Buffer.from(Array.from({ length: LINES }, (_, i) => `line number ${i}\n`).join('')),
  )
  await store.close()
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, ...env } = minio.env
  place = new Workplace({
    ...env,
    AWS_ENDPOINT_URL: proxy.endpoint,
    AWS_PROFILE: 'counted',
    VARVE_TRACE: '1',
  })
  log = place.path('asked')
  const keys = place.path('keys.sh')
  const answer = JSON.stringify({ Version: 1, AccessKeyId: id, SecretAccessKey: secret })
  writeFileSync(keys, `#!/bin/sh\necho asked >> '${log}'\necho '${answer}'\n`)
  chmodSync(keys, 0o755)
  const config = place.path('config')
  writeFileSync(config, `[profile counted]\ncredential_process = ${keys}\n`)
  place.env.AWS_CONFIG_FILE = config
})
afterAll(async () => {
  await proxy?.stop()
  await minio?.stop()
  place?.remove()
})
beforeEach(() => {
  proxy.reset()
  rmSync(log, { force: true })
  rmSync(place.cache, { force: true, recursive: true })
})

const lookUps = (): number => (existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n').length : 0)

async function count(): Promise<{ ended: Ended; gets: Trace[]; ranges: (string | null)[] }> {
  const sql = `select count(*) as n, max(record) as last from read_lines('${uri}')`
  const ended = await place.run(['sql', '-c', sql, '--format', 'csv'])
  expect(ended.stdout).toBe(`n,last\n${LINES},${LINES - 1}\n`)
  const gets = tracesOf(ended).filter((trace) => trace.op === 'GET' && trace.uri === uri)
  const ranges = gets.filter(({ status }) => status === 206).map(({ range }) => range)
  return { ended, gets, ranges: ranges.sort() }
}

test('decoding threads read without loading the SDK: credentials are looked up once in a process', async () => {
  const { ended, gets } = await count()
  expect(gets.length).toBeGreaterThan(2)
  expect(gets.every(({ status }) => status === 206)).toBe(true)
  expect(lookUps()).toBe(1)
  // What signs stays in memory.
  expect(ended.stdout + ended.stderr).not.toMatch(/X-Amz|Signature/i)
})

test('where signatures are refused each thread asks for the same ranges with credentials of its own', async () => {
  const usual = await count()
  proxy.reset()
  rmSync(log)
  rmSync(place.cache, { force: true, recursive: true })
  proxy.inject({ kind: 'status', status: 403, code: 'AccessDenied', path: /X-Amz-Signature/, times: 999 })
  const refused = await count()
  expect(refused.ranges).toEqual(usual.ranges)
  expect(lookUps()).toBeGreaterThan(1)
  expect(refused.gets.some(({ status }) => status === 403)).toBe(true)
})
