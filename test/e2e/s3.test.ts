/** Files in a real S3 server: what a command costs in requests and bytes, and what it survives. */

import { createServer, type Server } from 'node:net'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStore } from '../../src/store/index.ts'
import type { ObjectStore } from '../../src/store/types.ts'
import { type FaultProxy, startFaultProxy } from '../servers/fault-proxy.ts'
import { type Minio, startMinio } from '../servers/minio.ts'
import { csvText, largeFastq } from './data.ts'
import { HostedWorkplace } from './hosted.ts'
import { type Ended, failureOf, type RunOptions, type Trace, tracesOf } from './program.ts'

const MIB = 1024 * 1024
const RECORDS = 220_000
const RECORD_LENGTH = 150

let minio: Minio
let proxy: FaultProxy
let store: ObjectStore
let place: HostedWorkplace
let bucket: string
let raw: Buffer
let gz: Buffer
let uri: string
/** Everything that any command printed. */
const printed: string[] = []

async function run(argv: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const ended = await place.run(argv, { ...options, env: { VARVE_TRACE: '1', ...options.env } })
  printed.push(ended.stdout, ended.stderr)
  return ended
}

const csv = (sql: string): string[] => ['sql', '-c', sql, '--format', 'csv']
const sourceOf = (ended: Ended, of = uri): Trace[] => tracesOf(ended).filter((trace) => trace.uri === of)
const gets = (traces: readonly Trace[]): Trace[] => traces.filter(({ op }) => op === 'GET')
const bytesOf = (traces: readonly Trace[]): number => traces.reduce((sum, { bytes }) => sum + bytes, 0)
const indexesInLake = async (): Promise<string[]> => {
  const keys: string[] = []
  for await (const entry of store.list('lake/indexes/')) if ('key' in entry) keys.push(entry.key)
  return keys
}

/** Giving up a server that takes connections and never says a word takes most of a minute: CI waits for it. */
const PATIENT = process.env.CI === 'true'
let silent: Server | undefined
let givenUp: Promise<Ended>
let gaveUpAfter = 0

beforeAll(async () => {
  minio = await startMinio()
  proxy = await startFaultProxy(minio.endpoint)
  bucket = minio.bucket()
  uri = `s3://${bucket}/run/large.fastq.gz`
  store = openStore(`s3://${bucket}`, { env: minio.env })
  place = new HostedWorkplace({ ...minio.env, VARVE_LAKE: `s3://${bucket}/lake` })
  if (PATIENT) givenUp = askSilence()
  raw = largeFastq(RECORDS)
  gz = gzipSync(raw, { level: 1 })
  await store.put('run/large.fastq.gz', gz)
  expect(gz.length).toBeGreaterThan(20 * MIB)
})

