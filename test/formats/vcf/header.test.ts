import { describe, expect, it } from 'vitest'
import { memorySource } from '../../../src/bytes/memory.ts'
import { isVarveError } from '../../../src/errors.ts'
import { parseHead, readHeader } from '../../../src/formats/head.ts'
import { detectFormat, formatNamed } from '../../../src/formats/registry.ts'
import type { TextLayout } from '../../../src/formats/text/types.ts'
import { vcf } from '../../../src/formats/vcf/index.ts'
import { dialectOf } from '../../../src/formats/vcf/layout.ts'
import { CONTAINERS, pack } from '../../scan/support/corpus.ts'
import { bindBytes, readSlices, scanBytes } from '../../scan/support/harness.ts'
import { variantsOf } from './support.ts'

const COLUMNS = '#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO'
const layout = (text: string, options = {}): TextLayout =>
  vcf.layout(Buffer.from(text), true, options) as TextLayout
const infoOf = (text: string) => dialectOf(layout(`##fileformat=VCFv4.3\n${text}\n${COLUMNS}\n`)).info
const refusal = (make: () => unknown): string => {
  try {
    make()
  } catch (error) {
    if (isVarveError(error)) return `${error.code}: ${error.message}`
    throw error
  }
  throw new Error('expected a refusal')
}

describe('declarations', () => {
  it('give each key its type', () => {
    const of = (number: string, type: string) =>
      infoOf(`##INFO=<ID=K,Number=${number},Type=${type},Description="d">`)[0]
    expect(of('1', 'Integer')).toEqual({ id: 'K', name: 'K', kind: 'int', list: false })
    expect(of('A', 'Float')).toEqual({ id: 'K', name: 'K', kind: 'float', list: true })
    expect(of('4', 'String')).toMatchObject({ kind: 'text', list: true })
    expect(of('.', 'Character')).toMatchObject({ kind: 'text', list: true })
    expect(of('0', 'Flag')).toMatchObject({ kind: 'flag', list: false })
    expect(of('1', 'Flag')).toMatchObject({ kind: 'flag' })
    expect(of('1', 'Nonsense')).toMatchObject({ kind: 'text' })
  })

  it('may stand in any order, with anything in their texts', () => {
    const [field] = infoOf('##INFO=<Description="a, \\"b\\" = >",Type=Integer,Number=1,ID=X,Source="s">')
    expect(field).toEqual({ id: 'X', name: 'X', kind: 'int', list: false })
    expect(infoOf('##INFO=nothing')).toEqual([])
    expect(infoOf('##INFO=<Number=1>')).toEqual([])
    expect(infoOf('##INFO=<ID=A,Number=1,Type=Integer,Description="not ended')).toMatchObject([
      { id: 'A', kind: 'int' },
    ])
  })

  it('of one ID the first counts; those that differ in case get a number', () => {
    const line = (id: string, type: string) => `##INFO=<ID=${id},Number=1,Type=${type},Description="">`
    const fields = infoOf(
      [line('DP', 'Integer'), line('DP', 'Float'), line('dp', 'String'), line('Dp', 'String')].join('\n'),
    )
    expect(fields.map(({ name, kind }) => [name, kind])).toEqual([
      ['DP', 'int'],
      ['dp_1', 'text'],
      ['Dp_2', 'text'],
    ])
  })

  it('a FORMAT key called name is not the sample', () => {
    const text = `##FORMAT=<ID=NAME,Number=1,Type=String,Description="">\n${COLUMNS}\tFORMAT\tS1\n`
    expect(dialectOf(layout(text)).format[0]).toMatchObject({ id: 'NAME', name: 'NAME_1' })
  })
})

describe('what is no header', () => {
  it.each([
    ['', 'invalid-data: vcf: the file is empty, expected a line #CHROM …'],
    ['##fileformat=VCFv4.2\n', 'invalid-data: vcf: the file ends in its header, expected a line #CHROM …'],
    ['##fileformat=VCFv4.2\n1\t5\t.\tA\tC\n', 'invalid-data: vcf: a line starts with "1\\t5\\t.\\tA\\tC\\n'],
    ['##x\n#CHROM POS\n', 'column 1 of the #CHROM line is "#CHROM POS", expected #CHROM'],
    ['##x\n#CHROM\tPOS\tID\n', 'column 4 of the #CHROM line is missing, expected REF'],
  ])('%j', (text, message) => expect(refusal(() => layout(text))).toContain(message))

  it('asks for more of a header that goes on', () => {
    for (const text of ['', '##fileformat', '##fileformat=VCFv4.2\n', `##x\n${COLUMNS}`])
      expect(vcf.layout(Buffer.from(text), false, {})).toBe('more')
  })
})

