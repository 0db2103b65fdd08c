/** BCF records of any kind that the reader must take, and the header that they go by. */

import fc from 'fast-check'
import type { Item, Value, Variant } from './encode.ts'

/** Numbers out of order, with gaps: IDX counts, not the place of a line. */
export const CONTIGS = new Map([
  ['1', 4],
  ['2', 0],
  ['HLA-A*01:01', 1],
])
const KEYS = {
  q10: 3,
  s50: 1,
  DP: 9,
  AF: 4,
  AC: 12,
  MQ: 5,
  NOTE: 6,
  TAGS: 7,
  DB: 8,
  END: 2,
  AD: 20,
  GQ: 11,
  FT: 13,
}
const GT = 10

export const NAMES = ['NA1', 'S²', 'NA3']

export const HEADER = (samples: number): string =>
  [
    '##fileformat=VCFv4.3',
    '##FILTER=<ID=PASS,Description="All filters passed",IDX=0>',
    `##FILTER=<ID=q10,Description="",IDX=${KEYS.q10}>`,
    `##FILTER=<ID=s50,Description="",IDX=${KEYS.s50}>`,
    ...[...CONTIGS].map(([name, idx]) => `##contig=<ID=${name},length=500000000,IDX=${idx}>`),
    `##INFO=<ID=DP,Number=1,Type=Integer,Description="",IDX=${KEYS.DP}>`,
    `##INFO=<ID=AF,Number=A,Type=Float,Description="",IDX=${KEYS.AF}>`,
    `##INFO=<ID=AC,Number=A,Type=Integer,Description="",IDX=${KEYS.AC}>`,
    `##INFO=<ID=MQ,Number=1,Type=Float,Description="",IDX=${KEYS.MQ}>`,
    `##INFO=<ID=NOTE,Number=1,Type=String,Description="",IDX=${KEYS.NOTE}>`,
    `##INFO=<ID=TAGS,Number=.,Type=String,Description="",IDX=${KEYS.TAGS}>`,
    `##INFO=<ID=DB,Number=0,Type=Flag,Description="",IDX=${KEYS.DB}>`,
    `##INFO=<ID=END,Number=1,Type=Integer,Description="",IDX=${KEYS.END}>`,
    `##FORMAT=<ID=GT,Number=1,Type=String,Description="",IDX=${GT}>`,
    `##FORMAT=<ID=DP,Number=1,Type=Integer,Description="",IDX=${KEYS.DP}>`,
    `##FORMAT=<ID=AD,Number=R,Type=Integer,Description="",IDX=${KEYS.AD}>`,
    `##FORMAT=<ID=GQ,Number=1,Type=Float,Description="",IDX=${KEYS.GQ}>`,
    `##FORMAT=<ID=FT,Number=1,Type=String,Description="",IDX=${KEYS.FT}>`,
    ['#CHROM', 'POS', 'ID', 'REF', 'ALT', 'QUAL', 'FILTER', 'INFO']
      .concat(samples > 0 ? ['FORMAT', ...NAMES.slice(0, samples)] : [])
      .join('\t'),
    '',
  ].join('\n')

const WIDTH = fc.constantFrom('int8' as const, 'int16' as const, 'int32' as const)
const MOST = { int8: 127, int16: 32767, int32: 2147483647 }
const NULLS = { freq: 5, nil: null }

const integers = (most: number): fc.Arbitrary<Value> =>
  WIDTH.chain((type) =>
    fc
      .array(fc.option(fc.integer({ min: -100, max: MOST[type] }), NULLS), { minLength: 1, maxLength: most })
      .map((items) => ({ type, items })),
  )
const float = fc.constantFrom(0, 0.5, -1.25, 3e-5, 1e10, 29.1, 12.75, 100, 0.333333)
const floats = (most: number): fc.Arbitrary<Value> =>
  fc
    .array(fc.option(float, NULLS), { minLength: 1, maxLength: most })
    .map((items) => ({ type: 'float', items }))
const word = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'abXY%3A|/'), minLength: 1, maxLength: 20 }),
  fc.constantFrom('.', 'é漢'),
)
const text: fc.Arbitrary<Value> = word.map((one) => ({ type: 'char', text: one }))
const texts: fc.Arbitrary<Value> = fc
  .array(word, { minLength: 1, maxLength: 4 })
  .map((all) => ({ type: 'char', text: all.join(',') }))

