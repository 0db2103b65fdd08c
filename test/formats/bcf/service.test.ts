/** BCF through the scan service, with its threads: `read_vcf` of it, one index, and the .csi beside a file. */

import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cutRows } from '../../../src/index/strategies.ts'
import { indexFile } from '../../../src/scan/build.ts'
import { pack, random } from '../../scan/support/corpus.ts'
import { Bench, failure, query } from '../../scan/support/service.ts'
import { FOLDER, present } from '../vcf/support.ts'
import { HEADER } from './arbitrary.ts'
import { encodeBcf, type Variant, vcfText } from './encode.ts'
import { bcftools, hasBcftools } from './support.ts'

const bench = new Bench()
const service = bench.service()

const TEXT = HEADER(1)
const variants = Array.from(
  { length: 200 },
  (_, i): Variant => ({
    chrom: i < 120 ? 0 : 4,
    pos: (i % 120) * 10,
    rlen: 1,
    qual: 29.5,
    id: `v${i}`,
    alleles: ['A', 'C'],
    filters: [0],
    info: [[9, { type: 'int8', items: [i % 97] }]],
    format: [[10, [{ type: 'int8', items: [2, 4] }]]],
    samples: 1,
  }),
)
const bytes = pack(encodeBcf(TEXT, variants), 'bgzf', [4000])

describe('read_vcf', () => {
  it('reads BCF by its head or its name, alone or among VCF, with one index for every view', async () => {
    const path = bench.file('one.bcf', bytes)
    const disguised = bench.file('two.vcf.gz', bytes)
    const text = bench.file('three.vcf', vcfText(TEXT, variants))
    bench.forgetIndexes()
    const columns = ['id', 'pos']
    const expected = variants.map(({ id, pos }) => [id, BigInt(pos + 1)])
    for (const [reader, ...paths] of [
      ['read_bcf', path],
      ['read_vcf', path],
      ['read_vcf', disguised],
      ['read_auto', path],
      ['read_vcf', path, text],
      ['read_vcf', text, path],
      ['read_auto', path, text],
      ['read_auto', text, path],
    ] as const) {
      const rows = await query(service, reader, { args: [paths], columns })
      expect(rows).toEqual(paths.flatMap(() => expected))
    }
    expect(bench.cached().filter((name) => name.endsWith('.parquet'))).toHaveLength(3)
    const call = { args: [path], named: { info: ['DP'] }, columns: ['info'] }
    expect((await query(service, 'read_vcf', call))[5]).toEqual([{ DP: 5 }])
    expect(bench.cached().filter((name) => name.endsWith('.parquet'))).toHaveLength(3)
    for (const format of [undefined, 'vcf', 'bcf'])
      expect(await indexFile(path, service.context, { format })).toMatchObject({
        built: false,
        format: 'bcf',
      })
  })

  it('says of a file of neither kind what VCF misses', async () => {
    const path = bench.file('no.bcf', 'not a bcf')
    const asked = (reader: string) => failure(query(service, reader, { args: [path] }))
    expect(await asked('read_bcf')).toMatchObject({ message: expect.stringContaining('6e6f742061') })
    expect(await asked('read_vcf')).toMatchObject({ message: expect.stringContaining('a line starts with') })
  })
})

describe('slices', () => {
  it('by chromosome, and a region', async () => {
    const { index } = await indexFile(bench.file('slices.bcf', bytes), service.context)
    const { strategies } = (await import('../../../src/formats/registry.ts')).formatNamed('bcf')
    expect(cutRows(index, { name: 'chrom', args: {} }, strategies)).toEqual([
      { firstRow: 0, rows: 120 },
      { firstRow: 120, rows: 80 },
    ])
    const region = (text: string) => cutRows(index, { name: 'region', args: { region: text } }, strategies)
    expect(region('2:11-20')[0]).toMatchObject({
      where: expect.arrayContaining([{ column: 'chrom', op: '=', values: ['2'] }]),
    })
    expect(() => region('Y')).toThrow('chromosome "Y" is not in the file, expected one of')
  })
})

describe.skipIf(!hasBcftools)('a region of a file with a .csi beside it', () => {
  /** Sorted, with long deletions and positions far apart. */
  const next = random(4)
  const long: Variant[] = [0, 1, 4].flatMap((chrom) => {
    let pos = 0
    return Array.from({ length: 3000 }, (_, i) => {
      pos += next(4) === 0 ? next(20_000) : next(300)
      const rlen = next(40) === 0 ? 1 + next(90_000) : 1
      return {
        ...variants[0]!,
        chrom,
        pos,
        rlen,
        id: `${chrom}.${i}`,
        info: [[2, { type: 'int32', items: [pos + rlen] }]],
      }
    })
  })

  it.each([
    ['index', '-c'],
    ['index', '-c', '-m', '10'],
  ])('is read by it, as bcftools view -r does: %s %s %s', async (...args) => {
    const path = bench.file('region.bcf', pack(encodeBcf(TEXT, long), 'bgzf', [4000]))
    bcftools([...args, '-f', path])
    for (const [chrom, from, to] of [
      ['1', 1_000_000, 1_001_000],
      ['2', 5000, 5000],
      ['HLA-A*01:01', 3_000_000, 3_400_000],
    ] as const) {
      const region = `${chrom}\t${from}\t${to}\n`
      const regions = join(bench.folder, 'regions.txt')
      writeFileSync(regions, region)
      const expected = bcftools(['query', '-f', '%ID\\n', '-R', regions, path])
        .toString('utf8')
        .split('\n')
        .slice(0, -1)
      const predicates = [
        { column: 'chrom', op: '=', values: [chrom] },
        { column: 'pos', op: '<=', values: [to] },
        { column: 'end_pos', op: '>=', values: [from] },
      ] as const
      const ask = async () => {
        const columns = ['id', 'chrom', 'pos', 'end_pos']
        const rows = await query(service, 'read_vcf', { args: [path], columns, predicates })
        const kept = rows.filter((row) => row[1] === chrom && Number(row[2]) <= to && Number(row[3]) >= from)
        return { read: rows.length, ids: kept.map(([id]) => id) }
      }
      bench.forgetIndexes()
      const before = await ask()
      expect(before.ids).toEqual(expected)
      expect(before.read).toBeLessThan(long.length / 3)
      expect(bench.cached().filter((name) => name.endsWith('.parquet'))).toHaveLength(0)
      await indexFile(path, service.context)
      expect((await ask()).ids).toEqual(expected)
    }
  })
})

describe.skipIf(!present)('a real file with its .csi', () => {
  it('gives the rows of its contig', async () => {
    const path = bench.file('multi.bcf', '')
    copyFileSync(join(FOLDER, 'cyvcf2/multi-contig.bcf'), path)
    copyFileSync(join(FOLDER, 'cyvcf2/multi-contig.bcf.csi'), `${path}.csi`)
    const all = await query(service, 'read_bcf', { args: [path], columns: ['chrom', 'pos', 'id'] })
    bench.forgetIndexes()
    const chroms = [...new Set(all.map(([chrom]) => chrom as string))]
    for (const chrom of chroms) {
      const predicates = [{ column: 'chrom', op: '=', values: [chrom] }] as const
      const rows = await query(service, 'read_bcf', {
        args: [path],
        columns: ['chrom', 'pos', 'id'],
        predicates,
      })
      expect(rows.filter((row) => row[0] === chrom)).toEqual(all.filter((row) => row[0] === chrom))
    }
    expect(chroms.length).toBeGreaterThan(1)
  })
})
