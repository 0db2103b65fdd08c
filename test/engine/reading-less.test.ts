/** What pushdown and LIMIT spare, in bytes and requests; and that a damaged index costs nothing but speed. */

import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { parquetMetadata } from 'hyparquet'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { threadMeter } from '../../src/bytes/index.ts'
import { openSession } from '../../src/engine/session.ts'
import type { RunOptions } from '../../src/engine/types.ts'
import { csv } from '../../src/formats/csv/index.ts'
import type { Value } from '../../src/formats/values.ts'
import { openFile } from '../../src/scan/file.ts'
import { TABLE_FUNCTIONS } from '../../src/scan/functions/index.ts'
import { indexFinely } from '../model/pushdown/fine-index.ts'
import { Bench } from '../scan/support/service.ts'
import { rowsIn } from './sessions.ts'

const MIB = 1 << 20
const bench = new Bench()
const service = bench.service()
const session = openSession({ scan: service, functions: TABLE_FUNCTIONS })
afterAll(() => session.close())

const rows = (sql: string, options?: RunOptions): Promise<Value[][]> => rowsIn(session, sql, options)

/** What a statement reads from stores. */
async function cost(sql: string, options?: RunOptions) {
  const meter = threadMeter()
  const before = meter.read()
  const result = await rows(sql, options)
  // Requests that were on their way when the statement ended.
  await new Promise((resolve) => setTimeout(resolve, 50))
  const after = meter.read()
  return { result, requests: after.requests - before.requests, bytes: after.bytes - before.bytes }
}

describe('LIMIT', () => {
  const LINES = 640_000
  const text = Array.from({ length: LINES }, (_, i) => `${i}`.padStart(99, '.')).join('\n')
  /** Deflate makes half of it. */
  const noise = Array.from({ length: 160_000 }, () => randomBytes(49).toString('hex')).join('\n')
  let plain: string
  let packed: string
  const kinds = (): [name: string, path: string, whole: number][] => [
    ['plain', plain, text.length],
    ['gz', packed, readFileSync(packed).length],
  ]

  beforeAll(async () => {
    plain = bench.file('long.lines', text)
    packed = bench.file('long.lines.gz', gzipSync(noise, { level: 1 }))
  })

  /** Head, and what the first task reads ahead. */
  const FEW = 6 * MIB

  for (const indexed of [false, true])
    it(`ends the scan early, ${indexed ? 'with' : 'without'} an index`, async () => {
      for (const [name, path, whole] of kinds()) {
        if (indexed) await rows(`call varve_index('${path}')`)
        const from = `from read_lines('${path}')`
        const whereabouts = `${name} ${indexed}`
        const first = await cost(`select record ${from} limit 5`)
        expect(first.result.flat(), whereabouts).toEqual([0n, 1n, 2n, 3n, 4n])
        expect(first.bytes, whereabouts).toBeLessThan(Math.min(FEW, whole * 0.6))
        const next = await cost(`select record ${from} limit 5 offset 100`)
        expect(next.result.flat()).toEqual([100n, 101n, 102n, 103n, 104n])
        expect(next.bytes, whereabouts).toBeLessThan(Math.min(FEW, whole * 0.6))
        const inside = await cost(`select count(*) from (select * ${from} limit 5)`)
        expect(inside.result).toEqual([[5n]])
        expect(inside.bytes, whereabouts).toBeLessThan(Math.min(FEW, whole * 0.6))
        const none = await cost(`select record ${from} limit 0`)
        expect(none.result).toEqual([])
        expect(none.bytes, whereabouts).toBeLessThan(2 * MIB)
      }
    })

  it('behind a WHERE reads from where the rows can be', async () => {
    const deep = await cost(`select record from read_lines('${plain}') where record >= 600000 limit 3`)
    expect(deep.result.flat()).toEqual([600000n, 600001n, 600002n])
    expect(deep.bytes).toBeLessThan(FEW)
  })

  it('a consumer that stops ends the scan', async () => {
    const meter = threadMeter()
    const before = meter.read().bytes
    for await (const result of session.run(`from read_lines('${plain}')`))
      for await (const _ of result.batches) break
    await new Promise((resolve) => setTimeout(resolve, 50))
    // The engine is some batches ahead of its reader, and the scan some tasks ahead of the engine.
    expect(meter.read().bytes - before).toBeLessThan(text.length / 2)
    expect(await rows('select 1')).toEqual([[1]])
  })
})