const INFO: readonly (readonly [number, fc.Arbitrary<Value>])[] = [
  [KEYS.DP, integers(1)],
  [KEYS.AF, floats(4)],
  [KEYS.AC, integers(20)],
  [KEYS.MQ, floats(1)],
  [KEYS.NOTE, text],
  [KEYS.TAGS, texts],
  [KEYS.DB, fc.constant({ type: 'none' })],
]

/** Alleles and phases as BCF has them. */
const genotype = fc.constantFrom<readonly Item[]>([2, 4], [2, 5], [0, 0], [2], [0], [4, 3, 7], [20, 23])

const genotypes = (samples: number): fc.Arbitrary<readonly Value[]> =>
  WIDTH.chain((type) =>
    fc
      .array(genotype, { minLength: samples, maxLength: samples })
      .map((all) => all.map((items) => ({ type, items }))),
  )
/** One type for all samples. */
const same = (samples: number, most: number): fc.Arbitrary<readonly Value[]> =>
  WIDTH.chain((type) =>
    fc.array(
      fc
        .array(fc.option(fc.integer({ min: -100, max: MOST[type] }), NULLS), {
          minLength: 1,
          maxLength: most,
        })
        .map((items): Value => ({ type, items })),
      { minLength: samples, maxLength: samples },
    ),
  )
const each = (samples: number, value: fc.Arbitrary<Value>): fc.Arbitrary<readonly Value[]> =>
  fc.array(value, { minLength: samples, maxLength: samples })

const formatsOf = (samples: number): readonly (readonly [number, fc.Arbitrary<readonly Value[]>])[] => [
  [GT, genotypes(samples)],
  [KEYS.DP, same(samples, 1)],
  [KEYS.AD, same(samples, 4)],
  [KEYS.GQ, each(samples, floats(1))],
  [KEYS.FT, each(samples, text)],
]

/** Some of these, in their order. */
const someOf = <T>(all: readonly (readonly [number, fc.Arbitrary<T>])[]) =>
  fc
    .subarray([...all])
    .chain((some) =>
      fc.tuple(...some.map(([key, values]) => values.map((value): readonly [number, T] => [key, value]))),
    )

const allele = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'ACGTN'), minLength: 1, maxLength: 30 }),
  fc.constantFrom('<DEL>', '*', 'G]17:198982]'),
)

const variantOf = (samples: number): fc.Arbitrary<Variant> =>
  fc
    .record({
      chrom: fc.constantFrom(4, 4, 0, 1),
      pos: fc.nat(200_000),
      qual: fc.option(float, NULLS),
      id: fc.constantFrom('.', 'rs123', 'a;b'),
      ref: fc.string({ unit: fc.constantFrom(...'ACGTN'), minLength: 1, maxLength: 8 }),
      alt: fc.array(allele, { maxLength: 3 }),
      filters: fc.constantFrom([], [0], [3], [3, 1]),
      info: someOf(INFO),
      end: fc.option(fc.nat(5000)),
      format: samples === 0 ? fc.constant([]) : someOf(formatsOf(samples)),
    })
    .map(({ ref, alt, end, info, pos, ...rest }) => ({
      ...rest,
      pos,
      samples,
      alleles: [ref, ...alt],
      rlen: end === null ? ref.length : end + 1,
      info: end === null ? info : [...info, [KEYS.END, { type: 'int32', items: [pos + end + 1] }] as const],
    }))

export interface AnyBcf {
  readonly header: string
  readonly variants: readonly Variant[]
}

export const anyBcf: fc.Arbitrary<AnyBcf> = fc
  .constantFrom(0, 1, 3)
  .chain((samples) =>
    fc
      .array(variantOf(samples), { maxLength: 40 })
      .map((variants) => ({ header: HEADER(samples), variants })),
  )

/** As a file is that has an index. */
export const sorted = (variants: readonly Variant[]): Variant[] =>
  [...variants].sort((a, b) => a.chrom - b.chrom || a.pos - b.pos)
