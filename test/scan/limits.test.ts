/** Nobody pays for rows that nobody wants. */

import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { threadMeter } from '../../src/bytes/index.ts'
import { indexFile } from '../../src/scan/build.ts'
import { openFiles } from '../contract/open-files.ts'
import { fastqFile, manyReads, pack } from './support/corpus.ts'
import { Bench, eachBatch, failure, query } from './support/service.ts'

const bench = new Bench()
const service = bench.service()
const MIB = 1 << 20

const CORPUS = fastqFile(manyReads(90_000, 71))
const PATHS: Record<string, string> = {}

beforeAll(() => {
  for (const packing of ['plain', 'gzip', 'bgzf'] as const)
    PATHS[packing] = bench.file(`large.${packing}`, pack(CORPUS.raw, packing, [60_000]))
})

/** Bytes and requests until the counters stand still. */
async function cost(work: () => Promise<unknown>): Promise<{ requests: number; bytes: number }> {
  const before = threadMeter().read()
  await work()
  for (let last = -1; last !== threadMeter().read().bytes; await sleep(60)) last = threadMeter().read().bytes
  const { requests, bytes } = threadMeter().read()
  return { requests: requests - before.requests, bytes: bytes - before.bytes }
}

async function first(path: string, batches: number): Promise<number> {
  const bound = await service.bind({ name: 'read_fastq', args: [path], named: {} })
  const stream = service.scan({ bound: bound.id, columns: [0, 1, 2, 3, 4], predicates: [] })
  let rows = 0
  for (let i = 0; i < batches; i++) rows += (await stream.next())?.rows ?? 0
  stream.close()
  service.unbind(bound.id)
  return rows
}

describe.each(['plain', 'gzip', 'bgzf'] as const)('a large file in %s', (packing) => {
  it('gives its first rows from its first MiB', async () => {
    bench.forgetIndexes()
    let rows = 0
    const { bytes } = await cost(async () => {
      rows = await first(PATHS[packing]!, 1)
    })
    expect(rows).toBeGreaterThan(1_000)
    expect(rows).toBeLessThanOrEqual(2_048)
    expect(bytes).toBeLessThanOrEqual(MIB)
    expect(bench.cached()).toEqual([])
  })

  it('stops fetching when the reader has enough, and leaves no index', async () => {
    bench.forgetIndexes()
    const part = pack(CORPUS.raw, packing, [60_000])
    const path = bench.file(`huge.${packing}`, Buffer.concat(Array.from({ length: 6 }, () => part)))
    const { bytes } = await cost(() => first(path, 2))
    // Some pieces ahead for each of two threads, not the rest of the file.
    expect(bytes).toBeLessThan(part.length * 5)
    expect(bench.cached()).toEqual([])
    rmSync(path)
  })

  it('gives rows of its middle by the index for little more than they take', async () => {
    const path = PATHS[packing]!
    const { index } = await indexFile(path, service.context)
    const middle = 45_000
    const predicates = [
      { column: 'record', op: '>=' as const, values: [middle] },
      { column: 'record', op: '<' as const, values: [middle + 5] },
    ]
    let rows: unknown[] = []
    const { bytes, requests } = await cost(async () => {
      rows = await query(service, 'read_fastq', { args: [path], columns: ['id'], predicates })
    })
    expect(rows).toEqual(CORPUS.rows.slice(middle, middle + 5).map(([id]) => [id]))
    const span = index.size / index.segments.length
    // The head, which says what the file is; the index; a window; a span.
    expect(bytes).toBeLessThan(MIB + index.bytes + 2 * span + 256 * 1024)
    expect(requests).toBeLessThanOrEqual(8)
    bench.forgetIndexes()
  })

  it('is let go of by every thread when scans end early', async () => {
    bench.forgetIndexes()
    for (let i = 0; i < 6; i++) await first(PATHS[packing]!, 1 + (i % 3))
    await expect.poll(() => openFiles((path) => path === PATHS[packing]), { timeout: 5000 }).toBe(0)
  })

  it('is let go of when it is refused', async () => {
    const wrong: Record<string, string>[] = [{ format: 'csv', delim: 'much too long' }, { format: 'none' }]
    for (const named of wrong) await failure(query(service, 'read_auto', { args: [PATHS[packing]!], named }))
    expect(openFiles((path) => path === PATHS[packing])).toBe(0)
  })

  it('is let go of when a scan ends, or fails', async () => {
    expect(await query(service, 'read_fastq', { args: [PATHS[packing]!], columns: ['record'] })).toHaveLength(
      90_000,
    )
    bench.forgetIndexes()
    const failing = eachBatch(service, 'read_fastq', { args: [PATHS[packing]!], columns: ['id'] }, () => {
      throw new Error('the reader has failed')
    })
    expect(await failure(failing)).toMatchObject({ message: 'the reader has failed' })
    await expect.poll(() => openFiles((path) => path === PATHS[packing]), { timeout: 5000 }).toBe(0)
  })
})

