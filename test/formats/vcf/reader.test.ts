import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isVarveError } from '../../../src/errors.ts'
import { parseRegion } from '../../../src/formats/genome/region.ts'
import { vcf } from '../../../src/formats/vcf/index.ts'
import { NO_FLOAT, NO_INTEGER, readFloat, readInteger } from '../../../src/formats/vcf/numbers.ts'
import { Tabs } from '../../../src/formats/vcf/tabs.ts'
import { CONTAINERS, pack, random } from '../../scan/support/corpus.ts'
import { bindBytes, scanBytes } from '../../scan/support/harness.ts'
import { AT_ONCE, readAll } from '../text/reading.ts'
import { anyVcf } from './arbitrary.ts'
import { type Struct, type Variant, variantsOf } from './support.ts'

const HEADER = [
  '##fileformat=VCFv4.3',
  '##INFO=<ID=DP,Number=1,Type=Integer,Description="">',
  '##INFO=<ID=AF,Number=A,Type=Float,Description="">',
  '##INFO=<ID=DB,Number=0,Type=Flag,Description="">',
  '##INFO=<ID=T,Number=1,Type=String,Description="">',
  '##INFO=<ID=END,Number=1,Type=Integer,Description="">',
  '##FORMAT=<ID=GT,Number=1,Type=String,Description="">',
  '##FORMAT=<ID=AD,Number=R,Type=Integer,Description="">',
  '#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS1\tS2',
  '',
].join('\n')

const read = (body: string | Buffer, options: { ignoreErrors?: boolean } = {}): Variant[] =>
  variantsOf(
    readAll(vcf, Buffer.concat([Buffer.from(HEADER), Buffer.from(body)]), {
      grows: [1 << 20],
      maxRows: 1000,
      ...options,
    }).rows,
  )
