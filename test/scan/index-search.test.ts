/** An index that was found before: asked for with the file, not read again, and never believed of other bytes. */

import { rmSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { threadMeter } from '../../src/bytes/index.ts'
import { VarveError } from '../../src/errors.ts'
import type { IndexHome, IndexTarget } from '../../src/index/location.ts'
import { indexFile } from '../../src/scan/build.ts'
import { IndexSearch } from '../../src/scan/index-search.ts'
import { FileMemory } from '../../src/scan/memory.ts'
import { OpenedFiles } from '../../src/scan/opened.ts'
import type { LocalScanService } from '../../src/scan/service.ts'
import type { Argument } from '../../src/scan/types.ts'
import { writeTiff } from '../formats/geotiff/tiff.ts'
import { fastqFile, manyReads, pack } from './support/corpus.ts'
import { Bench, failure, query } from './support/service.ts'

const bench = new Bench()

const reads = (count: number): Buffer => pack(fastqFile(manyReads(count, 3)).raw, 'bgzf', [60_000])

async function bind(service: LocalScanService, path: string) {
  const before = threadMeter().read()
  const bound = await service.bind({ name: 'read_fastq', args: [path], named: {} })
  const { requests, bytes } = threadMeter().read()
  service.unbind(bound.id)
  return {
    rows: bound.cardinality?.rows,
    requests: requests - before.requests,
    bytes: bytes - before.bytes,
  }
}

describe('the index of a file that a session has read before', () => {
  it('is asked for, and not read again', async () => {
    const path = bench.file('again.fastq.gz', reads(2000))
    const service = bench.service()
    await indexFile(path, service.context)
    const first = await bind(service, path)
    expect(first.rows).toBe(2000)
    // The file's first byte, and whether the index is the same.
    expect(await bind(service, path)).toEqual({ rows: 2000, requests: 2, bytes: 1 })
    const rows = await query(service, 'read_fastq', {
      args: [path],
      columns: ['record'],
      predicates: [{ column: 'record', op: '>=', values: [1999] }],
    })
    expect(rows.at(-1)).toEqual([1999n])
  })

  it('is that of the file that stands there now', async () => {
    const path = bench.file('other.fastq.gz', reads(300))
    const service = bench.service()
    await indexFile(path, service.context)
    expect((await bind(service, path)).rows).toBe(300)
    writeFileSync(path, reads(400))
    expect((await bind(service, path)).rows).toBe(undefined)
    await indexFile(path, bench.service().context)
    expect((await bind(service, path)).rows).toBe(400)
  })

  it('is read again when it is another one, and damage in it is told', async () => {
    const path = bench.file('damaged.fastq.gz', reads(200))
    const service = bench.service()
    const { index } = await indexFile(path, service.context)
    expect((await bind(service, path)).rows).toBe(200)
    writeFileSync(index.location.replace('file://', ''), 'no index')
    expect(await failure(bind(service, path))).toMatchObject({ code: 'invalid-data' })
    rmSync(index.location.replace('file://', ''))
    expect((await bind(service, path)).rows).toBe(undefined)
  })
})

describe('the indexes of a file that one statement names several times', () => {
  const bindIn = async (
    service: LocalScanService,
    path: string,
    named: Readonly<Record<string, Argument>>,
  ) => {
    const before = threadMeter().read().requests
    const bound = await service.bind({ name: 'read_geotiff', args: [path], named }, statement)
    return { rows: bound.cardinality?.rows, requests: threadMeter().read().requests - before }
  }
  let statement = new AbortController().signal
  const window = (col: number): Readonly<Record<string, Argument>> => ({ window: [col, 0, 16, 16] })

  it('are listed once one was missing', async () => {
    const path = bench.file(
      'windows.tif',
      writeTiff({ width: 64, height: 64, tileWidth: 16, tileHeight: 16 }),
    )
    const service = bench.service()
    await bindIn(service, path, window(0))
    statement = new AbortController().signal
    // Its first byte, and the index; the second window of it lists them.
    expect((await bindIn(service, path, window(0))).requests).toBe(2)
    expect((await bindIn(service, path, window(16))).requests).toBeGreaterThan(0)
    expect((await bindIn(service, path, window(32))).requests).toBe(0)
    await indexFile(path, service.context, { options: { window: [48, 0, 16, 16] } })
    expect(await bindIn(service, path, window(48))).toEqual({ rows: undefined, requests: 0 })
    statement = new AbortController().signal
    await bindIn(service, path, window(0))
    expect((await bindIn(service, path, window(48))).rows).toBe(1)
  })

  it('are asked for once, unless more is to be read of them', async () => {
    const path = bench.file('once.fastq', fastqFile(manyReads(16, 3)).raw)
    const service = bench.service()
    const { index } = await indexFile(path, service.context)
    const rowsIn = async (signal: AbortSignal) =>
      (await service.bind({ name: 'read_fastq', args: [path], named: {} }, signal)).cardinality?.rows
    statement = new AbortController().signal
    expect([await rowsIn(statement), await rowsIn(statement)]).toEqual([16, 16])
    rmSync(index.location.replace('file://', ''))
    expect(await rowsIn(statement)).toBe(16)
    expect(await rowsIn(new AbortController().signal)).toBe(undefined)
  })

  it('may stand where nothing can be listed', async () => {
    const { uri, size, identity } = (
      await indexFile(bench.file('denied.fastq', '@a\nA\n+\nI\n'), bench.service().context)
    ).index
    const asked: string[] = []
    const home = {
      find: async ({ options }: IndexTarget) => void asked.push(JSON.stringify(options)),
      keys: () => Promise.reject(new VarveError('denied', 'listing is not allowed')),
    } as unknown as IndexHome
    const opened = new OpenedFiles()
    for (const separator of [1, 2, 3]) {
      const target = { uri, size, identity, format: 'fastq', options: { separator } }
      const search = new IndexSearch(home, undefined, undefined, opened, undefined)
      expect(await search.find(target, undefined)).toBe(undefined)
    }
    expect(asked).toEqual(['{"separator":1}', '{"separator":2}', '{"separator":3}'])
  })
})

it('an index that was looked for in vain is closed', async () => {
  const path = bench.file('closed.fastq.gz', reads(100))
  const service = bench.service()
  const { index } = await indexFile(path, service.context)
  let closed = 0
  const home = {
    find: async () => ({ ...index, close: async () => void closed++ }),
  } as unknown as IndexHome
  const { uri, size, identity } = index
  const memory = new FileMemory()
  const last = memory.of(path, { size, identity })
  const target = { uri, size, identity, format: 'fastq', options: {} }
  const search = new IndexSearch(home, last, target, undefined, undefined)
  // Another file stands there by now.
  const other = memory.of(path, { size, identity: 'other' })
  const found = await search.find({ ...target, identity: 'other' }, other)
  search.close()
  await new Promise((resolve) => setTimeout(resolve, 10))
  expect(closed).toBe(1)
  await found?.close?.()
  expect(closed).toBe(2)
})