describe('count(*)', () => {
  const text = Array.from({ length: 50_000 }, (_, i) => `${i}`.padStart(99, '.')).join('\n')
  let path: string
  beforeAll(async () => {
    path = bench.file('counted.lines', text)
    await rows(`call varve_index('${path}')`)
  })

  it('reads nothing that the index knows', async () => {
    for (const sql of [
      `select count(*) from read_lines('${path}')`,
      `select count(*) as n from read_lines('${path}') t`,
      `select (select count(*) from read_lines('${path}'))`,
      `with c as (select count(*) from read_lines('${path}')) from c`,
    ]) {
      const counted = await cost(sql)
      expect(counted.result, sql).toEqual([[50_000n]])
      // Opening the file brings its head.
      expect(counted.bytes, sql).toBeLessThan(1.2 * MIB)
    }
  })

  it('is the number of rows in every other shape, too', async () => {
    const from = `from read_lines('${path}')`
    expect(await rows(`select count(*), max(line) is not null ${from}`)).toEqual([[50_000n, true]])
    expect(await rows(`select count(*) filter (record > 9) ${from}`)).toEqual([[49_990n]])
    expect(await rows(`select count(line), count(distinct line) ${from}`)).toEqual([[50_000n, 50_000n]])
    expect(await rows(`select count(*) ${from} group by record % 2`)).toEqual([[25_000n], [25_000n]])
    expect(await rows(`select count(*) ${from} having max(line) is not null`)).toEqual([[50_000n]])
    expect(await rows(`select count(*) ${from}, range(2)`)).toEqual([[100_000n]])
    expect(await rows(`select count(*) ${from} tablesample 100%`)).toEqual([[50_000n]])
    expect(await rows(`select count(*) over () ${from} limit 1`)).toEqual([[50_000n]])
    expect(await rows(`select count(*) ${from}`, { pushdown: false })).toEqual([[50_000n]])
  })

  it('of a list of files, of a file without an index, and of one with bad records', async () => {
    const bare = bench.file('bare.csv', 'a,b\n1,2\n3,4\n5,6,7\n')
    expect(await rows(`select count(*) from read_lines(['${path}', '${path}'])`)).toEqual([[100_000n]])
    const forgiving = `varve_read_csv('${bare}', ignore_errors := true, columns := {'a': 'INT', 'b': 'INT'}, header := true)`
    expect(await rows(`select count(*) from ${forgiving}`)).toEqual(
      await rows(`select count(a) from ${forgiving}`),
    )
    expect(await rows(`select count(*) from slices('${path}', n := 3)`)).toEqual([[3n]])
  })
})

describe('an index with damaged zones', () => {
  const text = `n,s\n${Array.from({ length: 500 }, (_, i) => `${i},word${i}`).join('\n')}\n`
  const QUERIES = [
    'n = 250',
    'n < 20',
    "s = 'word77'",
    'n is null',
    'n between 100 and 110',
    "s like 'word49%'",
  ]
  let path: string

  const answers = async (pushdown: boolean): Promise<unknown> => {
    const all = []
    for (const where of QUERIES)
      all.push(await rows(`from varve_read_csv('${path}') where ${where}`, { pushdown }))
    return all
  }
  const kept = async (where: string): Promise<Value[]> =>
    (
      await rows('select segments_kept, segments from explain_scan($1)', {
        params: [`from varve_read_csv('${path}') where ${where}`],
      })
    )[0]!
  const indexPath = async (): Promise<string> => {
    const file = await openFile(path, service.context)
    await file.close()
    return fileURLToPath(file.index!.location)
  }

  beforeAll(() => {
    path = bench.file('zoned.csv', text)
  })

  it('prunes as long as it is whole', async () => {
    await indexFinely(path, csv, service.context)
    const [some, all] = await kept('n = 250')
    expect([some, Number(all) > 10]).toEqual([1n, true])
    expect(await answers(true)).toEqual(await answers(false))
  })

  it('only costs speed when bytes of the zones are flipped', async () => {
    const place = await indexPath()
    const whole = readFileSync(place)
    const columns = parquetMetadata(new Uint8Array(whole).buffer).row_groups[0]!.columns
    const zones = columns.filter(({ meta_data: data }) => /^(min|max|nulls)_/.test(data!.path_in_schema[0]!))
    expect(zones).toHaveLength(6)
    const expected = await answers(false)
    for (const { meta_data: data } of zones) {
      const start = Number(data!.dictionary_page_offset ?? data!.data_page_offset)
      const size = Number(data!.total_compressed_size)
      for (const share of [0, 0.5, 0.99]) {
        const bytes = Buffer.from(whole)
        bytes[start + Math.floor(size * share)]! ^= 0x55
        writeFileSync(place, bytes)
        expect(await answers(true)).toEqual(expected)
        const [some, all] = await kept('n = 250')
        expect(some).toEqual(all)
      }
    }
    writeFileSync(place, whole)
    expect((await kept('n = 250'))[0]).toBe(1n)
  })

  it('only costs speed where zones are missing, in all segments or in some', async () => {
    const expected = await answers(false)
    for (const missing of [(i: number) => i >= 0, (i: number) => i % 2 === 0]) {
      await indexFinely(path, csv, service.context, {
        mend: (segments) => segments.map((segment, i) => (missing(i) ? { ...segment, zones: [] } : segment)),
      })
      expect(await answers(true)).toEqual(expected)
      const [some, all] = await kept('n is null')
      expect(Number(some)).toBe(Array.from({ length: Number(all) }, (_, i) => i).filter(missing).length)
    }
  })
})
