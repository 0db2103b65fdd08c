/** VCF through the scan service: one index for every view of a file, other tools' indexes, bytes that are read. */

import { execFileSync } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ByteSource } from '../../../src/bytes/types.ts'
import { makeSlice } from '../../../src/index/slice.ts'
import { cutRows } from '../../../src/index/strategies.ts'
import { makeSliceHandle } from '../../../src/library/slice.ts'
import { indexFile } from '../../../src/scan/build.ts'
import { bindBytes, readWork, textOf } from '../../scan/support/harness.ts'
import { Bench, failure, query } from '../../scan/support/service.ts'
import { contentOf, FOLDER, present } from './support.ts'

const bench = new Bench()
const service = bench.service()

const HEADER = [
  '##fileformat=VCFv4.3',
  '##INFO=<ID=DP,Number=1,Type=Integer,Description="">',
  '##FORMAT=<ID=GT,Number=1,Type=String,Description="">',
  '#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tA\tB',
  '',
].join('\n')
const record = (chrom: string, pos: number): string =>
  `${chrom}\t${pos}\t.\tA\tC\t.\tPASS\tDP=${pos % 97}\tGT\t0/1\t1/1\n`

describe('options that show less', () => {
  it('need no index of their own', async () => {
    const path = bench.file(
      'one.vcf',
      HEADER + Array.from({ length: 50 }, (_, i) => record('1', i + 1)).join(''),
    )
    bench.forgetIndexes()
    await query(service, 'read_vcf', { args: [path], named: { samples: ['B'] }, columns: ['samples'] })
    expect(bench.cached().filter((name) => name.endsWith('.parquet'))).toHaveLength(1)
    // It was built with all that the file has, and serves every other view.
    const { index, built } = await indexFile(path, service.context)
    expect(built).toBe(false)
    expect(JSON.stringify(index.layout.columns)).toContain('"DP"')
    const rows = await query(service, 'read_vcf', {
      args: [path],
      named: { samples: ['B', 'A'], info: ['DP'] },
      columns: ['samples', 'info', 'record'],
      predicates: [{ column: 'pos', op: '=', values: [7] }],
    })
    expect(rows.find((row) => row[2] === 6n)).toEqual([
      [
        { name: 'B', GT: '1/1' },
        { name: 'A', GT: '0/1' },
      ],
      { DP: 7 },
      6n,
    ])
    expect(bench.cached().filter((name) => name.endsWith('.parquet'))).toHaveLength(1)
  })

  it('that do not fit are refused with the file', async () => {
    const path = bench.file('two.vcf', HEADER + record('1', 5))
    const reading = query(service, 'read_vcf', { args: [path], named: { samples: ['NOPE'] } })
    expect(await failure(reading)).toMatchObject({
      code: 'invalid-input',
      message: expect.stringContaining('"NOPE" is not in the file, expected some of A, B'),
    })
  })
})

describe.skipIf(!present)('a slice as text', () => {
  it.each(['bcftools/view.vcf', 'tabix-js/raw.g.vcf.gz', 'cyvcf2/multi-contig.vcf.gz'])(
    '%s: with its header it is a file that bcftools reads',
    async (path) => {
      const view = (input: string | Buffer): string[] =>
        execFileSync('bcftools', ['view', '-H', '-'], { input, encoding: 'utf8', maxBuffer: 1 << 28 }).split(
          '\n',
        )
      const { index } = await indexFile(join(FOLDER, path), service.context)
      const lines: string[] = []
      for (const [i, cut] of cutRows(index, { name: 'count', args: { n: 3 } }).entries()) {
        const slice = makeSliceHandle(makeSlice(index, cut, i === 0), service.context)
        const found = view(await textOf(slice.text({ header: true })))
        expect(found.length - 1).toBe(slice.rows)
        lines.push(...found.slice(0, -1))
      }
      expect(lines).toEqual(view(contentOf(join(FOLDER, path))).slice(0, -1))
    },
  )
})

describe('a file of 5 GiB', () => {
  it('is read at its end, and its index points there', async () => {
    const line = Buffer.from(record('1', 123_456_789))
    const header = Buffer.from(HEADER)
    const records = Math.ceil((5 * 2 ** 30) / line.length)
    const size = header.length + records * line.length
    const source: ByteSource = {
      uri: 'memory://large.vcf',
      size,
      identity: 'large',
      async read(start, end) {
        const bytes = new Uint8Array(end - start)
        for (let at = start; at < end; at++)
          bytes[at - start] = at < header.length ? header[at]! : line[(at - header.length) % line.length]!
        return bytes
      },
    }
    const bound = await bindBytes(Buffer.concat([header, line]), 'vcf')
    const from = size - 3_000_001
    const piece = { kind: 'piece', from, to: size, start: 'sync' } as const
    const { rows, result } = await readWork({ ...bound, source }, piece, [1])
    expect(rows.length).toBe(Math.floor(3_000_001 / line.length))
    expect(rows.at(-1)).toEqual([123_456_789n])
    const last = result!.segments.at(-1)!
    expect(last.end).toBe(size)
    expect(last.point.source).toBeGreaterThan(2 ** 32)
    expect((last.point.source - header.length) % line.length).toBe(0)
  })
})

