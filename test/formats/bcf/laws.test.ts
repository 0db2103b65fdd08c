import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Condition } from '../../../src/formats/types.ts'
import { pruneRows } from '../../../src/index/prune.ts'
import { runOf } from '../../../src/index/runs.ts'
import { makeSlice, parseSlice, sliceToJson } from '../../../src/index/slice.ts'
import { cutRows } from '../../../src/index/strategies.ts'
import { runOfSlice } from '../../../src/scan/read-slices.ts'
import { anySizes, CONTAINERS, pack } from '../../scan/support/corpus.ts'
import {
  type Bound,
  bindBytes,
  piecesAt,
  readWork,
  type Scanned,
  scanBytes,
} from '../../scan/support/harness.ts'
import { parseVcf, type Variant, variantsOf } from '../vcf/support.ts'
import { anyBcf, CONTIGS, NAMES, sorted } from './arbitrary.ts'
import { encodeBcf, vcfText } from './encode.ts'
import { hasBcftools, toVcf } from './support.ts'

const anyCuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 })
const anyStrategy = fc.oneof(
  fc.integer({ min: 1, max: 60 }).map((n) => ['count', { n }] as const),
  fc.integer({ min: 1, max: 20 }).map((rows) => ['rows', { rows }] as const),
  fc.integer({ min: 1, max: 600 }).map((bytes) => ['bytes', { bytes }] as const),
  fc.constant(['chrom', {}] as const),
)

async function scanned(
  raw: Buffer,
  packing: (typeof CONTAINERS)[number],
  sizes: readonly number[],
  cuts: readonly number[],
): Promise<Scanned & { bound: Bound }> {
  const bytes = pack(raw, packing, sizes)
  const bound = await bindBytes(bytes, 'bcf')
  const whole = packing === 'gzip' || packing === 'members'
  const places = cuts.map((cut) => Math.floor(cut * bytes.length))
  return { bound, ...(await scanBytes(bound, whole ? undefined : piecesAt(bound, places))) }
}

/** The rows of each slice. */
async function readSlices(
  bound: Bound,
  index: Scanned['index'],
  name: string,
  args: Readonly<Record<string, number>>,
) {
  const all = []
  for (const [i, cut] of cutRows(index, { name, args }, bound.format.strategies).entries()) {
    const run = await runOfSlice(parseSlice(sliceToJson(makeSlice(index, cut, i === 0))), undefined)
    all.push(run === undefined ? [] : (await readWork(bound, run)).rows)
  }
  return all
}

describe.each(CONTAINERS)('in %s', (packing) => {
  it('any cut of pieces, and every strategy, gives the records of the file once each, in order', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyBcf,
        anySizes,
        anyCuts,
        fc.array(anyStrategy, { minLength: 1, maxLength: 3 }),
        async ({ header, variants }, sizes, cuts, strategies) => {
          const { bound, index, rows } = await scanned(encodeBcf(header, variants), packing, sizes, cuts)
          expect(variantsOf(rows)).toEqual(parseVcf(vcfText(header, variants)))
          for (const [strategy, args] of strategies)
            expect((await readSlices(bound, index, strategy, args)).flat()).toEqual(rows)
        },
      ),
      { numRuns: 40 },
    )
  })

  it('zones leave out no record that fulfils a condition', async () => {
    const anyOp = fc.constantFrom('=' as const, '<' as const, '<=' as const, '>' as const, '>=' as const)
    await fc.assert(
      fc.asyncProperty(
        anyBcf,
        anySizes,
        fc.constantFrom(...CONTIGS.keys(), 'Y'),
        anyOp,
        fc.constantFrom('pos' as const, 'end_pos' as const),
        fc.nat(200_000),
        async ({ header, variants }, sizes, chrom, op, column, value) => {
          const raw = encodeBcf(header, sorted(variants))
          const { bound, index, rows } = await scanned(raw, packing, sizes, [0.5])
          const test = (a: number): boolean =>
            ({ '=': a === value, '<': a < value, '<=': a <= value, '>': a > value, '>=': a >= value })[op]
          const holds = (row: Variant): boolean => row.chrom === chrom && test(Number(row[column]))
          const conditions: Condition[] = [
            { column: 'chrom', op: '=', values: [chrom] },
            { column, op, values: [value] },
          ]
          const kept: Variant[] = []
          for (const range of pruneRows(index, conditions))
            kept.push(...variantsOf((await readWork(bound, runOf(index, range)!)).rows))
          expect(kept.filter(holds)).toEqual(variantsOf(rows).filter(holds))
        },
      ),
      { numRuns: 25 },
    )
  })
})