const info = (text: string): Struct => read(`1\t5\t.\tA\tC\t.\t.\t${text}\tGT\t0/1\t.\n`)[0]!.info as Struct
const samples = (text: string): readonly Struct[] => read(`1\t5\t.\tA\tC\t.\t.\t.\t${text}\n`)[0]!.samples
const refusal = (body: string | Buffer): string => {
  try {
    read(body)
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('expected a refusal')
}

describe('the reader', () => {
  it('reads the same however the bytes come', () => {
    const feeding = fc.record({
      grows: fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 4 }),
      maxRows: fc.integer({ min: 1, max: 9 }),
      ignoreErrors: fc.boolean(),
    })
    fc.assert(
      fc.property(anyVcf(), feeding, ({ text }, how) => {
        const bytes = Buffer.from(text)
        expect(readAll(vcf, bytes, how)).toEqual(readAll(vcf, bytes))
      }),
      { numRuns: 100 },
    )
  })

  it('reads the wanted fields of INFO as if all of them were, and leaves the others empty', () => {
    fc.assert(
      fc.property(anyVcf(), fc.array(fc.nat(20)), fc.boolean(), ({ text }, picks, ignoreErrors) => {
        const bytes = Buffer.from(text)
        const whole = variantsOf(readAll(vcf, bytes, { ...AT_ONCE, ignoreErrors }).rows)
        const names = Object.keys(whole.find((row) => row.info instanceof Object)?.info ?? {})
        const wanted = names.filter((_, i) => picks.includes(i))
        const some = variantsOf(
          readAll(vcf, bytes, { ...AT_ONCE, ignoreErrors, fields: { info: wanted } }).rows,
        )
        const narrowed = whole.map((row) => {
          if (!(row.info instanceof Object)) return row
          const kept = Object.entries(row.info).map(([name, value]) => {
            const nothing = typeof value === 'boolean' ? false : null
            return [name, wanted.includes(name) ? value : nothing]
          })
          return { ...row, info: Object.fromEntries(kept) }
        })
        expect(some).toEqual(narrowed)
      }),
      { numRuns: 100 },
    )
  })

  it('INFO: missing values, what bcftools tolerates, and what it cannot be', () => {
    expect(info('DP=5;AF=0.5,.;DB;T=a=b')).toEqual({ DP: 5, AF: [0.5, null], DB: true, T: 'a=b', END: null })
    expect(info('DP=.;AF=.;T=.')).toEqual({ DP: null, AF: null, DB: false, T: null, END: null })
    expect(info('DP=;AF=;T=')).toEqual({ DP: null, AF: null, DB: false, T: '', END: null })
    // Twice: the first. Two values for one: the first. No integer, or too large: none.
    expect(info('DP=1;DP=2')).toMatchObject({ DP: 1 })
    expect(info('DP=7,8')).toMatchObject({ DP: 7 })
    expect(info('DP=0.5')).toMatchObject({ DP: null })
    expect(info('DP=2147483648')).toMatchObject({ DP: null })
    expect(info('DB=1;;T')).toMatchObject({ DB: true, T: '' })
    // Escapes stay as they are written, as bcftools prints them.
    expect(info('T=50%25%3Bx')).toMatchObject({ T: '50%25%3Bx' })
  })

  it('samples: trailing fields may be missing, FORMAT may change', () => {
    expect(samples('GT:AD\t0/1:1,2\t1|1')).toEqual([
      { name: 'S1', GT: '0/1', AD: [1, 2] },
      { name: 'S2', GT: '1|1', AD: null },
    ])
    expect(samples('AD:GT\t.:./.\t.,3:.')).toEqual([
      { name: 'S1', GT: './.', AD: null },
      { name: 'S2', GT: null, AD: [null, 3] },
    ])
    // A record without FORMAT has its samples, and nothing about them.
    expect(read('1\t5\t.\tA\tC\t.\t.\t.\n')[0]!.samples).toEqual([
      { name: 'S1', GT: null, AD: null },
      { name: 'S2', GT: null, AD: null },
    ])
  })

  it('end_pos: the end of REF, or a later END', () => {
    const end = (ref: string, text: string): bigint =>
      read(`1\t10\t.\t${ref}\tC\t.\t.\t${text}\tGT\t.\t.\n`)[0]!.end_pos
    expect(end('A', '.')).toBe(10n)
    expect(end('ACGT', 'DP=1')).toBe(13n)
    expect(end('A', 'END=99')).toBe(99n)
    expect(end('A', 'DP=1;END=99;DB')).toBe(99n)
    expect(end('AC', 'CIEND=5;END=3')).toBe(11n)
    expect(end('A', 'XEND=99')).toBe(10n)
  })

  it('positions and numbers', () => {
    const row = read(
      'chrUn\t4294967296123\trs1;rs2\tA\t<DEL>,*\t1e-3\tq10;s50\tAF=nan,-Inf,1e400\tGT\t.\t.\n',
    )[0]!
    expect(row).toMatchObject({
      pos: 4294967296123n,
      id: 'rs1;rs2',
      alt: ['<DEL>', '*'],
      qual: 0.001,
      filter: ['q10', 's50'],
    })
    expect((row.info as Struct).AF).toEqual([Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY])
  })

  it('blank lines are none', () => {
    expect(read('\n\r\n1\t5\t.\tA\tC\t.\t.\t.\tGT\t.\t.\r\n\n').map(({ pos }) => pos)).toEqual([5n])
  })
})

