/** The verbs as a TypeScript library. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RecordBatch, Table } from 'apache-arrow'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createVarve } from '../../src/library/index.ts'
import type { VarveFile } from '../../src/library/types.ts'
import { csvFile, fastqFile, manyReads, manyRows, pack } from '../scan/support/corpus.ts'
import { textOf } from '../scan/support/harness.ts'
import { failure } from '../scan/support/service.ts'

const folder = mkdtempSync(join(tmpdir(), 'varve-library-'))
process.env.VARVE_CACHE = join(folder, 'cache')
const varve = createVarve({ lake: join(folder, 'lake'), jobs: 2 })

afterAll(async () => {
  await varve.close()
  rmSync(folder, { recursive: true, force: true })
})

const READS = fastqFile(manyReads(20_000, 101))
const TABLE = csvFile(manyRows(5_000, 102), { eol: '\r\n', delim: ';', finalNewline: false, blanks: [] })
const reads = join(folder, 'reads.fq.gz')
const table = join(folder, 'table.csv')

beforeAll(() => {
  writeFileSync(reads, pack(READS.raw, 'gzip', []))
  writeFileSync(table, TABLE.raw)
})

const all = async (batches: AsyncIterable<RecordBatch>): Promise<Table> => {
  const held: RecordBatch[] = []
  for await (const batch of batches) held.push(batch)
  return new Table(held)
}

describe('a file', () => {
  it('says what it is, before and after its index is there', async () => {
    const file = await varve.openFile(reads)
    expect(file.columns.map(({ name }) => name)).toEqual([
      'id',
      'description',
      'sequence',
      'quality',
      'record',
    ])
    const before = await file.info()
    expect(before).toMatchObject({
      uri: `file://${reads}`,
      format: 'fastq',
      container: 'gzip',
      size: readFileSync(reads).length,
      indexed: false,
      rows: null,
      segments: null,
    })
    const report = await file.index()
    expect(report).toMatchObject({ built: true, rows: 20_000, index: before.index })
    expect(await file.info()).toMatchObject({ indexed: true, rows: 20_000, index_bytes: report.index_bytes })
    expect((await file.index()).built).toBe(false)
    expect((await file.index({ force: true })).built).toBe(true)
  })

  it('that is missing, or of an unknown format, is refused', async () => {
    expect(await failure(varve.openFile(join(folder, 'none')))).toMatchObject({ code: 'not-found' })
    expect(await failure(varve.openFile(reads, { format: 'sam' }))).toMatchObject({ code: 'invalid-input' })
    expect(await failure(varve.openFile(reads, { signal: AbortSignal.abort() }))).toMatchObject({
      code: 'aborted',
    })
  })

  it('builds its index with progress, and stops when told to', async () => {
    const file = await varve.openFile(reads)
    let last = 0
    await file.index({ force: true, onProgress: ({ done, total }) => (last = done / total) })
    expect(last).toBeGreaterThan(0)
    const abort = new AbortController()
    const building = file.index({ force: true, signal: abort.signal, onProgress: () => abort.abort() })
    expect(await failure(building)).toMatchObject({ code: 'aborted' })
  })
})

describe('slices', () => {
  let file: VarveFile
  beforeAll(async () => {
    file = await varve.openFile(reads)
  })

  it.each([
    [{ n: 200 }, 200],
    [{ rows: 999 }, 21],
    [{ by: 'count', args: { n: '3' } }, 3],
  ] as const)('by %j', async (strategy, count) => {
    const slices = await file.slices(strategy)
    expect(slices.length).toBe(count)
    expect(slices.reduce((sum, slice) => sum + slice.rows, 0)).toBe(20_000)
    for (const slice of slices) expect(slice.byteStart).toBeLessThanOrEqual(slice.byteEnd)
  })

  it('are Arrow record batches', async () => {
    const [, slice] = await file.slices({ n: 3 })
    const found = await all(slice!.read({ columns: ['record', 'sequence', 'description'] }))
    expect(found.schema.fields.map(({ name }) => name)).toEqual(['record', 'sequence', 'description'])
    expect(found.numRows).toBe(slice!.rows)
    const expected = READS.rows.slice(slice!.firstRow, slice!.firstRow + slice!.rows)
    expect([...found.getChild('sequence')!]).toEqual(expected.map((row) => row[2]))
    expect([...found.getChild('description')!]).toEqual(expected.map((row) => row[1]))
    expect(found.get(0)!.record).toBe(BigInt(slice!.firstRow))
    const unknown = all(slice!.read({ columns: ['bases'] }))
    expect(await failure(unknown)).toMatchObject({
      code: 'invalid-input',
      message: expect.stringContaining('"bases"'),
    })
  })

  it('travel as JSON', async () => {
    const [, slice] = await file.slices({ n: 3 })
    const there = varve.parseSlice(JSON.stringify(slice))
    expect(there.toString()).toBe(slice!.toString())
    expect(varve.parseSlice(String(slice)).rows).toBe(slice!.rows)
    expect((await all(there.read({ columns: [] }))).numRows).toBe(slice!.rows)
  })

  it('are text, byte for byte; the first one, or whoever asks, begins with the header', async () => {
    const { options } = TABLE
    const csv = await varve.openFile(table, { options: options as Record<string, string> })
    const slices = await csv.slices({ n: 7 })
    const parts = await Promise.all(slices.map((slice) => textOf(slice.text())))
    expect(Buffer.concat(parts).equals(TABLE.raw)).toBe(true)
    const header = Buffer.from('id;name;amount\r\n')
    const third = await textOf(slices[3]!.text({ header: true }))
    expect(third.equals(Buffer.concat([header, parts[3]!]))).toBe(true)
    const first = await textOf(slices[0]!.text({ header: true }))
    expect(first.equals(parts[0]!)).toBe(true)
    // Also where the first slice holds no row.
    const many = await csv.slices({ n: 5_001 })
    expect(many[0]!.rows).toBe(0)
    expect((await textOf(many[0]!.text())).equals(header)).toBe(true)
  })

  it('stop when told to', async () => {
    const [slice] = await file.slices({ n: 1 })
    const abort = new AbortController()
    const reading = (async () => {
      for await (const _ of slice!.read({ signal: abort.signal })) abort.abort()
    })()
    expect(await failure(reading)).toMatchObject({ code: 'aborted' })
    const already = all(slice!.read({ signal: AbortSignal.abort() }))
    expect(await failure(already)).toMatchObject({ code: 'aborted' })
    expect(await failure(textOf(slice!.text({ signal: AbortSignal.abort() })))).toMatchObject({
      code: 'aborted',
    })
  })
})

describe('the rest', () => {
  it('lists formats with the functions that read them', () => {
    expect(varve.formats().map(({ name, functions }) => [name, functions])).toEqual([
      ['geotiff', ['read_geotiff']],
      ['las', ['read_las']],
      ['copc', ['read_copc']],
      ['parquet', ['read_parquet']],
      ['imzml', ['read_imzml']],
      ['bam', ['read_bam']],
      ['bcf', ['read_bcf']],
      ['fastq', ['read_fastq']],
      ['fasta', ['read_fasta']],
      ['vcf', ['read_vcf']],
      ['csv', ['read_csv']],
      ['lines', ['read_lines']],
      ['words', ['read_words']],
    ])
  })

  it('counts requests and bytes over all threads', async () => {
    const before = varve.meters
    const [slice] = await (await varve.openFile(reads)).slices({ n: 1 })
    await all(slice!.read())
    expect(varve.meters.bytes - before.bytes).toBeGreaterThan(readFileSync(reads).length)
    expect(varve.meters.requests).toBeGreaterThan(before.requests)
  })

  it('runs SQL, and gives all rows of the last statement', async () => {
    const rowsOf = async (sql: string): Promise<number> => {
      let rows = 0
      for await (const batch of (await varve.sql(sql)).batches) rows += batch.rows
      return rows
    }
    expect(await rowsOf('select 42')).toBe(1)
    expect(await rowsOf(`select id from '${reads}'`)).toBe(20_000)
    expect(await rowsOf(`select 1; create table t as from '${reads}' limit 7; from t`)).toBe(7)
    const made = await varve.sql('create table u (x int)')
    expect(made.returns).toBe('nothing')
    await made.close()
    // One that is left early, or closed unread, does not stand in the way of the next.
    for await (const _ of (await varve.sql(`select id from '${reads}'`)).batches) break
    await (await varve.sql(`select id from '${reads}'`)).close()
    expect(await rowsOf('select * from range(5)')).toBe(5)
    expect(await failure(varve.sql('  -- nothing\n'))).toMatchObject({ code: 'invalid-input' })
    expect(await failure(varve.sql('select no_such_column'))).toMatchObject({ code: 'invalid-input' })
    expect(await rowsOf('select 1')).toBe(1)
  })
})