describe('projection', () => {
  it('any subset of columns has the same values, with errors ignored or not', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyBcf,
        fc.uniqueArray(fc.nat(10)),
        fc.boolean(),
        async (file, columns, ignoreErrors) => {
          const bytes = encodeBcf(file.header, file.variants)
          const bound = await bindBytes(bytes, 'bcf')
          const piece = { kind: 'piece', from: 0, to: bytes.length, start: bound.layout.dataStart } as const
          const all = (await readWork(bound, piece)).rows
          const some = (await readWork(bound, piece, columns, { ignoreErrors })).rows
          expect(some).toEqual(all.map((row) => columns.map((column) => row[column]!)))
        },
      ),
      { numRuns: 60 },
    )
  })

  it('chosen samples and fields have the values that they have among all', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyBcf.filter(({ variants }) => variants[0]?.samples === 3),
        fc.shuffledSubarray(NAMES, { minLength: 1 }),
        fc.shuffledSubarray(['DP', 'AF', 'DB', 'NOTE'], { minLength: 1 }),
        fc.shuffledSubarray(['GT', 'AD', 'FT']),
        async ({ header, variants }, samples, info, format) => {
          const bytes = encodeBcf(header, variants)
          const rows = async (options: Readonly<Record<string, unknown>>) =>
            variantsOf((await scanBytes(await bindBytes(bytes, 'bcf', options))).rows)
          const all = await rows({})
          const some = await rows({ samples, info, format_fields: format })
          const pick = (names: readonly string[], from: Readonly<Record<string, unknown>>) =>
            Object.fromEntries(names.map((name) => [name, from[name]]))
          expect(some).toEqual(
            all.map((row) => ({
              ...row,
              info: row.info === null ? null : pick(info, row.info as Record<string, unknown>),
              samples: samples.map((name) =>
                pick(['name', ...format], row.samples.find((sample) => sample.name === name)!),
              ),
            })),
          )
        },
      ),
      { numRuns: 40 },
    )
  })
})

describe.skipIf(!hasBcftools)('bcftools', () => {
  it('makes the same VCF of it', async () => {
    await fc.assert(
      fc.asyncProperty(anyBcf, async ({ header, variants }) => {
        const bytes = pack(encodeBcf(header, variants), 'bgzf', [3000])
        const { rows } = await scanBytes(await bindBytes(bytes, 'bcf'))
        const vcf = toVcf(bytes)
        expect(rows).toEqual((await scanBytes(await bindBytes(vcf, 'vcf'))).rows)
      }),
      { numRuns: 40 },
    )
  })

  it('has the same text of INFO where no field of it is chosen', async () => {
    await fc.assert(
      fc.asyncProperty(anyBcf, async ({ header, variants }) => {
        const bytes = pack(encodeBcf(header, variants), 'bgzf', [3000])
        const texts = async (content: Uint8Array, format: string) =>
          (await scanBytes(await bindBytes(content, format, { info: [] }), undefined, [7])).rows
        expect(await texts(bytes, 'bcf')).toEqual(await texts(toVcf(bytes), 'vcf'))
      }),
      { numRuns: 20 },
    )
  })
})
