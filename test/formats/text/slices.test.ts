import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  anyCsv,
  anyFastq,
  anyLines,
  anySizes,
  anyWords,
  CONTAINERS,
  type Corpus,
  pack,
} from '../../scan/support/corpus.ts'
import { bindBytes, numbered, piecesAt, readSlices, scanBytes } from '../../scan/support/harness.ts'

const FORMATS: Readonly<Record<string, fc.Arbitrary<Corpus>>> = {
  fastq: anyFastq,
  lines: anyLines,
  words: anyWords,
  csv: anyCsv,
}

const anyStrategy = fc.oneof(
  fc.integer({ min: 1, max: 200 }).map((n) => ['count', { n }] as const),
  fc.integer({ min: 1, max: 20 }).map((rows) => ['rows', { rows }] as const),
  fc.integer({ min: 1, max: 600 }).map((bytes) => ['bytes', { bytes }] as const),
)

/** Where a file is cut into pieces, as shares of its size. */
const anyCuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 })

describe.each(Object.keys(FORMATS))('law of slices: %s', (name) => {
  it.each(CONTAINERS)('in %s', async (packing) => {
    await fc.assert(
      fc.asyncProperty(
        FORMATS[name]!,
        anySizes,
        anyCuts,
        fc.array(anyStrategy, { minLength: 1, maxLength: 3 }),
        async ({ format, options, raw, rows }, sizes, cuts, strategies) => {
          const bytes = pack(raw, packing, sizes)
          const bound = await bindBytes(bytes, format, options)
          const whole = packing === 'gzip' || packing === 'members'
          const pieces = whole
            ? undefined
            : piecesAt(
                bound,
                cuts.map((cut) => Math.floor(cut * bytes.length)),
              )
          const { index, rows: read } = await scanBytes(bound, pieces)
          expect(read).toEqual(numbered(rows))
          expect(index.rows).toBe(rows.length)

          for (const [strategy, args] of strategies) {
            const slices = await readSlices(bound, index, strategy, args)
            if (strategy === 'count') expect(slices.length).toBe(args.n)
            if (strategy === 'rows') {
              for (const slice of slices.slice(0, -1)) expect(slice.rows.length).toBe(args.rows)
            }
            expect(slices.flatMap((slice) => slice.rows)).toEqual(numbered(rows))
            if (slices.length > 0)
              expect(Buffer.concat(slices.map((slice) => slice.text)).toString()).toBe(raw.toString())
          }
        },
      ),
      { numRuns: 20 },
    )
  })
})
