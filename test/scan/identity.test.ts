/** The law of identity: bytes of two versions of a file are never mixed, and an index is right or an error. */

import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeSlice, parseSlice, type SliceValue, sliceToJson } from '../../src/index/slice.ts'
import { cutRows } from '../../src/index/strategies.ts'
import { makeSliceHandle } from '../../src/library/slice.ts'
import { indexFile } from '../../src/scan/build.ts'
import { csvFile, fastqFile, manyReads, manyRows, numberedCsv, pack } from './support/corpus.ts'
import { numbered, textOf } from './support/harness.ts'
import { Bench, eachBatch, failure, query } from './support/service.ts'

const bench = new Bench()
const service = bench.service()

const READS = manyReads(20_000, 31)
const LARGE = fastqFile(READS)
const OTHER = fastqFile(manyReads(20_000, 32))

describe.each(['plain', 'gzip', 'bgzf'] as const)('a file in %s that is overwritten', (packing) => {
  const before = pack(LARGE.raw, packing, [60_000])
  const after = pack(OTHER.raw, packing, [60_000])

  it('between bind and scan is stale', async () => {
    const path = bench.file(`bound.${packing}`, before)
    const bound = await service.bind({ name: 'read_fastq', args: [path], named: {} })
    writeFileSync(path, after)
    const stream = service.scan({ bound: bound.id, columns: [0, 2], predicates: [] })
    const rows = async () => {
      for (let batch = await stream.next(); batch !== undefined; batch = await stream.next())
        stream.release(batch)
    }
    expect(await failure(rows())).toMatchObject({ code: 'stale', message: expect.stringContaining(path) })
    service.unbind(bound.id)
    // The next query sees the new file, and all of it.
    expect(await query(service, 'read_fastq', { args: [path], columns: ['id', 'record'] })).toEqual(
      numbered(OTHER.rows.map((row) => [row[0]!])),
    )
  })

  it('during a scan is stale, and leaves no index', async () => {
    bench.forgetIndexes()
    const path = bench.file(`scanned.${packing}`, before)
    let batches = 0
    const scanning = eachBatch(service, 'read_fastq', { args: [path], columns: ['id'] }, async () => {
      if (batches++ === 0) writeFileSync(path, after)
    })
    expect(await failure(scanning)).toMatchObject({ code: 'stale' })
    expect(bench.cached()).toEqual([])
  })

  it('after its index was made has none, and its slices are stale', async () => {
    const path = bench.file(`indexed.${packing}`, before)
    const { index } = await indexFile(path, service.context)
    const slices = cutRows(index, { name: 'count', args: { n: 3 } }).map((range, i) =>
      sliceToJson(makeSlice(index, range, i === 0)),
    )
    expect(await query(service, 'read_slice', { args: [slices], columns: ['record'] })).toHaveLength(20_000)
    // The same bytes with one changed, so that every place in the index would still fit.
    const changed = Buffer.from(before)
    if (packing === 'plain') changed[changed.length - 10]! ^= 1
    writeFileSync(path, changed)
    for (const slice of slices) {
      expect(await failure(query(service, 'read_slice', { args: [slice] }))).toMatchObject({ code: 'stale' })
      const text = textOf(makeSliceHandle(parseSlice(slice), service.context).text())
      expect(await failure(text)).toMatchObject({ code: 'stale' })
    }
    expect((await indexFile(path, service.context)).built).toBe(true)
  })
})

