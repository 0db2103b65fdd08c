/** .tbi and .csi beside a file: what they leave to be read holds every row in question, once. */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { memorySource } from '../../../src/bytes/memory.ts'
import { isVarveError } from '../../../src/errors.ts'
import { parseHead } from '../../../src/formats/head.ts'
import { readIndexBytes } from '../../../src/formats/tabix/bytes.ts'
import { parseCoordinateIndex } from '../../../src/formats/tabix/parse.ts'
import type { Condition } from '../../../src/formats/types.ts'
import { boundsOf, narrowVcf } from '../../../src/formats/vcf/narrow.ts'
import { random, type Value } from '../../scan/support/corpus.ts'
import { type Bound, bindBytes, readWork, scanBytes } from '../../scan/support/harness.ts'
import { FOLDER, present, type Variant } from './support.ts'

function hasTools(): boolean {
  try {
    for (const tool of ['bgzip', 'tabix', 'bcftools']) execFileSync(tool, ['--version'], { stdio: 'ignore' })
    return true
  } catch (error) {
    if (process.env.CI === 'true') throw new Error('bgzip, tabix or bcftools is missing', { cause: error })
    console.warn('SKIPPED: bgzip, tabix or bcftools is missing')
    return false
  }
}

const folder = mkdtempSync(join(tmpdir(), 'varve-vcf-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A sorted file with insertions, long deletions and positions far apart. */
function sortedVcf(records: number, seed: number): string {
  const next = random(seed)
  const lines = ['##fileformat=VCFv4.2', '##contig=<ID=1>', '##contig=<ID=2>', '##contig=<ID=10>']
  lines.push(
    '##INFO=<ID=END,Number=1,Type=Integer,Description="End">',
    '#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO',
  )
  for (const chrom of ['1', '10', '2']) {
    let pos = 1
    for (let i = 0; i < records / 3; i++) {
      pos += next(4) === 0 ? next(200_000) : next(300)
      const ref = 'ACGT'.repeat(1 + next(next(9) === 0 ? 60 : 2)).slice(next(4))
      const isLong = next(40) === 0
      const info = isLong ? `END=${pos + next(900_000)}` : `.`
      lines.push(`${chrom}\t${pos}\tv${i}\t${ref || 'A'}\t${isLong ? '<DEL>' : 'T'}\t.\tPASS\t${info}`)
    }
  }
  return `${lines.join('\n')}\n`
}

async function narrowed(bound: Bound, index: Uint8Array, ending: string, conditions: readonly Condition[]) {
  const head = parseHead(bound.source.uri, readHead(bound), true)
  const beside = async (name: (own: string) => string) =>
    name('x').endsWith(ending) ? memorySource(`memory://x${ending}`, index) : undefined
  const file = { head, source: bound.source, beside, signal: undefined }
  return narrowVcf(file, bound.layout, conditions)
}
const bytesOf = new WeakMap<Bound, Uint8Array>()
const readHead = (bound: Bound): Uint8Array => bytesOf.get(bound)!

async function bind(bytes: Uint8Array): Promise<Bound> {
  const bound = await bindBytes(bytes, 'vcf')
  bytesOf.set(bound, bytes)
  return bound
}

const key = (row: Variant): string => `${row.chrom}:${row.pos}:${row.id}:${row.ref}:${row.alt?.join()}`

/** chrom, pos, id, ref, alt, end_pos. */
const COLUMNS = [0, 1, 2, 3, 4, 9]
const placed = (rows: readonly (readonly Value[])[]): Variant[] =>
  rows.map(
    ([chrom, pos, id, ref, alt, end_pos]) => ({ chrom, pos, id, ref, alt, end_pos }) as unknown as Variant,
  )

/** The rows of the pieces, without ordinals: nobody knows those. */
async function rowsOf(bound: Bound, pieces: Awaited<ReturnType<typeof narrowed>>): Promise<Variant[]> {
  const rows: Variant[] = []
  for (const piece of pieces ?? []) rows.push(...placed((await readWork(bound, piece, COLUMNS)).rows))
  return rows
}

const anyRegion = fc.record({
  chrom: fc.constantFrom('1', '2', '10', 'Z'),
  from: fc.nat(12_000_000),
  length: fc.oneof(fc.nat(100), fc.nat(30_000), fc.nat(6_000_000)),
})

const where = ({ chrom, from, length }: { chrom: string; from: number; length: number }): Condition[] => [
  { column: 'chrom', op: '=', values: [chrom] },
  { column: 'pos', op: '<=', values: [from + length] },
  { column: 'end_pos', op: '>=', values: [from] },
]

describe.skipIf(!hasTools())('a sorted file', () => {
  it.each([
    ['.tbi', ['index', '-t', '-f']],
    ['.csi', ['index', '-c', '-f']],
    ['.csi', ['index', '-c', '-m', '10', '-f']],
  ])('%s of bcftools %j', async (ending, args) => {
    const path = join(folder, 'sorted.vcf.gz')
    writeFileSync(join(folder, 'sorted.vcf'), sortedVcf(6000, 11))
    execFileSync('sh', ['-c', 'bgzip -c "$1" > "$2"', 'sh', join(folder, 'sorted.vcf'), path])
    execFileSync('bcftools', [...args, path])
    const index = readFileSync(path + ending)
    const bytes = readFileSync(path)
    const bound = await bind(bytes)
    const all = placed((await scanBytes(bound, undefined, COLUMNS)).rows)
    await fc.assert(
      fc.asyncProperty(anyRegion, async (region) => {
        const pieces = await narrowed(bound, index, ending, where(region))
        expect(pieces).toBeDefined()
        const got = await rowsOf(bound, pieces)
        const { chrom, from, length } = region
        const holds = (row: Variant) => row.chrom === chrom && row.pos <= from + length && row.end_pos >= from
        expect(got.filter(holds).map(key)).toEqual(all.filter(holds).map(key))
        // Nothing comes twice.
        expect(new Set(got.map(key)).size).toBe(got.length)
        const read = pieces!.reduce((sum, piece) => sum + piece.to - piece.from, 0)
        if (length < 100) expect(read).toBeLessThan(bytes.length / 2)
      }),
      { numRuns: 25 },
    )
    // The rows that `bcftools view -r` prints, by overlap.
    const theirs = execFileSync('bcftools', ['view', '-H', '-r', '10:2000000-4000000', path], {
      encoding: 'utf8',
    })
    const region = { chrom: '10', from: 2_000_000, length: 2_000_000 }
    const ours = (await rowsOf(bound, await narrowed(bound, index, ending, where(region)))).filter(
      (row) => row.pos <= 4_000_000 && row.end_pos >= 2_000_000,
    )
    expect(ours.map((row) => `${row.chrom}\t${row.pos}\t${row.id}`)).toEqual(
      theirs
        .trim()
        .split('\n')
        .map((line) => line.split('\t').slice(0, 3).join('\t')),
    )
    expect(ours.length).toBeGreaterThan(20)
  })
})

describe.skipIf(!present)('real indexes', () => {
  const pairs = [
    ['tabix-js/raw.g.vcf.gz', '.tbi'],
    ['tabix-js/volvox.test.vcf.gz', '.tbi'],
    ['tabix-js/volvox.test.vcf.gz', '.csi'],
    ['tabix-js/volvox.filtered.vcf.gz', '.tbi'],
    ['tabix-js/CNVtest.vcf.gz', '.tbi'],
    ['tabix-js/OffsetTest.vcf.gz', '.tbi'],
    ['tabix-js/CrlfOffsetTest.vcf.gz', '.tbi'],
    ['cyvcf2/multi-contig.vcf.gz', '.tbi'],
    ['cyvcf2/multi-contig.vcf.gz', '.csi'],
    ['duckhts/formatcols.vcf.gz', '.csi'],
  ] as const
  it.each(pairs)('%s%s', async (path, ending) => {
    const bound = await bind(readFileSync(join(FOLDER, path)))
    const index = readFileSync(join(FOLDER, path + ending))
    const all = placed((await scanBytes(bound, undefined, COLUMNS)).rows)
    const next = random(5)
    for (let i = 0; i < 12; i++) {
      const one = all[next(all.length)]!
      const region = { chrom: one.chrom, from: Number(one.pos) - next(50), length: next(2000) }
      const holds = (row: Variant): boolean =>
        row.chrom === region.chrom && row.pos <= region.from + region.length && row.end_pos >= region.from
      const got = await rowsOf(bound, await narrowed(bound, index, ending, where(region)))
      expect(got.filter(holds).map(key)).toEqual(all.filter(holds).map(key))
    }
  })

  it.each(['tabix-js/raw.g.vcf.gz.tbi', 'cyvcf2/multi-contig.vcf.gz.csi'])('%s, damaged', async (path) => {
    const source = memorySource('memory://index', readFileSync(join(FOLDER, path)))
    const whole = Buffer.from(await readIndexBytes(source, undefined))
    const next = random(3)
    for (let i = 0; i < 400; i++) {
      const bytes = Buffer.from(whole)
      if (i < 40) bytes.writeInt32LE([-1, 2 ** 31 - 1][i & 1]!, 4 + 4 * (i >> 1))
      else bytes[next(bytes.length)] = next(256)
      const cut = i % 4 === 3 ? bytes.subarray(0, next(bytes.length)) : bytes
      try {
        const { references } = parseCoordinateIndex(cut, 'memory://index')
        expect(references.length).toBeLessThan(whole.length)
      } catch (error) {
        if (!isVarveError(error, 'invalid-data')) throw error
      }
    }
  })

  it('an index that is none is no index', async () => {
    const bound = await bind(readFileSync(join(FOLDER, 'tabix-js/volvox.test.vcf.gz')))
    const condition: Condition = { column: 'chrom', op: '=', values: ['contigA'] }
    expect(await narrowed(bound, Buffer.from('not an index'), '.tbi', [condition])).toBeUndefined()
    expect(await narrowed(bound, Buffer.from([0x1f, 0x8b, 8, 0]), '.csi', [condition])).toBeUndefined()
  })
})

describe('bounds', () => {
  const bounds = (...conditions: readonly Condition[]) => boundsOf(conditions)
  it('need a chromosome', () => {
    expect(bounds({ column: 'pos', op: '=', values: [5] })).toBeUndefined()
    expect(bounds({ column: 'chrom', op: '>=', values: ['1'] })).toBeUndefined()
  })
  it('are those of all conditions together', () => {
    const chrom: Condition = { column: 'chrom', op: 'in', values: ['1', '2', '1'] }
    expect(bounds(chrom)).toEqual({ names: ['1', '2'], from: 1, to: Number.POSITIVE_INFINITY })
    expect(bounds(chrom, { column: 'chrom', op: '=', values: ['2'] })).toMatchObject({ names: ['2'] })
    expect(
      bounds(chrom, { column: 'pos', op: '>=', values: [10.5] }, { column: 'pos', op: '<', values: [20.5] }),
    ).toMatchObject({ from: 10, to: 21 })
    expect(
      bounds(
        chrom,
        { column: 'pos', op: '<=', values: [10] },
        { column: 'end_pos', op: '>=', values: [500] },
      ),
    ).toMatchObject({ from: 10, to: 10 })
    expect(bounds(chrom, { column: 'pos', op: 'in', values: [7, 3] })).toMatchObject({ from: 3, to: 7 })
  })
})
