/** Alignments of any kind that the reader must take. */

import fc from 'fast-check'
import type { EncodedTag, Read } from './encode.ts'

export const REFERENCES = ['chr1', 'chr10', 'chr2', 'HLA-A*01:01', 'chr漢'] as const

const value = (type: string): fc.Arbitrary<number> => {
  switch (type) {
    case 'c':
      return fc.integer({ min: -128, max: 127 })
    case 'C':
      return fc.nat(255)
    case 's':
      return fc.integer({ min: -32768, max: 32767 })
    case 'S':
      return fc.nat(65535)
    case 'I':
      return fc.nat(4294967295)
    case 'f':
      return fc.oneof(
        fc.float({ noNaN: true }),
        fc.constantFrom(0, -0, 0.1, 1e-5, 100000, 1234567, 1234565, 1.015625, 12345.25).map(Math.fround),
      )
    default:
      return fc.integer()
  }
}

const NUMBERS = ['c', 'C', 's', 'S', 'i', 'I', 'f'] as const
const text = fc.string({ unit: fc.constantFrom(...'ab ,:;é漢0+-'), maxLength: 30 })

const anyTag = (tag: string): fc.Arbitrary<EncodedTag> =>
  fc.oneof(
    fc.constantFrom(...NUMBERS).chain((type) => value(type).map((one) => ({ tag, type, value: one }))),
    fc
      .constantFrom(...NUMBERS)
      .chain((type) =>
        fc.array(value(type), { maxLength: 5 }).map((all) => ({ tag, type: `B${type}`, value: all })),
      ),
    fc.constantFrom('x', '*').map((one) => ({ tag, type: 'A', value: one })),
    text.map((one) => ({ tag, type: 'Z', value: one })),
    fc.constantFrom('', '1AE301').map((one) => ({ tag, type: 'H', value: one })),
  )

const anyTags = fc
  .uniqueArray(fc.constantFrom('NM', 'RG', 'XA', 'MD', 'ML', 'xs', 'Y9'), { maxLength: 5 })
  .chain((tags) => fc.tuple(...tags.map(anyTag)))

const anyReference = fc.integer({ min: -1, max: REFERENCES.length - 1 })

export const anyRead: fc.Arbitrary<Read> = fc
  .record({
    qname: fc.oneof(
      fc.constant('*'),
      fc.string({ unit: fc.constantFrom(...'abXY019:/.#*'), minLength: 1, maxLength: 20 }),
    ),
    flag: fc.nat(4095),
    reference: fc.oneof({ arbitrary: fc.constant(0), weight: 2 }, anyReference),
    pos: fc.oneof(fc.constant(-1), fc.nat(200_000), fc.constant(2 ** 31 - 2000)),
    mapq: fc.nat(255),
    cigar: fc.array(fc.tuple(fc.oneof(fc.nat(200), fc.constant(0)), fc.constantFrom(...'MIDNSHP=X')), {
      maxLength: 5,
    }),
    nextReference: anyReference,
    nextPos: fc.integer({ min: -1, max: 200_000 }),
    tlen: fc.integer(),
    seq: fc.string({ unit: fc.constantFrom(...'=ACMGRSVTWYHKDBN'), maxLength: 60 }),
    tags: anyTags,
  })
  .chain((read) =>
    fc
      .option(fc.array(fc.nat(93), { minLength: read.seq.length, maxLength: read.seq.length }), {
        nil: undefined,
      })
      .map((quals) => ({ ...read, quals })),
  )

export const anyReads = fc.array(anyRead, { maxLength: 40 })

/** As a file is that samtools indexes: unplaced reads last. */
export function sorted(reads: readonly Read[]): Read[] {
  const rank = (read: Read): number => (read.reference < 0 ? REFERENCES.length : read.reference)
  return [...reads].sort((a, b) => rank(a) - rank(b) || a.pos - b.pos)
}

/** With as many bases as the CIGAR has: samtools refuses others, where we show what the file holds. */
export function fitted(read: Read): Read {
  const bases = read.cigar
    .filter(([, operation]) => 'MIS=X'.includes(operation))
    .reduce((sum, [length]) => sum + length, 0)
  if (read.cigar.length === 0 || read.seq === '') return read
  const seq = read.seq.repeat(Math.ceil(bases / read.seq.length)).slice(0, bases)
  const quals = read.quals && Array.from(seq, (_, i) => read.quals![i % read.quals!.length]!)
  return { ...read, seq, quals }
}