describe('a stream', () => {
  it('that is closed says so, and never again gives rows', async () => {
    const bound = await service.bind({ name: 'read_fastq', args: [PATHS.plain!], named: {} })
    const stream = service.scan({ bound: bound.id, columns: [0], predicates: [] })
    await stream.next()
    const pending = stream.next()
    stream.close()
    expect(await failure(pending)).toMatchObject({ code: 'aborted' })
    expect(await failure(stream.next())).toMatchObject({ code: 'aborted' })
    stream.close()
    service.unbind(bound.id)
  })

  it('ends quietly, however often one asks', async () => {
    const path = bench.file('small.fq', '@a\nA\n+\n!\n')
    const bound = await service.bind({ name: 'read_fastq', args: [path], named: {} })
    const stream = service.scan({ bound: bound.id, columns: [], predicates: [] })
    expect((await stream.next())?.rows).toBe(1)
    for (let i = 0; i < 3; i++) expect(await stream.next()).toBe(undefined)
    service.unbind(bound.id)
    expect(() => service.scan({ bound: bound.id, columns: [], predicates: [] })).toThrow(/not bound/)
  })

  it('of several scans at once: each has its own rows', async () => {
    const paths = ['plain', 'gzip', 'bgzf'].map((packing) => PATHS[packing]!)
    const expected = CORPUS.rows.map(([id], i) => [id, BigInt(i)])
    const all = await Promise.all(
      paths.map((path) => query(service, 'read_fastq', { args: [path], columns: ['id', 'record'] })),
    )
    for (const rows of all) expect(rows).toEqual(expected)
  })

  it('makes progress up to the file’s size', async () => {
    bench.forgetIndexes()
    const seen: number[] = []
    let total = 0
    await eachBatch(service, 'read_fastq', { args: [PATHS.plain!], columns: ['id'] }, (_, stream) => {
      seen.push(stream.progress.done)
      total = stream.progress.total
    })
    expect(total).toBe(CORPUS.raw.length)
    expect(seen).toEqual([...seen].sort((a, b) => a - b))
    expect(seen.at(-1)).toBe(total)
  })
})

describe('many files', () => {
  it('are one table, in order, with the file’s name; ordinals begin anew in each', async () => {
    const parts = [0, 1, 2].map((i) => CORPUS.rows.slice(i * 100, i * 100 + 100))
    parts.forEach((rows, i) => {
      const text = rows.map(
        ([id, description, sequence, quality]) =>
          `@${id}${description === null ? '' : ` ${description}`}\n${sequence}\n+\n${quality}\n`,
      )
      const raw = Buffer.from(text.join(''))
      bench.file(`many/part-${i}.fq${i === 1 ? '.gz' : ''}`, pack(raw, i === 1 ? 'gzip' : 'plain', []))
    })
    const pattern = `${bench.folder}/many/part-*`
    const rows = await query(service, 'read_fastq', {
      args: [pattern],
      columns: ['id', 'record', 'filename'],
    })
    expect(rows).toEqual(
      parts.flatMap((part, i) =>
        part.map(([id], k) => [id, BigInt(k), `${bench.folder}/many/part-${i}.fq${i === 1 ? '.gz' : ''}`]),
      ),
    )
    // In any order of columns, and as often as asked.
    const twice = await query(service, 'read_fastq', {
      args: [pattern],
      columns: ['filename', 'id', 'filename'],
    })
    expect(twice[150]).toEqual([rows[150]![2], rows[150]![0], rows[150]![2]])
    expect(
      await failure(query(service, 'read_fastq', { args: [`${bench.folder}/many/none-*`] })),
    ).toMatchObject({
      code: 'not-found',
    })
  })
})
