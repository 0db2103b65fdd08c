/** From a logical path to the bytes that its version recorded, and to no others. */

import { rmSync, writeFileSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import { createCatalog } from '../../src/catalog/index.ts'
import { createScanService, type LocalScanService } from '../../src/scan/service.ts'
import { openStore } from '../../src/store/index.ts'
import { Bench, failure, query } from '../scan/support/service.ts'
import { reads, type TestLake, testLake } from './lakes.ts'

const bench = new Bench()
const services: LocalScanService[] = []
let lakes = 0

afterEach(async () => {
  delete process.env.VARVE_ALLOW
  await Promise.all(services.splice(0).map((service) => service.close()))
})

const folderLake = (): Promise<TestLake> => testLake(`${bench.folder}/lake-${lakes++}`)
const memoryLake = (): Promise<TestLake> => testLake(`memory://objects-${process.pid}-${lakes++}/`)

function serviceOf(made: TestLake): LocalScanService {
  const { functions, names } = createCatalog(made.lake)
  const service = createScanService({ lake: made.lake.url, functions, names, jobs: 2 })
  services.push(service)
  return service
}

const ids = (service: LocalScanService, uri: string): Promise<unknown[]> =>
  query(service, 'read_fastq', { args: [uri], columns: ['id'] })

describe('a registered object', () => {
  test('that was overwritten is stale, and its new bytes are not read', async () => {
    const made = await folderLake()
    const path = bench.file('source/a.fastq', reads('old', 2))
    await made.commit('d', { files: [await made.register('a.fastq', path)] })
    const service = serviceOf(made)
    expect(await ids(service, 'lake://d/a.fastq')).toEqual([['old.0'], ['old.1']])
    rmSync(path)
    writeFileSync(path, reads('new', 3))
    bench.forgetIndexes()
    const failed = await failure(ids(serviceOf(made), 'lake://d/a.fastq'))
    expect(failed.code).toBe('stale')
    expect(failed.message).toContain('lake://d/a.fastq')
  })

  test('is opened without asking for its size and identity', async () => {
    const made = await memoryLake()
    const store = openStore(`memory://registered-${process.pid}/`)
    await store.put('a.fastq', Buffer.from(reads('old', 2)))
    await made.commit('d', { files: [await made.register('x/a.fastq', `${store.url}a.fastq`)] })
    await store.put('a.fastq', Buffer.from(reads('new', 2)))
    const failed = await failure(ids(serviceOf(made), 'lake://d/x/a.fastq'))
    expect(failed).toMatchObject({ code: 'stale' })
    expect(failed.message).toContain('lake://d/x/a.fastq')
  })

  test('that is gone is not found', async () => {
    const made = await memoryLake()
    const store = openStore(`memory://gone-${process.pid}/`)
    await store.put('a.fastq', Buffer.from(reads('old', 2)))
    await made.commit('d', { files: [await made.register('a.fastq', `${store.url}a.fastq`)] })
    await store.delete('a.fastq')
    expect(await failure(ids(serviceOf(made), 'lake://d/a.fastq'))).toMatchObject({ code: 'not-found' })
  })

  test('of this machine is not read for a lake that is elsewhere, unless that is allowed', async () => {
    const made = await memoryLake()
    const path = bench.file('secret.fastq', reads('secret', 1))
    await made.commit('d', { files: [await made.register('a.fastq', path)] })
    const service = serviceOf(made)
    for (const uri of ['lake://d/a.fastq', 'lake://d/*.fastq'])
      expect(await failure(ids(service, uri))).toMatchObject({
        code: 'denied',
        message: expect.stringContaining('VARVE_ALLOW'),
      })
    process.env.VARVE_ALLOW = `file://${bench.folder}/`
    expect(await ids(service, 'lake://d/a.fastq')).toEqual([['secret.0']])
  })
})

describe('an uploaded object', () => {
  test('is found by its checksum, and has the size that is on record', async () => {
    const made = await folderLake()
    const row = await made.upload('a.fastq', reads('up', 3))
    await made.commit('d', { files: [row, { ...row, path: 'short.fastq', bytes: 5n }] })
    const service = serviceOf(made)
    expect(await ids(service, 'lake://d/a.fastq')).toHaveLength(3)
    const failed = await failure(ids(service, 'lake://d/short.fastq'))
    expect(failed.code).toBe('stale')
    expect(failed.message).toMatch(/lake:\/\/d\/short\.fastq has \d+ bytes, expected 5/)
  })

  test('that is missing names its file and its place', async () => {
    const made = await folderLake()
    const row = await made.upload('a.fastq', reads('lost', 3))
    await made.commit('d', { files: [row] })
    await made.lake.store.delete(`objects/${String(row.sha256).slice(0, 2)}/${String(row.sha256)}`)
    const failed = await failure(ids(serviceOf(made), 'lake://d/a.fastq'))
    expect(failed.code).toBe('not-found')
    expect(failed.message).toContain('the object of lake://d/a.fastq does not exist: file://')
  })

  test('gives slices that need no lake', async () => {
    const made = await folderLake()
    await made.commit('d', { files: [await made.upload('a.fastq', reads('cut', 10))] })
    const call = { args: ['lake://d@1/a.fastq'], named: { n: 3 }, columns: ['slice'] }
    const cut = await query(serviceOf(made), 'slices', call)
    const elsewhere = createScanService({ lake: `${bench.folder}/no-lake`, jobs: 1 })
    services.push(elsewhere)
    const rows = await query(elsewhere, 'read_slice', {
      args: [cut.map(([slice]) => slice as string)],
      columns: ['id'],
    })
    expect(rows).toEqual(Array.from({ length: 10 }, (_, i) => [`cut.${i}`]))
  })

  test('is named by its path in errors of its records', async () => {
    const made = await folderLake()
    const bad = `${reads('bad', 3)}@x\nAC\nno plus\nII\n`
    await made.commit('d', {
      files: [await made.upload('x/bad.fastq', bad), await made.upload('x/good.fastq', reads('g', 1))],
    })
    const service = serviceOf(made)
    const failed = await failure(ids(service, 'lake://d/x/bad.fastq'))
    expect(failed.code).toBe('invalid-data')
    expect(failed.message).toContain('(lake://d/x/bad.fastq @ byte')
    expect(failed.message).not.toContain('/objects/')
    const named = { ignore_errors: true }
    await query(service, 'read_fastq', { args: ['lake://d/x/bad.fastq'], named, columns: ['id'] })
    const rejects = await query(service, 'rejects', { args: [], columns: ['uri'] })
    expect(rejects).toEqual([['lake://d/x/bad.fastq']])
  })
})

test('the latest version is the one that is the latest when a statement begins', async () => {
  const made = await folderLake()
  await made.commit('d', {
    files: [await made.upload('a.fastq', reads('one', 1)), await made.upload('b.fastq', reads('two', 1))],
  })
  const service = serviceOf(made)
  const bound = await service.bind({ name: 'read_fastq', args: ['lake://d@latest/*.fastq'], named: {} })
  await made.commit('d', { files: [await made.upload('b.fastq', reads('later', 5))] })
  const stream = service.scan({ bound: bound.id, columns: [0], predicates: [] })
  let rows = 0
  for (let batch = await stream.next(); batch !== undefined; batch = await stream.next()) rows += batch.rows
  service.unbind(bound.id)
  expect(rows).toBe(2)
  expect(await ids(service, 'lake://d@latest/*.fastq')).toHaveLength(6)
})

test('names of other schemes are not its matter', async () => {
  const { names } = createCatalog((await memoryLake()).lake)
  expect(['lake://d/x', 'LAKE://d/x'].map((name) => names.owns(name))).toEqual([true, true])
  expect(['s3://d/x', 'lake/x', '/lake:/x'].map((name) => names.owns(name))).toEqual([false, false, false])
})