describe('detection', () => {
  const detected = (name: string, text: string): string =>
    detectFormat(name, parseHead(name, Buffer.from(text), true)).name
  it('goes by the first line, or the line of columns', () => {
    expect(detected('x', `##fileformat=VCFv4.1\n${COLUMNS}\n`)).toBe('vcf')
    expect(detected('x', `${COLUMNS}\n1\t1\t.\tA\tC\t.\t.\t.\n`)).toBe('vcf')
    expect(detected('x', `##source=x\n${COLUMNS}\n`)).toBe('vcf')
    expect(detected('x.txt', '## a heading\n# CHROM\n')).toBe('lines')
    expect(detected('empty.g.vcf.gz', '')).toBe('vcf')
  })
})

describe('options', () => {
  const text = `##INFO=<ID=DP,Number=1,Type=Integer,Description="">\n${COLUMNS}\tFORMAT\tA\tB\n`
  it.each([
    [
      { sample: 'A' },
      'invalid-input: vcf: unknown option "sample", expected one of samples, info, format_fields',
    ],
    [{ samples: ['A', 'X'] }, 'invalid-input: vcf: samples: "X" is not in the file, expected some of A, B'],
    [{ samples: ['A', 'A'] }, 'invalid-input: vcf: samples names "A" twice'],
    [{ samples: [1] }, 'invalid-input: vcf: samples is [1], expected a list of names'],
    [{ info: ['MQ'] }, 'invalid-input: vcf: info: "MQ" is not in the file, expected some of DP'],
    [{ format_fields: ['GT'] }, 'invalid-input: vcf: format_fields: "GT" is not in the file, there are none'],
  ])('%j', (options, message) => expect(refusal(() => layout(text, options))).toBe(message))
  it('one name needs no list', () => expect(dialectOf(layout(text, { samples: 'B' })).chosen).toEqual([1]))
})

describe('a header of 3 MiB', () => {
  const many = Array.from(
    { length: 30_000 },
    (_, i) => `##contig=<ID=scaffold_${i},length=${i},description="${'x'.repeat(60)}">`,
  )
  const header = ['##fileformat=VCFv4.2', ...many, `${COLUMNS}\tFORMAT\tS1`, ''].join('\n')
  const records = Array.from(
    { length: 3000 },
    (_, i) => `scaffold_${i >> 8}\t${i + 1}\t.\tA\tC\t${i}\t.\t.\tGT\t0/1`,
  )
  const raw = Buffer.from(`${header}${records.join('\n')}\n`)
  it.each(CONTAINERS)('in %s', async (packing) => {
    const bytes = pack(raw, packing, [60_000])
    const bound = await bindBytes(bytes, 'vcf')
    expect(bound.layout.dataStart).toBe(header.length)
    // As small as pieces of a larger file are to its header.
    const edges =
      packing === 'plain' || packing === 'bgzf'
        ? [1, 2, 3, 4, 5, 6].map((i) => Math.floor((bytes.length * i) / 7))
        : []
    const { piecesAt } = await import('../../scan/support/harness.ts')
    const { rows, index } = await scanBytes(
      bound,
      edges.length === 0 ? undefined : piecesAt(bound, edges),
      [0, 1, 5, 10],
    )
    expect(rows).toEqual(records.map((line, i) => [line.split('\t')[0], BigInt(i + 1), i, BigInt(i)]))
    const slices = await readSlices(bound, index, 'count', { n: 3 })
    expect(Buffer.concat(slices.map(({ text }) => text)).equals(raw)).toBe(true)
    expect(variantsOf(slices[2]!.rows)[0]!.pos).toBe(2001n)
    const source = memorySource('memory://header', bytes)
    expect(Buffer.from(await readHeader(source, bound.layout.container, header.length)).toString()).toBe(
      header,
    )
  })
})

it('the format says what it can', () => {
  const { optionNames, strategies } = formatNamed('vcf')
  expect([...optionNames]).toEqual(['samples', 'info', 'format_fields'])
  expect(Object.keys(strategies)).toEqual(['chrom', 'region'])
})