async function askSilence(): Promise<Ended> {
  const server = createServer(() => undefined)
  silent = server
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const began = performance.now()
  const dead = { AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`, VARVE_LAKE: place.path('no-lake') }
  const ended = await place.run(['info', uri, '--json'], { env: dead })
  gaveUpAfter = performance.now() - began
  return ended
}

afterAll(async () => {
  silent?.close()
  await store?.close()
  await proxy?.stop()
  await minio?.stop()
  place?.remove()
})

describe('budgets', () => {
  let before: string | undefined
  let slices: string[]

  test('five rows of a file never seen before: one GET of its first MiB', async () => {
    before = (await store.info('run/large.fastq.gz'))?.identity
    const ended = await run(csv(`select id from '${uri}' limit 5`))
    expect(ended.stdout).toBe('id\nr0\nr1\nr2\nr3\nr4\n')
    expect(sourceOf(ended)).toMatchObject([{ op: 'GET', range: `0-${MIB - 1}`, status: 206, bytes: MIB }])
    expect(tracesOf(ended).filter(({ op }) => op === 'PUT')).toEqual([])
  })

  test('init makes the lake, once', async () => {
    const first = await run(['init', `s3://${bucket}/lake`, '--json'])
    expect(JSON.parse(first.stdout)).toMatchObject({ lake: `s3://${bucket}/lake/`, created: true })
    const again = await run(['init', `s3://${bucket}/lake`, '--json'])
    expect(JSON.parse(again.stdout)).toEqual({ ...(JSON.parse(first.stdout) as object), created: false })
  })

  test('a whole scan reads each byte once and leaves the index in the lake', async () => {
    const ended = await run(csv(`select count(*) as n, sum(length(sequence)) as s from '${uri}'`))
    expect(ended.stdout).toBe(`n,s\n${RECORDS},${RECORDS * RECORD_LENGTH}\n`)
    expect(bytesOf(sourceOf(ended))).toBe(gz.length)
    const written = tracesOf(ended).filter(({ op }) => op === 'PUT')
    expect(written).toHaveLength(1)
    expect(written[0]?.bytes).toBeLessThan(gz.length / 100)
    expect(await indexesInLake()).toHaveLength(1)
  })

  test('the second scan uses it, and so does another machine', async () => {
    const elsewhere = { env: { VARVE_CACHE: place.path('.another-cache') } }
    const ended = await run(csv(`select count(*) as n, count(distinct id) as d from '${uri}'`), elsewhere)
    expect(ended.stdout).toBe(`n,d\n${RECORDS},${RECORDS}\n`)
    expect(tracesOf(ended).filter(({ op }) => op === 'PUT')).toEqual([])
    expect(bytesOf(sourceOf(ended))).toBeLessThan(gz.length * 1.05)
  })

  test('record BETWEEN fetches no more than the segment it lies in', async () => {
    const [segment] = await place.rows(
      `select byte_end - byte_start as bytes from index_info('${uri}') where first_row <= 100000 order by first_row desc limit 1`,
    )
    const sql = `select id from '${uri}' where record between 100000 and 100002`
    const ended = await run(csv(sql))
    expect(ended.stdout).toBe('id\nr100000\nr100001\nr100002\n')
    const fetched = gets(sourceOf(ended)).filter(({ range }) => range !== `0-${MIB - 1}`)
    expect(fetched).toHaveLength(1)
    expect(bytesOf(fetched)).toBeLessThanOrEqual(Number(segment?.bytes))
    const unpruned = await run([...csv(sql), '--no-pushdown'])
    expect(unpruned.stdout).toBe(ended.stdout)
    expect(bytesOf(sourceOf(unpruned))).toBeGreaterThan(bytesOf(sourceOf(ended)) * 4)
  })

  test('partitioning reads no byte of the source', async () => {
    for (const strategy of [
      ['-n', '200'],
      ['--rows', '5000'],
      ['--bytes', '1MiB'],
    ]) {
      const ended = await run(['slices', uri, ...strategy])
      expect(ended.code).toBe(0)
      expect(bytesOf(sourceOf(ended))).toBe(0)
      if (strategy[0] === '-n') slices = ended.stdout.trimEnd().split('\n')
    }
    expect(slices).toHaveLength(200)
  })

  test('one slice of 200: three requests at most, its own bytes and one span', async () => {
    const spans = await place.rows(`select max(byte_end - byte_start) as span from index_info('${uri}')`)
    const records = raw.toString('latin1').split('\n')
    for (const i of [0, 57, 199]) {
      const ended = await run(['cat', slices[i]!])
      expect(ended.stdout).toBe(`${records.slice(i * 4400, (i + 1) * 4400).join('\n')}\n`)
      expect(tracesOf(ended).length).toBeLessThanOrEqual(3)
      expect(bytesOf(sourceOf(ended))).toBeLessThanOrEqual(gz.length / 200 + Number(spans[0]?.span))
      expect(bytesOf(tracesOf(ended).filter((trace) => trace.uri !== uri))).toBeLessThan(40 * 1024)
    }
  })

  test('a slice is evaluated by another process, in another folder, without lake and cache', async () => {
    const other = new HostedWorkplace(minio.env)
    const cut = slices[121]!
    const ended = await other.run(csv(`select count(*) as n, min(record) as first from read_slice('${cut}')`))
    expect(ended).toMatchObject({ code: 0, stdout: `n,first\n1100,${121 * 1100}\n` })
    printed.push(ended.stdout, ended.stderr)
    other.remove()
  })

  test('all slices together are the file', async () => {
    const few = (await run(['slices', uri, '-n', '7'])).stdout
    const ended = await run(['cat', '-'], { stdin: few, env: { VARVE_TRACE: '0' } })
    expect(Buffer.from(ended.stdout, 'latin1').equals(raw)).toBe(true)
  })

  test('the source is as it was', async () => {
    expect((await store.info('run/large.fastq.gz'))?.identity).toBe(before)
  })
})

test('patterns: LISTs only, and filename as one would write it', async () => {
  for (const day of [1, 2]) await store.put(`days/${day}/t.csv`, Buffer.from(csvText(day * 10)))
  const sql = `select filename, count(*)::int as n from 's3://${bucket}/days/*/t.csv' group by all order by all`
  const ended = await run([...csv(sql)])
  expect(ended.stdout).toBe(`filename,n\ns3://${bucket}/days/1/t.csv,10\ns3://${bucket}/days/2/t.csv,20\n`)
  expect(tracesOf(ended).filter(({ op }) => op === 'LIST').length).toBeLessThanOrEqual(3)
  const own = await run(csv(`select sum(score) as s from read_csv('s3://${bucket}/days/1/t.csv')`))
  expect(own.stdout).toBe('s\n11.25\n')
})

