import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Condition } from '../../../src/formats/types.ts'
import { pruneRows } from '../../../src/index/prune.ts'
import { runOf } from '../../../src/index/runs.ts'
import { anySizes, CONTAINERS, pack } from '../../scan/support/corpus.ts'
import { bindBytes, piecesAt, type readSlices, readWork, scanBytes } from '../../scan/support/harness.ts'
import { anyRead, anyReads, fitted, REFERENCES, sorted } from './arbitrary.ts'
import { encodeBam, type Read, withMovedCigar } from './encode.ts'
import { type Alignment, alignmentsOf, hasSamtools, samLine, viewed } from './support.ts'

/** What a row must be, as far as no text is made of numbers; samtools judges the rest. */
function expectedOf(read: Read, i: number): Alignment {
  const name = (reference: number): string | null => (reference < 0 ? null : REFERENCES[reference]!)
  const pos = read.pos < 0 ? null : BigInt(read.pos + 1)
  const covered = read.cigar
    .filter(([, operation]) => 'MDN=X'.includes(operation))
    .reduce((sum, [length]) => sum + length, 0)
  const length = (read.flag & 4) !== 0 ? 1 : Math.max(1, covered)
  return {
    qname: read.qname === '*' ? null : read.qname,
    flag: read.flag,
    rname: name(read.reference),
    pos,
    mapq: read.mapq,
    cigar: read.cigar.length === 0 ? null : read.cigar.map((one) => one.join('')).join(''),
    rnext: name(read.nextReference),
    pnext: read.nextPos < 0 ? null : BigInt(read.nextPos + 1),
    tlen: BigInt(read.tlen),
    seq: read.seq === '' ? null : read.seq,
    qual:
      read.seq === '' || read.quals === undefined
        ? null
        : read.quals.map((value) => String.fromCharCode(33 + value)).join(''),
    end_pos: pos === null ? null : pos + BigInt(length - 1),
    record: BigInt(i),
  }
}

const withoutTags = ({ tags: _, ...row }: Alignment): Alignment => row

const anyCuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 })
const anyStrategy = fc.oneof(
  fc.integer({ min: 1, max: 60 }).map((n) => ['count', { n }] as const),
  fc.integer({ min: 1, max: 20 }).map((rows) => ['rows', { rows }] as const),
  fc.integer({ min: 1, max: 600 }).map((bytes) => ['bytes', { bytes }] as const),
  fc.constant(['rname', {}] as const),
)

async function scanned(
  raw: Buffer,
  packing: (typeof CONTAINERS)[number],
  sizes: readonly number[],
  cuts: readonly number[],
) {
  const bytes = pack(raw, packing, sizes)
  const bound = await bindBytes(bytes, 'bam')
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
  it('any cut of pieces, and every strategy, gives the records of the file once each, in order', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyReads,
        anySizes,
        anyCuts,
        fc.array(anyStrategy, { minLength: 1, maxLength: 3 }),
        async (reads, sizes, cuts, strategies) => {
          const { bound, index, rows } = await scanned(encodeBam(REFERENCES, reads), packing, sizes, cuts)
          expect(alignmentsOf(bound.layout, rows).map(withoutTags)).toEqual(reads.map(expectedOf))
          for (const [strategy, args] of strategies) {
            const slices = await readRows(bound, index, strategy, args)
            expect(slices.flat()).toEqual(rows)
          }
        },
      ),
      { numRuns: 40 },
    )
  })

  it('zones leave out no record that fulfils a condition', async () => {
    const anyOp = fc.constantFrom('=' as const, '<' as const, '<=' as const, '>' as const, '>=' as const)
    await fc.assert(
      fc.asyncProperty(
        anyReads,
        anySizes,
        fc.option(fc.constantFrom(...REFERENCES, 'chrX')),
        anyOp,
        fc.constantFrom('pos' as const, 'end_pos' as const),
        fc.nat(200_000),
        async (reads, sizes, rname, op, column, value) => {
          const { bound, index, rows } = await scanned(
            encodeBam(REFERENCES, sorted(reads)),
            packing,
            sizes,
            [0.5],
          )
          const test = (a: number): boolean =>
            ({ '=': a === value, '<': a < value, '<=': a <= value, '>': a > value, '>=': a >= value })[op]
          const holds = (row: Alignment): boolean =>
            row.rname === rname && row[column] !== null && test(Number(row[column]))
          const conditions: Condition[] = [
            rname === null
              ? { column: 'rname', op: 'is null', values: [] }
              : { column: 'rname', op: '=', values: [rname] },
            { column, op, values: [value] },
          ]
          const kept: Alignment[] = []
          for (const range of pruneRows(index, conditions))
            kept.push(...alignmentsOf(bound.layout, (await readWork(bound, runOf(index, range)!)).rows))
          expect(kept.filter(holds)).toEqual(alignmentsOf(bound.layout, rows).filter(holds))
        },
      ),
      { numRuns: 30 },
    )
  })
})