describe('what is no record', () => {
  const good = '1\t5\t.\tA\tC\t.\t.\t.\tGT\t0/1\t0/0\n'
  it.each([
    ['1\t5\t.\tA\n', 'vcf: record 1 has 4 columns, expected at least 8'],
    ['#comment\n', 'vcf: record 1 has 1 columns, expected at least 8'],
    ['1\tx5\t.\tA\tC\t.\t.\t.\n', 'vcf: record 1 has the position "x5", expected a number'],
    ['1\t-5\t.\tA\tC\t.\t.\t.\n', 'vcf: record 1 has the position "-5", expected a number'],
    ['\t5\t.\tA\tC\t.\t.\t.\n', 'vcf: record 1 has no chromosome'],
    ['1\t5\t.\tA\tC\t.\t.\t.\tGT\t0/1\n', 'vcf: record 1 has another number of columns than the header'],
    [
      '1\t5\t.\tA\tC\t.\t.\t.\tGT\t0/1\t.\t.\n',
      'vcf: record 1 has another number of columns than the header',
    ],
    ['1\t5\t.\tA\tC\t.\t.\t.\tGT\t0/1', 'vcf: record 1 has another number of columns than the header'],
    [Buffer.from('1\t5\t.\tA\tC\t.\t.\tT=\xff\tGT\t.\t.\n', 'latin1'), 'vcf: record 1 is not valid UTF-8'],
  ])('%j', (bad, message) => {
    const body = Buffer.concat([
      Buffer.from(good),
      Buffer.from(bad),
      Buffer.from(String(bad).endsWith('\n') ? good : ''),
    ])
    expect(refusal(body)).toContain(message)
    const kept = read(body, { ignoreErrors: true })
    expect(kept.length).toBe(String(bad).endsWith('\n') ? 2 : 1)
    expect(kept.map(({ record }) => record)).toEqual(kept.map((_, i) => BigInt(i)))
  })

  it('a line that the end of the file cuts is found whatever is wanted of it', () => {
    const bytes = Buffer.from(`${HEADER}${good}1\t6\t.\tA\tC\t.\t.\t.\tGT\t0/1`)
    expect(() => readAll(vcf, bytes, { grows: [1 << 20], maxRows: 100, columns: [] })).toThrow(
      'another number of columns',
    )
  })

  it('with ignore_errors the same records are left out, whatever fields of INFO are wanted', () => {
    const wrong = Buffer.from('1\t6\t.\tA\tC\t.\t.\tDP=3;T=\xff\tGT\t.\t.\n', 'latin1')
    const bytes = Buffer.concat([Buffer.from(`${HEADER}${good}`), wrong, Buffer.from(good)])
    const how = { ...AT_ONCE, columns: [7], fields: { info: ['DP'] } }
    // Nobody wants the text that is none.
    expect(readAll(vcf, bytes, how).rows.length).toBe(3)
    expect(() => readAll(vcf, bytes, { ...how, fields: { info: ['T'] } })).toThrow('is not valid UTF-8')
    expect(readAll(vcf, bytes, { ...how, ignoreErrors: true }).rows.length).toBe(2)
  })

  it('with ignore_errors every projection leaves out the same records', () => {
    const bytes = Buffer.from(`${HEADER}${good}1\t6\t.\tA\tC\t.\t.\t.\tGT\t0/1\n${good}`)
    const count = (columns: number[]) =>
      readAll(vcf, bytes, { grows: [1 << 20], maxRows: 100, columns, ignoreErrors: true }).rows.length
    expect([[], [0], [8], [10]].map(count)).toEqual([2, 2, 2, 2])
  })
})

