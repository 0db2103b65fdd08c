/** VCF texts of any kind that the reader must take. */

import fc from 'fast-check'

const oneOf = (alphabet: string) => fc.constantFrom(...alphabet)
const word = (alphabet: string, maxLength = 8) =>
  fc.string({ unit: oneOf(alphabet), minLength: 1, maxLength })

const integer = fc.oneof(
  fc.integer({ min: -5, max: 99999 }).map(String),
  fc.constantFrom('.', '2147483647', '-2147483648'),
)
const float = fc.constantFrom('0', '0.5', '-1.25', '3e-5', '1E10', '.', '12.75', '100', '.5', '7.')
const text = fc.oneof(
  word('abXY%3A|/:', 6).map((one) => one.replaceAll(':', '_')),
  fc.constant('.'),
  fc.constant('é漢'),
)
const many = (item: fc.Arbitrary<string>) =>
  fc.array(item, { minLength: 1, maxLength: 4 }).map((items) => items.join(','))

const INFO: Readonly<Record<string, fc.Arbitrary<string>>> = {
  DP: integer,
  AF: many(float),
  AC: many(integer),
  MQ: float,
  NOTE: text,
  TAGS: many(text),
  dp: text,
  UNKNOWN: text,
}
const FORMAT: Readonly<Record<string, fc.Arbitrary<string>>> = {
  GT: fc.constantFrom('0/1', '1|1', './.', '.', '0', '0/1/2'),
  AD: many(integer),
  GQ: float,
  FT: text,
  NEW: text,
}

const HEADER = [
  '##fileformat=VCFv4.3',
  '##INFO=<ID=DP,Number=1,Type=Integer,Description="Depth, \\"quoted\\" > here">',
  '##INFO=<ID=AF,Number=A,Type=Float,Description="Frequency">',
  '##INFO=<ID=AC,Number=A,Type=Integer,Description="Count">',
  '##INFO=<ID=DP,Number=.,Type=String,Description="Declared twice">',
  '##INFO=<ID=MQ,Number=1,Type=Float,Description="Quality">',
  '##INFO=<ID=NOTE,Number=1,Type=String,Description="Text">',
  '##INFO=<ID=TAGS,Number=.,Type=String,Description="Texts">',
  '##INFO=<ID=DB,Number=0,Type=Flag,Description="Flag">',
  '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
  '##FORMAT=<ID=AD,Number=R,Type=Integer,Description="Depth">',
  '##FORMAT=<ID=GQ,Number=1,Type=Float,Description="Quality">',
  '##FORMAT=<ID=FT,Number=1,Type=String,Description="Filter">',
]

const allele = fc.oneof(word('ACGTN', 5), fc.constantFrom('<DEL>', '*', 'G]17:198982]', '<INS:ME:ALU>'))

const info = fc
  .tuple(
    fc.uniqueArray(fc.constantFrom(...Object.keys(INFO)), { maxLength: 5 }),
    fc.boolean(),
    fc.option(fc.nat(100000)),
  )
  .chain(([keys, flag, end]) =>
    fc.tuple(...keys.map((key) => INFO[key]!.map((value) => `${key}=${value}`))).map((pairs) => {
      const all = [...pairs, ...(flag ? ['DB'] : []), ...(end === null ? [] : [`END=${end}`])]
      return all.length === 0 ? '.' : all.join(';')
    }),
  )

const samplesOf = (count: number) =>
  fc.uniqueArray(fc.constantFrom(...Object.keys(FORMAT)), { minLength: 1, maxLength: 5 }).chain((keys) =>
    fc
      .array(
        fc
          .tuple(fc.integer({ min: 1, max: keys.length }), ...keys.map((key) => FORMAT[key]!))
          // Trailing values may be left out.
          .map(([kept, ...values]) => values.slice(0, kept).join(':')),
        { minLength: count, maxLength: count },
      )
      .map((cells) => [keys.join(':'), ...cells]),
  )

const recordOf = (count: number) =>
  fc
    .record({
      chrom: fc.constantFrom('1', '1', '1', '2', '10', 'X', 'HLA-A*01:01', 'chr漢'),
      pos: fc.nat(200000),
      id: fc.oneof(fc.constant('.'), word('rs0123;', 6)),
      ref: word('ACGTN', 6),
      alt: fc.oneof(
        fc.constant('.'),
        fc.array(allele, { minLength: 1, maxLength: 3 }).map((all) => all.join(',')),
      ),
      qual: float,
      filter: fc.constantFrom('.', 'PASS', 'q10', 'q10;s50'),
      info,
      samples: count === 0 ? fc.constant([] as string[]) : samplesOf(count),
    })
    .map((one) =>
      [one.chrom, one.pos, one.id, one.ref, one.alt, one.qual, one.filter, one.info, ...one.samples].join(
        '\t',
      ),
    )

export interface AnyVcf {
  readonly text: string
  readonly names: readonly string[]
}

/** `sorted`: as a file is that other tools index. */
export function anyVcf(sorted = false): fc.Arbitrary<AnyVcf> {
  return fc
    .record({
      count: fc.constantFrom(0, 1, 3),
      eol: fc.constantFrom('\n', '\r\n'),
      finalNewline: fc.boolean(),
      blanks: fc.boolean(),
    })
    .chain(({ count, eol, finalNewline, blanks }) =>
      fc.array(recordOf(count), { maxLength: 40 }).map((records) => {
        const names = ['NA1', 'S²', 'NA3'].slice(0, count)
        const columns = [
          '#CHROM',
          'POS',
          'ID',
          'REF',
          'ALT',
          'QUAL',
          'FILTER',
          'INFO',
          ...(count > 0 ? ['FORMAT', ...names] : []),
        ]
        const lines = sorted ? [...records].sort(byPlace) : records
        const body = blanks ? lines.flatMap((line, i) => (i % 5 === 4 ? [line, ''] : [line])) : lines
        const text = [...HEADER, columns.join('\t'), ...body].join(eol)
        return { text: text + (finalNewline || body.length === 0 ? eol : ''), names }
      }),
    )
}

function byPlace(a: string, b: string): number {
  const [one, other] = [a.split('\t'), b.split('\t')]
  return one[0]! < other[0]! ? -1 : one[0]! > other[0]! ? 1 : Number(one[1]) - Number(other[1])
}