describe.skipIf(!present)('strategy region', () => {
  const folder = join(FOLDER, 'bcftools')
  it.each(['20:126312-138125', '20', '20:271225-', 'X:2,933,066-2,933,066', 'Y:1-5'])(
    '%s: as bcftools view -r',
    async (region) => {
      const zipped = join(bench.folder, 'view.vcf.gz')
      execFileSync('sh', [
        '-c',
        'bgzip -c "$1" > "$2" && tabix -f -p vcf "$2"',
        'sh',
        join(folder, 'view.vcf'),
        zipped,
      ])
      for (const path of [join(folder, 'view.vcf'), zipped]) {
        const slices = await query(service, 'slices', {
          args: [path],
          named: { strategy: 'region', region },
          columns: ['slice'],
        })
        expect(slices).toHaveLength(1)
        const rows = await query(service, 'read_slice', {
          args: [slices[0]![0] as string],
          columns: ['chrom', 'pos', 'ref'],
        })
        const out = execFileSync(
          'bcftools',
          ['query', '-f', '%CHROM\t%POS\t%REF\n', '-r', region.replaceAll(',', ''), zipped],
          {
            encoding: 'utf8',
          },
        )
        expect(rows.map((row) => row.join('\t'))).toEqual(out.split('\n').filter((line) => line !== ''))
      }
    },
  )
})

describe.skipIf(!present)('an index of another tool', () => {
  const region = [
    { column: 'chrom', op: '=', values: ['20'] },
    { column: 'pos', op: '>=', values: [1] },
    { column: 'pos', op: '<=', values: [1_200_000] },
  ] as const

  it('leaves out what it can, and no row that is wanted', async () => {
    bench.forgetIndexes()
    const path = join(FOLDER, 'cyvcf2/multi-contig.vcf.gz')
    const rows = await query(service, 'read_vcf', {
      args: [path],
      columns: ['chrom', 'pos'],
      predicates: region,
    })
    const lines = execFileSync('bcftools', ['query', '-f', '%CHROM\t%POS\n', '-r', '20:1-1200000', path], {
      encoding: 'utf8',
    })
    const theirs = lines.trim().split('\n')
    for (const line of theirs) expect(rows.map((row) => row.join('\t'))).toContain(line)
    // Nothing was learnt about the whole file.
    expect(bench.cached().filter((name) => name.endsWith('.parquet'))).toHaveLength(0)
  })

  it('is not used for ordinals, nor when there is an index of ours', async () => {
    bench.forgetIndexes()
    const path = join(bench.folder, 'copy.vcf.gz')
    copyFileSync(join(FOLDER, 'cyvcf2/multi-contig.vcf.gz'), path)
    // Of another file: who used it would find nothing, or an error.
    copyFileSync(join(FOLDER, 'tabix-js/volvox.test.vcf.gz.tbi'), `${path}.tbi`)
    const all = await query(service, 'read_vcf', {
      args: [path],
      columns: ['chrom', 'record'],
      predicates: region,
    })
    expect(all.length).toBe(9)
    const again = await query(service, 'read_vcf', { args: [path], columns: ['chrom'], predicates: region })
    expect(again.filter(([chrom]) => chrom === '20').length).toBe(6)
  })

  it('errors behind it tell no wrong place', async () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => record('20', i + 1))
    const broken = HEADER.replace('##INFO', '##contig=<ID=20>\n##INFO') + lines.join('')
    const path = bench.file('broken.vcf', broken)
    execFileSync('sh', ['-c', 'bgzip -f "$1" && tabix -p vcf "$1.gz"', 'sh', path])
    // The same index, a file that is wrong at its end.
    const last = lines.at(-1)!.length
    const bad = `${broken.slice(0, -last)}${'x'.repeat(last - 1)}\n`
    const other = bench.file('bad.vcf', bad)
    execFileSync('sh', ['-c', 'bgzip -f "$1" && cp "$2.gz.tbi" "$1.gz.tbi"', 'sh', other, path])
    const reading = query(service, 'read_vcf', {
      args: [`${other}.gz`],
      columns: ['pos'],
      predicates: [
        { column: 'chrom', op: '=', values: ['20'] },
        { column: 'pos', op: '>=', values: [19_999] },
      ],
    })
    const { code, message } = await failure(reading)
    expect(code).toBe('invalid-data')
    expect(message).toContain('vcf: record')
    expect(message).not.toMatch(/[{}]/)
  })
})