describe('a slice', () => {
  it('survives that its index is built anew, for the windows are the same', async () => {
    const path = bench.file('rebuilt.gz', pack(LARGE.raw, 'gzip', []))
    const { index } = await indexFile(path, service.context)
    const slice = sliceToJson(makeSlice(index, cutRows(index, { name: 'count', args: { n: 4 } })[3]!, false))
    expect(parseSlice(slice).window).not.toBe(null)
    await sleep(20)
    await indexFile(path, service.context, { force: true })
    const rows = await query(service, 'read_slice', { args: [slice], columns: ['record'] })
    expect(rows.map(([record]) => record)).toEqual(
      Array.from({ length: 5_000 }, (_, i) => BigInt(15_000 + i)),
    )
    for (const file of bench.cached()) rmSync(file)
    expect(await failure(query(service, 'read_slice', { args: [slice] }))).toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('.parquet'),
    })
  })

  it('that was edited is refused, whatever was edited', async () => {
    const path = bench.file('edited.gz', pack(LARGE.raw, 'gzip', []))
    const { index } = await indexFile(path, service.context)
    const json = sliceToJson(makeSlice(index, { firstRow: 15_000, rows: 100 }, false))
    const places: (readonly string[])[] = []
    const walk = (value: unknown, at: readonly string[]): void => {
      if (value !== null && typeof value === 'object')
        for (const [name, inner] of Object.entries(value)) walk(inner, [...at, name])
      else places.push(at)
    }
    walk(JSON.parse(json), [])
    expect(places.length).toBeGreaterThan(30)
    for (const place of places) {
      for (const change of [
        (value: unknown) =>
          typeof value === 'number' ? value + 1 : typeof value === 'string' ? `${value}x` : !value,
        () => null,
        () => undefined,
        () => -1,
      ]) {
        const edited = JSON.parse(json) as Record<string, unknown>
        const holder = place
          .slice(0, -1)
          .reduce((inner, name) => inner[name] as Record<string, unknown>, edited)
        const last = place.at(-1)!
        holder[last] = change(holder[last])
        if (JSON.stringify(edited) === json) continue
        expect(
          await failure((async () => parseSlice(JSON.stringify(edited)))()),
          place.join('.'),
        ).toMatchObject({
          code: 'invalid-input',
          message: expect.stringMatching(/^slice: /),
        })
      }
    }
    const extra = JSON.stringify({ ...(JSON.parse(json) as object), token: 'x' })
    expect(() => parseSlice(extra)).toThrow(/^slice: /)
  })

  it('is read whatever the order of its keys and the white space between them', async () => {
    const path = bench.file('keys.fq', LARGE.raw)
    const { index } = await indexFile(path, service.context)
    const slice = makeSlice(index, { firstRow: 10, rows: 5 }, false)
    const reversed = (value: unknown): unknown =>
      value !== null && typeof value === 'object' && !Array.isArray(value)
        ? Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([name, inner]) => [name, reversed(inner)]),
          )
        : value
    const pretty = JSON.stringify(reversed(JSON.parse(sliceToJson(slice))), null, 2)
    expect(parseSlice(pretty)).toEqual(JSON.parse(JSON.stringify(slice)) as SliceValue)
  })

  it('holds no credentials and is one line', async () => {
    const path = bench.file('line.fq', LARGE.raw)
    const { index } = await indexFile(path, service.context)
    const json = sliceToJson(makeSlice(index, { firstRow: 0, rows: 1 }, true))
    expect(json).not.toContain('\n')
    expect(Object.keys(JSON.parse(json) as object)).toEqual([
      'v',
      'uri',
      'identity',
      'size',
      'layout',
      'first',
      'firstRow',
      'rows',
      'run',
      'window',
      'check',
    ])
  })
})