/** The rows of each slice; those of a binary format have no text. */
async function readRows(
  bound: Awaited<ReturnType<typeof bindBytes>>,
  index: Parameters<typeof readSlices>[1],
  strategy: string,
  args: Readonly<Record<string, number>>,
) {
  const { cutRows } = await import('../../../src/index/strategies.ts')
  const { makeSlice, parseSlice, sliceToJson } = await import('../../../src/index/slice.ts')
  const { runOfSlice } = await import('../../../src/scan/read-slices.ts')
  const all = []
  for (const [i, cut] of cutRows(index, { name: strategy, args }, bound.format.strategies).entries()) {
    const run = await runOfSlice(parseSlice(sliceToJson(makeSlice(index, cut, i === 0))), undefined)
    all.push(run === undefined ? [] : (await readWork(bound, run)).rows)
  }
  return all
}

describe('projection', () => {
  it('any subset of columns has the same values', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyReads,
        fc.uniqueArray(fc.nat(13)),
        fc.boolean(),
        async (reads, columns, ignoreErrors) => {
          const bytes = encodeBam(REFERENCES, reads)
          const bound = await bindBytes(bytes, 'bam')
          const piece = { kind: 'piece', from: 0, to: bytes.length, start: bound.layout.dataStart } as const
          const all = (await readWork(bound, piece)).rows
          const some = (await readWork(bound, piece, columns, { ignoreErrors })).rows
          expect(some).toEqual(all.map((row) => columns.map((column) => row[column]!)))
        },
      ),
      { numRuns: 60 },
    )
  })

  it('tags as columns have the values that they have in the list', async () => {
    await fc.assert(
      fc.asyncProperty(anyReads, async (reads) => {
        const bytes = encodeBam(REFERENCES, reads)
        const names = ['RG:Z', 'NM:i', 'XA:f', 'ML:B', 'MD']
        const { layout, ...rest } = await bindBytes(bytes, 'bam', { tags: names })
        const piece = { kind: 'piece', from: 0, to: bytes.length, start: layout.dataStart } as const
        const rows = alignmentsOf(layout, (await readWork({ layout, ...rest }, piece)).rows)
        const find = (read: Read, tag: string) => read.tags.find((one) => one.tag === tag)
        for (const [i, read] of reads.entries()) {
          const [nm, xa, ml, rg] = ['NM', 'XA', 'ML', 'RG'].map((tag) => find(read, tag))
          const whole = nm !== undefined && 'cCsSiI'.includes(nm.type)
          expect(rows[i]!.NM).toEqual(whole ? BigInt(nm.value as number) : null)
          expect(rows[i]!.XA).toEqual(typeof xa?.value === 'number' ? Math.fround(xa.value) : null)
          expect(rows[i]!.ML).toEqual(Array.isArray(ml?.value) ? ml.value : null)
          if (rg === undefined || 'AZH'.includes(rg.type)) expect(rows[i]!.RG).toEqual(rg?.value ?? null)
          expect(rows[i]!.qname).toEqual(read.qname === '*' ? null : read.qname)
        }
      }),
      { numRuns: 60 },
    )
  })
})

describe.skipIf(!hasSamtools)('samtools', () => {
  it('prints the same lines', async () => {
    await fc.assert(
      fc.asyncProperty(anyReads, async (reads) => {
        const bytes = pack(encodeBam(REFERENCES, reads.map(fitted)), 'bgzf', [3000])
        const bound = await bindBytes(bytes, 'bam')
        const rows = alignmentsOf(bound.layout, (await scanBytes(bound)).rows)
        expect(rows.map(samLine)).toEqual(viewed(['-'], bytes))
      }),
      { numRuns: 40 },
    )
  })

  it('has the same CIGAR out of the tag CG', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyRead, { minLength: 1, maxLength: 8 }), async (reads) => {
        const moved = reads.map(fitted).map(withMovedCigar)
        const bytes = pack(encodeBam(REFERENCES, moved), 'bgzf', [3000])
        const bound = await bindBytes(bytes, 'bam')
        const rows = alignmentsOf(bound.layout, (await scanBytes(bound)).rows)
        expect(rows.map(samLine)).toEqual(viewed(['-'], bytes))
      }),
      { numRuns: 25 },
    )
  })
})
