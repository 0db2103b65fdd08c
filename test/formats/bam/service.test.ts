/** BAM through the scan service, with its threads: views, regions with and without an index, slices. */

import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { threadMeter } from '../../../src/bytes/index.ts'
import { makeSlice } from '../../../src/index/slice.ts'
import { cutRows } from '../../../src/index/strategies.ts'
import { makeSliceHandle } from '../../../src/library/slice.ts'
import { indexFile } from '../../../src/scan/build.ts'
import { NARROWED_BY } from '../../../src/scan/expected.ts'
import { pack } from '../../scan/support/corpus.ts'
import { Bench, failure, query } from '../../scan/support/service.ts'
import { encodeBam, encodeRead, type Read } from './encode.ts'
import { FOLDER, hasSamtools, present, viewed } from './support.ts'

const bench = new Bench()
const service = bench.service()

const names = ['a', 'b']
const reads = Array.from(
  { length: 200 },
  (_, i): Read => ({
    qname: `r${i}`,
    flag: 0,
    reference: i < 120 ? 0 : 1,
    pos: (i % 120) * 10,
    mapq: 60,
    cigar: [[50, 'M']],
    nextReference: -1,
    nextPos: -1,
    tlen: 0,
    seq: '',
    quals: undefined,
    tags: [{ tag: 'NM', type: 'C', value: i % 7 }],
  }),
)

describe('views', () => {
  it('need no index of their own', async () => {
    const path = bench.file('views.bam', pack(encodeBam(names, reads), 'bgzf', [4000]))
    bench.forgetIndexes()
    const call = { args: [path], named: { tags: ['NM'] }, columns: ['NM', 'qname'] }
    const rows = await query(service, 'read_bam', call)
    expect(rows).toEqual(reads.map(({ qname }, i) => [BigInt(i % 7), qname]))
    expect(bench.cached().filter((name) => name.endsWith('.parquet'))).toHaveLength(1)
    expect((await indexFile(path, service.context)).built).toBe(false)
    // Now by the index, and without another one.
    expect(await query(service, 'read_bam', call)).toEqual(rows)
    const tags = await query(service, 'read_bam', { args: [path], columns: ['tags', 'record'] })
    expect(tags[9]).toEqual([[{ tag: 'NM', type: 'i', value: '2' }], 9n])
    expect(bench.cached().filter((name) => name.endsWith('.parquet'))).toHaveLength(1)
  })

  it('a file that is no BAM', async () => {
    const path = bench.file('no.bam', 'not a bam')
    expect(await failure(query(service, 'read_bam', { args: [path] }))).toMatchObject({
      code: 'invalid-data',
      message: expect.stringContaining('starts with the bytes 6e6f7420'),
    })
  })

  it('errors name record and byte, wherever the piece began', async () => {
    const bytes = encodeBam(names, reads)
    bytes.writeInt32LE(77, bytes.length - encodeRead(reads.at(-1)!).length + 4)
    const path = bench.file('bad.bam', bytes)
    const { message } = await failure(query(service, 'read_bam', { args: [path], columns: ['qname'] }))
    expect(message).toMatch(/bam: record 199 has refID 77, expected -1 to 1 \(.*bad.bam @ byte \d+\)/)
    const kept = await query(service, 'read_bam', {
      args: [bench.file('bad2.bam', damaged())],
      named: { ignore_errors: true },
      columns: ['qname'],
    })
    expect(kept.length).toBe(reads.length - 1)
  })
})

/** The second record on a reference that does not exist. */
function damaged(): Buffer {
  const first = encodeBam(names, reads.slice(0, 1)).length
  const bytes = encodeBam(names, reads)
  bytes.writeInt32LE(9, first + 4)
  return bytes
}

describe('slices', () => {
  it('by reference, and a region', async () => {
    const path = bench.file('slices.bam', pack(encodeBam(names, reads), 'bgzf', [4000]))
    const { index } = await indexFile(path, service.context)
    const { strategies } = (await import('../../../src/formats/registry.ts')).formatNamed('bam')
    const rowsOf = async (name: string, args: Record<string, string>): Promise<string[][]> => {
      const all: string[][] = []
      for (const [i, cut] of cutRows(index, { name, args }, strategies).entries()) {
        const slice = makeSliceHandle(makeSlice(index, cut, i === 0), service.context)
        const rows: string[] = []
        for await (const batch of slice.read({ columns: ['qname'] }))
          for (const row of batch.toArray()) rows.push(String(row.qname))
        all.push(rows)
      }
      return all
    }
    const qnames = (from: number, to: number): string[] => reads.slice(from, to).map(({ qname }) => qname)
    expect(await rowsOf('rname', {})).toEqual([qnames(0, 120), qnames(120, 200)])
    // Positions 471 to 520 are begun by reads from 421 on, which have 50 bases.
    expect(await rowsOf('region', { region: 'a:471-520' })).toEqual([qnames(43, 52)])
    expect(() => cutRows(index, { name: 'region', args: { region: 'c' } }, strategies)).toThrow(
      'reference "c" is not in the file, expected one of a, b',
    )
  })
})

describe.skipIf(!present || !hasSamtools)('a region of a file with a .bai beside it', () => {
  it('is read by it, as samtools view does', async () => {
    const path = bench.file('volvox.bam', readFileSync(join(FOLDER, 'bam-js/volvox-sorted.bam')))
    copyFileSync(join(FOLDER, 'bam-js/volvox-sorted.bam.bai'), `${path}.bai`)
    const expected = viewed([path, 'ctgA:12714-12900']).map((line) => line.split('\t')[0])
    const predicates = [
      { column: 'rname', op: '=', values: ['ctgA'] },
      { column: 'pos', op: '<=', values: [12900] },
      { column: 'end_pos', op: '>=', values: [12714] },
    ] as const
    const ask = async () => {
      const rows = await query(service, 'read_bam', {
        args: [path],
        columns: ['qname', 'rname', 'pos', 'end_pos'],
        predicates,
      })
      return {
        read: rows.length,
        names: rows
          .filter((row) => row[1] === 'ctgA' && Number(row[2]) <= 12900 && Number(row[3]) >= 12714)
          .map(([name]) => name),
      }
    }
    bench.forgetIndexes()
    const before = await ask()
    expect(before.names).toEqual(expected)
    expect(before.read).toBeLessThan(5000)
    expect(bench.cached().filter((name) => name.endsWith('.parquet'))).toHaveLength(0)
    // The .bai is asked for along with the file, once, where there are conditions.
    const requestsOf = async (conditions?: boolean): Promise<number> => {
      const { requests } = threadMeter().read()
      const abort = new AbortController()
      if (conditions !== undefined) service.expect?.([path], conditions, abort.signal)
      expect((await ask()).names).toEqual(expected)
      abort.abort()
      return threadMeter().read().requests - requests
    }
    const plain = await requestsOf()
    expect([await requestsOf(true), await requestsOf(false)]).toEqual([plain, plain])
    expect(service.context.memory.last(path)?.recall(NARROWED_BY)).toBe(`${path}.bai`)
    await indexFile(path, service.context)
    await requestsOf()
    const indexed = await requestsOf()
    // Not any more.
    expect(await requestsOf(true)).toBe(indexed)
    expect(service.context.memory.last(path)?.recall(NARROWED_BY)).toBe(undefined)
  })
})