describe('an index', () => {
  const csv = csvFile(manyRows(40_000, 33), { eol: '\n', delim: ',', finalNewline: true, blanks: [] })
  const predicates = [{ column: 'id', op: '>=' as const, values: [30_000] }]

  async function prepared(name: string, gzip: boolean) {
    bench.forgetIndexes()
    const path = bench.file(name, gzip ? pack(csv.raw, 'gzip', []) : csv.raw)
    const options = csv.options
    const built = await indexFile(path, service.context, { format: 'csv', options })
    expect(built.index.segments.length).toBeGreaterThan(1)
    const [file] = bench.cached()
    const call = { args: [path], named: options as Record<string, string>, columns: ['id', 'record'] }
    return { path, options, file: file!, bytes: readFileSync(file!), call }
  }

  it.each([false, true])('with flipped bytes is an error or right (gzip: %s)', async (gzip) => {
    const { file, bytes, call } = await prepared(`flipped.${gzip}.csv`, gzip)
    const expected = numberedCsv(csv.rows)
    const total = expected.length
    let refused = 0
    // All of the footer, which is small, and places all over the file.
    const anywhere = fc.oneof(
      fc.nat(bytes.length - 1),
      fc.nat(2_000).map((back) => Math.max(0, bytes.length - 1 - back)),
    )
    await fc.assert(
      fc.asyncProperty(anywhere, fc.integer({ min: 1, max: 255 }), async (at, mask) => {
        const damaged = Buffer.from(bytes)
        damaged[at]! ^= mask
        writeFileSync(file, damaged)
        try {
          // Nothing but the rows' number, which the index answers; some rows, by its zones; the rows themselves.
          expect(await countRows(call)).toBe(total)
          const pruned = await query(service, 'varve_read_csv', { ...call, predicates })
          expect(pruned.filter(([id]) => (id as bigint) >= 30_000n)).toEqual(expected.slice(30_000))
        } catch (error) {
          if ((error as { code?: string }).code !== 'invalid-data') throw error
          expect((error as Error).message).toContain('--force')
          refused++
        }
      }),
      { numRuns: 50 },
    )
    expect(refused).toBeGreaterThan(5)
    writeFileSync(file, bytes)
  })

  async function countRows(call: { args: string[]; named: Record<string, string> }): Promise<number> {
    const bound = await service.bind({ name: 'varve_read_csv', args: call.args, named: call.named })
    const stream = service.scan({ bound: bound.id, columns: [], predicates: [] })
    let rows = 0
    for (let batch = await stream.next(); batch !== undefined; batch = await stream.next()) rows += batch.rows
    service.unbind(bound.id)
    return rows
  }

  it('that is truncated, empty, of another file or something else is an error until it is forced', async () => {
    const { path, options, file, bytes, call } = await prepared('truncated.csv', true)
    const other = bench.file('other.csv', 'id,name,amount\n1,a,2\n')
    const foreign = await indexFile(other, service.context, { format: 'csv', options })
    const damages: Record<string, Uint8Array> = {
      empty: Buffer.alloc(0),
      foreign: readFileSync(new URL(foreign.index.location)),
      text: Buffer.from('PAR1 is how I begin, PAR1'),
      noise: Buffer.alloc(5_000, 'PAR1'),
      ...Object.fromEntries(
        [1, 4, 100, bytes.length >> 1, bytes.length - 1].map((n) => [`cut${n}`, bytes.subarray(0, n)]),
      ),
      longer: Buffer.concat([bytes, Buffer.from([0])]),
    }
    for (const [name, damage] of Object.entries(damages)) {
      writeFileSync(file, damage)
      const expected = { code: 'invalid-data', message: expect.stringMatching(/index .*--force/) }
      expect(await failure(query(service, 'varve_read_csv', call)), name).toMatchObject(expected)
      expect(await failure(indexFile(path, service.context, { format: 'csv', options })), name).toMatchObject(
        expected,
      )
    }
    const { built } = await indexFile(path, service.context, { format: 'csv', options, force: true })
    expect(built).toBe(true)
    expect(readFileSync(file).equals(bytes)).toBe(true)
    expect(await query(service, 'varve_read_csv', call)).toEqual(numberedCsv(csv.rows))
  })

  it('whose building is interrupted leaves nothing behind', async () => {
    for (const packing of ['plain', 'gzip', 'bgzf'] as const) {
      bench.forgetIndexes()
      const path = bench.file(`interrupted.${packing}`, pack(LARGE.raw, packing, [60_000]))
      const abort = new AbortController()
      const building = indexFile(path, service.context, {
        signal: abort.signal,
        onProgress: () => abort.abort(),
      })
      // A file that is done before the first progress is told must be done whole.
      const outcome = await building.then(
        () => 'built',
        (error: { code: string }) => error.code,
      )
      expect(outcome).toBe('aborted')
      expect(bench.cached()).toEqual([])
    }
    const path = bench.file('interrupted.before', LARGE.raw)
    const signal = AbortSignal.abort()
    expect(await failure(indexFile(path, service.context, { signal }))).toMatchObject({ code: 'aborted' })
    expect(bench.cached()).toEqual([])
  })
})
