/** Pieces and segments of files that have many of them: the chain holds, each segment decodes alone. */

import { crc32, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Run } from '../../../src/formats/types.ts'
import { runOf } from '../../../src/index/runs.ts'
import type { PartitionIndex } from '../../../src/index/types.ts'
import {
  CONTAINERS,
  type Corpus,
  csvFile,
  fastqFile,
  linesFile,
  manyReads,
  manyRows,
  type Packing,
  PLAIN_STYLE,
  pack,
  wordsFile,
} from '../../scan/support/corpus.ts'
import {
  type Bound,
  bindBytes,
  numbered,
  piecesAt,
  type Rows,
  readSlices,
  readWork,
  scanBytes,
} from '../../scan/support/harness.ts'

const CSV_STYLE = { eol: '\n', delim: ',', finalNewline: true, blanks: [] } as const

interface File {
  readonly corpus: () => Corpus
  readonly packings: readonly Packing[]
}

/** Each form in some of the containers, each container with some of the forms. */
const FILES: Readonly<Record<string, File>> = {
  fastq: { corpus: () => fastqFile(manyReads(7_000, 1)), packings: CONTAINERS },
  'fastq, wrapped': {
    corpus: () => fastqFile(manyReads(8_000, 2), { ...PLAIN_STYLE, wrap: 40, eol: '\r\n' }),
    packings: ['plain', 'gzip', 'bgzf'],
  },
  'fastq, blank lines': {
    corpus: () => fastqFile(manyReads(7_000, 3), { ...PLAIN_STYLE, blanks: [0, 0, 1, 3] }),
    packings: ['plain', 'bgzf'],
  },
  'fastq, long reads': {
    corpus: () => fastqFile(manyReads(30, 4, 30_000, 60_000)),
    packings: ['plain', 'gzip', 'bgzf'],
  },
  lines: {
    corpus: () =>
      linesFile(
        manyReads(13_000, 5)
          .map(({ quality }) => `${quality}é\r\n`)
          .join(''),
      ),
    packings: ['plain', 'members'],
  },
  words: {
    corpus: () =>
      wordsFile(
        manyReads(12_000, 6)
          .map(({ quality, id }) => `${quality} ${id}\n\n`)
          .join(''),
      ),
    packings: ['gzip', 'bgzf'],
  },
  csv: { corpus: () => csvFile(manyRows(16_000, 7), CSV_STYLE), packings: CONTAINERS },
  'csv, blank lines': {
    corpus: () => csvFile(manyRows(11_000, 8), { ...CSV_STYLE, blanks: [0, 1, 0, 0, 200, 0, 5] }),
    packings: ['plain', 'gzip'],
  },
}

const digest = (rows: Rows): number =>
  crc32(JSON.stringify(rows, (_, value) => (typeof value === 'bigint' ? `${value}n` : value)))

describe.each(Object.keys(FILES))('%s', (name) => {
  const { corpus: make, packings } = FILES[name]!
  let corpus: Corpus
  let expected: Rows

  beforeAll(() => {
    corpus = make()
    expected = numbered(corpus.rows)
  })

  const bind = (packing: Packing): Promise<Bound> => {
    // Tables compress so well that only stored blocks make a file large enough for several access points.
    const stored = packing === 'gzip' && corpus.format === 'csv'
    const bytes = stored ? gzipSync(corpus.raw, { level: 0 }) : pack(corpus.raw, packing, [65_280, 300_000])
    return bindBytes(bytes, corpus.format, corpus.options)
  }

  /** Segments follow one another without a gap, from the first record to the end. */
  function checkChain(index: PartitionIndex): void {
    let raw = index.layout.dataStart
    let row = 0
    for (const segment of index.segments) {
      expect([segment.raw, segment.firstRow]).toEqual([raw, row])
      expect(segment.point.raw).toBeLessThanOrEqual(segment.raw)
      expect(segment.end).toBeGreaterThanOrEqual(segment.point.source)
      expect(segment.crc).toBe(crc32(corpus.raw.subarray(segment.raw, segment.rawEnd)))
      raw = segment.rawEnd
      row += segment.rows
    }
    expect([raw, row]).toEqual([corpus.raw.length, expected.length])
    expect([index.raw, index.rows]).toEqual([corpus.raw.length, expected.length])
  }

  it.each(packings)('in %s: the chain of segments holds, each decodes alone', async (packing) => {
    const bound = await bind(packing)
    const pieces =
      packing === 'plain' || packing === 'bgzf'
        ? piecesAt(
            bound,
            [0.1, 0.11, 0.5, 0.500001, 0.9].map((cut) => Math.floor(cut * bound.source.size)),
          )
        : undefined
    const { index, rows } = await scanBytes(bound, pieces)
    expect(digest(rows)).toBe(digest(expected))
    checkChain(index)
    expect(index.segments.length).toBeGreaterThan(1)

    for (const [i, { firstRow, rows: count }] of index.segments.entries()) {
      if (count === 0) continue
      const [window] = await index.windows(i, i + 1)
      const run = runOf(index, { firstRow, rows: count }, () => window) as Run
      const read = await readWork(bound, run)
      expect(digest(read.rows)).toBe(digest(expected.slice(firstRow, firstRow + count)))
    }
  })

  it.each(packings)('in %s: slices bring every row and every byte once', async (packing) => {
    const bound = await bind(packing)
    const { index } = await scanBytes(bound)
    for (const [strategy, args] of [
      ['count', { n: 5 }],
      ['bytes', { bytes: 400_000 }],
    ] as const) {
      const slices = await readSlices(bound, index, strategy, args)
      expect(digest(slices.flatMap(({ rows }) => rows))).toBe(digest(expected))
      const text = Buffer.concat(slices.map((slice) => slice.text))
      expect(text.equals(corpus.raw), `${strategy} ${JSON.stringify(args)}`).toBe(true)
    }
  })

  const cuttable = packings.filter((packing) => packing === 'plain' || packing === 'bgzf')

  it.each(cuttable)('in %s: cut anywhere, the pieces make the whole', async (packing) => {
    const bytes = pack(corpus.raw, packing, [65_280, 10_000, 700])
    const bound = await bindBytes(bytes, corpus.format, corpus.options)
    const anyCuts = fc.array(fc.nat(bytes.length), { maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(anyCuts, async (cuts) => {
        const { index, rows } = await scanBytes(bound, piecesAt(bound, cuts), [0, bound.layout.ordinal!])
        expect(digest(rows)).toBe(digest(expected.map((row) => [row[0]!, row.at(-1)!])))
        checkChain(index)
      }),
      { numRuns: 2 },
    )
  })
})