describe('what goes wrong on the way', () => {
  const through = (): Record<string, string> => ({ AWS_ENDPOINT_URL: proxy.endpoint, VARVE_TRACE: '0' })
  const key = 'run/other.fastq.gz'
  const small = (seed: number): Buffer => gzipSync(largeFastq(40_000, seed), { level: 1 })
  const total = `select count(*) as n, sum(record) as r, count(distinct id) as d from 's3://BUCKET/${key}'`

  beforeAll(async () => {
    await store.put(key, small(2))
  })

  test('503s, resets and short bodies in the middle of a scan are survived', async () => {
    proxy.reset()
    const { ended } = place.start(csv(total.replace('BUCKET', bucket)), { env: through() })
    proxy.inject({ kind: 'delay', ms: 100, path: /other/ })
    await arrived(1)
    proxy.inject({ kind: 'status', status: 503, code: 'SlowDown', times: 3, path: /other/ })
    proxy.inject({ kind: 'reset', afterBytes: 100_000, times: 2, path: /other/ })
    proxy.inject({ kind: 'truncate', afterBytes: 50_000, path: /other/ })
    proxy.inject({ kind: 'short', bytes: 1000, path: /other/ })
    expect(await ended).toMatchObject({
      code: 0,
      stdout: `n,r,d\n40000,${(40_000 * 39_999) / 2},40000\n`,
      stderr: '',
    })
    expect(sourceRequests().length).toBeGreaterThan(7)
  })

  test.each(['without an index', 'with one'])(
    'an object overwritten during a scan %s is stale, never mixed',
    async (which) => {
      const later = small(4)
      await store.put(key, small(3))
      if (which === 'with one') await run(['index', `s3://${bucket}/${key}`])
      proxy.reset()
      proxy.inject({ kind: 'delay', ms: 500, times: 100, path: /other/ })
      const argv = ['sql', '-c', total.replace('BUCKET', bucket), '--json']
      const { ended } = place.start(argv, { env: through() })
      await arrived(2)
      await store.put(key, later)
      const result = await ended
      expect([result.code, result.stdout]).toEqual([15, ''])
      expect(failureOf(result)).toMatchObject({ code: 'stale' })
      expect(failureOf(result).message).toMatch(new RegExp(`^s3://${bucket}/${key} was overwritten`))
      proxy.reset()
    },
  )

  test('rows that came out before are all of the old bytes', async () => {
    const later = small(6)
    await store.put(key, small(5))
    const old = gunzipSync(small(5)).toString('latin1').split('\n')
    proxy.reset()
    proxy.inject({ kind: 'delay', ms: 500, times: 100, path: /other/ })
    const { ended } = place.start(csv(`select sequence from 's3://${bucket}/${key}'`), { env: through() })
    await arrived(2)
    await store.put(key, later)
    const result = await ended
    expect(result.code).toBe(15)
    const rows = result.stdout.trimEnd().split('\n').slice(1)
    expect(rows.every((sequence, i) => sequence === old[4 * i + 1])).toBe(true)
    proxy.reset()
  })

  test('an overwritten object is read anew, without the old index; its old slices are stale', async () => {
    const at = `s3://${bucket}/${key}`
    await store.put(key, small(7))
    const cut = (await run(['slices', at, '-n', '3'], { env: { VARVE_TRACE: '0' } })).stdout.split('\n')[1]!
    const known = await indexesInLake()
    await store.put(key, gzipSync(largeFastq(1000, 8)))
    const ended = await run(csv(`select count(sequence) as n from '${at}'`))
    expect(ended.stdout).toBe('n\n1000\n')
    expect((await indexesInLake()).filter((name) => !known.includes(name))).toHaveLength(1)
    for (const argv of [
      ['cat', cut],
      ['sql', '-c', `from read_slice('${cut}')`],
    ]) {
      const old = await run([...argv, '--json'], { env: { VARVE_TRACE: '0' } })
      expect([old.code, old.stdout]).toEqual([15, ''])
      expect(failureOf(old)).toMatchObject({ code: 'stale', details: { uri: at } })
    }
  })

  test('a lake that may not be written, or is gone, fails no query', async () => {
    const env = { VARVE_LAKE: `s3://${bucket}-that-is-not/lake` }
    const ended = await run(csv(`select count(id) as n from 's3://${bucket}/${key}'`), { env })
    expect(ended).toMatchObject({ code: 0, stdout: 'n\n1000\n' })
  })

  test.runIf(PATIENT)(
    'a server that says nothing is given up within a minute',
    async () => {
      const ended = await givenUp
      expect(failureOf(ended)).toMatchObject({ code: 'unavailable' })
      expect(ended.code).toBe(18)
      expect(gaveUpAfter).toBeLessThan(60_000)
    },
    70_000,
  )

  const sourceRequests = (): string[] => proxy.requests.filter((request) => request.includes('other'))

  async function arrived(count: number): Promise<void> {
    for (let i = 0; i < 2000; i++) {
      if (sourceRequests().length >= count) return
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    throw new Error(`waited in vain for ${count} requests`)
  }
})

test('no credential was printed, cut into a slice or written into an index', async () => {
  expect(printed.length).toBeGreaterThan(40)
  const kept = await Promise.all((await indexesInLake()).map(async (key) => (await store.get(key))?.bytes))
  for (const text of [...printed, ...kept.map((bytes) => Buffer.from(bytes!).toString('latin1'))]) {
    expect(text.includes(minio.secretKey)).toBe(false)
    expect(text.includes(minio.accessKey)).toBe(false)
    expect(/X-Amz-(Signature|Credential)/i.test(text)).toBe(false)
  }
})