describe('damage', () => {
  const next = random(77)
  const body = Array.from(
    { length: 300 },
    (_, i) =>
      `chr${i >> 7}\t${i * 10 + 1}\trs${i}\tAC\tT\t${i / 2}\tPASS\tDP=${i};AF=0.${i}\tGT:AD\t0/1:1,2\t1/1:0,${i}`,
  )
  const raw = Buffer.from(`${HEADER}${body.join('\n')}\n`)
  const attempt = async (bytes: Uint8Array): Promise<number | undefined> => {
    try {
      return (await scanBytes(await bindBytes(bytes, 'vcf'))).rows.length
    } catch (error) {
      if (!isVarveError(error, 'invalid-data')) throw error
      return undefined
    }
  }

  it.each(CONTAINERS)('truncated at ten places, %s', async (packing) => {
    const bytes = pack(raw, packing, [5000])
    for (let i = 0; i < 10; i++) {
      const cut = Math.floor((bytes.length * i) / 10) + (i % 3)
      const rows = await attempt(bytes.subarray(0, cut))
      // What is there may be a whole file, if a shorter one; never more than there was.
      if (rows !== undefined) expect(rows).toBeLessThan(300)
      // A gzip file knows that it is cut.
      if (packing === 'gzip') expect(rows).toBeUndefined()
    }
  })

  it.each(['plain', 'bgzf'] as const)('flipped bytes, %s', async (packing) => {
    const bytes = pack(raw, packing, [5000])
    for (let i = 0; i < 150; i++) {
      const flipped = Buffer.from(bytes)
      flipped[next(flipped.length)]! ^= 1 << next(8)
      const rows = await attempt(flipped)
      if (rows !== undefined) expect(rows).toBeLessThanOrEqual(302)
    }
  })
})

describe('numbers', () => {
  const bytes = (text: string): [Uint8Array, number, number] => [Buffer.from(`${text}9`), 0, text.length]
  it('floats are the nearest doubles', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.double({ noNaN: true, noDefaultInfinity: true }),
          fc.float({ noNaN: true, noDefaultInfinity: true }),
        ),
        (value) => {
          for (const text of [String(value), value.toExponential(), value.toPrecision(6)])
            expect(readFloat(...bytes(text))).toBe(Number(text))
        },
      ),
    )
    for (const text of ['', '.', '-', 'e5', '1e', '1.2.3', 'abc', '1,2', '0x10'])
      expect(readFloat(...bytes(text))).toBe(NO_FLOAT)
  })
  it('integers have 32 bits', () => {
    fc.assert(
      fc.property(fc.integer(), (value) => {
        expect(readInteger(...bytes(String(value)))).toBe(value)
      }),
    )
    for (const text of ['', '-', '1.0', '2147483648', '-2147483649', '99999999999', 'x'])
      expect(readInteger(...bytes(text))).toBe(NO_INTEGER)
  })
})

it('tabs are counted as one by one, wherever they stand', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(9, 9, 8, 10, 137, 0, 48), { maxLength: 60 }),
      fc.nat(7),
      fc.nat(20),
      fc.nat(20),
      fc.nat(8),
      (values, offset, from, cut, count) => {
        const whole = new Uint8Array(offset + values.length)
        whole.set(values, offset)
        const view = whole.subarray(offset)
        const end = Math.max(0, values.length - cut)
        const start = Math.min(from, end)
        const tabs = new Tabs()
        tabs.use(view)
        let expected = start
        for (let left = count; left > 0; left--) {
          const at = values.slice(0, end).indexOf(9, expected)
          if (at < 0) {
            expected = end + 1
            break
          }
          expected = at + 1
        }
        expect(tabs.pass(start, end, count)).toBe(expected)
      },
    ),
    { numRuns: 1000 },
  )
})

it('regions are written as samtools takes them', () => {
  const of = (text: string) => {
    const { chrom, from, to } = parseRegion(text, ['20', 'HLA-A*01:01', 'HLA-A*01'])
    return [chrom, from, to]
  }
  expect(of('20')).toEqual(['20', undefined, undefined])
  expect(of('20:1,000-2,000')).toEqual(['20', 1000, 2000])
  expect(of('20:1000-')).toEqual(['20', 1000, undefined])
  expect(of('20:1000')).toEqual(['20', 1000, undefined])
  expect(of('HLA-A*01:01')).toEqual(['HLA-A*01:01', undefined, undefined])
  expect(of('HLA-A*01:01:5-9')).toEqual(['HLA-A*01:01', 5, 9])
  expect(of('{HLA-A*01}:01-')).toEqual(['HLA-A*01', 1, undefined])
  expect(of('new')).toEqual(['new', undefined, undefined])
  expect(() => of('20:9-5')).toThrow('ends before it begins')
})
