import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pruneRows } from '../../../src/index/prune.ts'
import { runOf } from '../../../src/index/runs.ts'
import { cutRows } from '../../../src/index/strategies.ts'
import { anySizes, CONTAINERS, pack } from '../../scan/support/corpus.ts'
import { bindBytes, piecesAt, readSlices, readWork, scanBytes } from '../../scan/support/harness.ts'
import { anyVcf } from './arbitrary.ts'
import { parseVcf, type Variant, variantsOf } from './support.ts'

const anyCuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 })

const anyStrategy = fc.oneof(
  fc.integer({ min: 1, max: 60 }).map((n) => ['count', { n }] as const),
  fc.integer({ min: 1, max: 20 }).map((rows) => ['rows', { rows }] as const),
  fc.integer({ min: 1, max: 600 }).map((bytes) => ['bytes', { bytes }] as const),
  fc.constant(['chrom', {}] as const),
)

/** The fields that SQL knows under another name: `dp` beside `DP`. */
function named(rows: readonly Variant[]): Variant[] {
  return rows.map((row) => {
    if (row.info === null || typeof row.info === 'string' || !('dp' in row.info)) return row
    const { dp, ...info } = row.info
    return { ...row, info: { ...info, dp_1: dp! } }
  })
}

async function scanned(
  text: string,
  packing: (typeof CONTAINERS)[number],
  sizes: readonly number[],
  cuts: readonly number[],
) {
  const bytes = pack(Buffer.from(text), packing, sizes)
  const bound = await bindBytes(bytes, 'vcf')
  const whole = packing === 'gzip' || packing === 'members'
  const pieces = whole
    ? undefined
    : piecesAt(
        bound,
        cuts.map((cut) => Math.floor(cut * bytes.length)),
      )
  return { bound, ...(await scanBytes(bound, pieces)) }
}

describe.each(CONTAINERS)('in %s', (packing) => {
  it('any cut of pieces, and every strategy, gives the rows of the file once each, in order', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyVcf(),
        anySizes,
        anyCuts,
        fc.array(anyStrategy, { minLength: 1, maxLength: 3 }),
        async ({ text }, sizes, cuts, strategies) => {
          const expected = named(parseVcf(text))
          const { bound, index, rows } = await scanned(text, packing, sizes, cuts)
          expect(variantsOf(rows)).toEqual(expected)
          for (const [strategy, args] of strategies) {
            const slices = await readSlices(bound, index, strategy, args)
            expect(slices.flatMap((slice) => variantsOf(slice.rows))).toEqual(expected)
            if (slices.length > 0)
              expect(Buffer.concat(slices.map((slice) => slice.text)).toString()).toBe(text)
          }
        },
      ),
      { numRuns: 40 },
    )
  })

  it('a slice for each chromosome, where the file is sorted', async () => {
    await fc.assert(
      fc.asyncProperty(anyVcf(true), anySizes, anyCuts, async ({ text }, sizes, cuts) => {
        const { bound, index, rows } = await scanned(text, packing, sizes, cuts)
        const chroms = [...new Set(variantsOf(rows).map(({ chrom }) => chrom))]
        const slices = await readSlices(bound, index, 'chrom', {})
        expect(slices.map((slice) => [...new Set(variantsOf(slice.rows).map(({ chrom }) => chrom))])).toEqual(
          chroms.map((chrom) => [chrom]),
        )
      }),
      { numRuns: 20 },
    )
  })

  it('zones leave out no row that fulfils a condition', async () => {
    const anyOp = fc.constantFrom('=' as const, '<' as const, '<=' as const, '>' as const, '>=' as const)
    await fc.assert(
      fc.asyncProperty(
        anyVcf(),
        anySizes,
        fc.constantFrom('1', '10', '2', 'X', 'Y'),
        anyOp,
        fc.constantFrom('pos' as const, 'end_pos' as const),
        fc.nat(200000),
        async ({ text }, sizes, chrom, op, column, value) => {
          const { bound, index, rows } = await scanned(text, packing, sizes, [0.5])
          const test = (a: number): boolean =>
            op === '='
              ? a === value
              : op === '<'
                ? a < value
                : op === '<='
                  ? a <= value
                  : op === '>'
                    ? a > value
                    : a >= value
          const holds = (row: Variant): boolean => row.chrom === chrom && test(Number(row[column]))
          const conditions = [
            { column: 'chrom', op: '=', values: [chrom] },
            { column, op, values: [value] },
          ] as const
          const kept: Variant[] = []
          for (const range of pruneRows(index, conditions))
            kept.push(...variantsOf((await readWork(bound, runOf(index, range)!)).rows))
          expect(kept.filter(holds)).toEqual(variantsOf(rows).filter(holds))
        },
      ),
      { numRuns: 30 },
    )
  })
})

describe('projection', () => {
  it('any subset of columns has the same values', async () => {
    await fc.assert(
      fc.asyncProperty(anyVcf(), fc.uniqueArray(fc.nat(10)), async ({ text }, columns) => {
        const bound = await bindBytes(Buffer.from(text), 'vcf')
        const piece = { kind: 'piece', from: 0, to: text.length * 4, start: bound.layout.dataStart } as const
        const all = (await readWork(bound, piece)).rows
        const some = (await readWork(bound, piece, columns)).rows
        expect(some).toEqual(all.map((row) => columns.map((column) => row[column]!)))
      }),
      { numRuns: 60 },
    )
  })

  it('chosen samples and fields have the values that they have among all', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyVcf().filter(({ names }) => names.length === 3),
        fc.shuffledSubarray(['NA1', 'S²', 'NA3'], { minLength: 1 }),
        fc.shuffledSubarray(['DP', 'AF', 'DB', 'NOTE'], { minLength: 1 }),
        fc.shuffledSubarray(['GT', 'AD', 'FT']),
        async ({ text }, samples, info, format) => {
          const bytes = Buffer.from(text)
          const rows = async (options: Readonly<Record<string, unknown>>) =>
            variantsOf((await scanBytes(await bindBytes(bytes, 'vcf', options))).rows)
          const all = await rows({})
          const some = await rows({ samples, info, format_fields: format })
          expect(some).toEqual(
            all.map((row) => ({
              ...row,
              info:
                row.info === null
                  ? null
                  : Object.fromEntries(info.map((key) => [key, (row.info as Record<string, unknown>)[key]])),
              samples: samples.map((name) => {
                const sample = row.samples.find((one) => one.name === name)!
                return Object.fromEntries(['name', ...format].map((key) => [key, sample[key]]))
              }),
            })),
          )
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('strategy region', () => {
  it('cuts by the overlap', async () => {
    await fc.assert(
      fc.asyncProperty(anyVcf(), fc.nat(200000), fc.nat(50000), async ({ text }, from, length) => {
        const { bound, index, rows } = await scanned(text, 'plain', [100], [])
        const all = variantsOf(rows)
        if (!all.some(({ chrom }) => chrom === '1')) return
        const [cut] = cutRows(
          index,
          { name: 'region', args: { region: `1:${from}-${from + length}` } },
          bound.format.strategies,
        )
        const kept = pruneRows(index, (cut as { where: Parameters<typeof pruneRows>[1] }).where)
        const there = new Set(kept.flatMap(({ firstRow, rows: n }) => all.slice(firstRow, firstRow + n)))
        for (const row of all)
          if (row.chrom === '1' && row.pos <= from + length && row.end_pos >= from)
            expect(there).toContain(row)
      }),
      { numRuns: 50 },
    )
  })
})
