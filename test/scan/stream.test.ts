/** Files of many pieces through the real threads: rows and ordinals in order, one index whoever builds it. */

import { createHash, type Hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ColumnBatch } from '../../src/formats/batch.ts'
import { indexFile } from '../../src/scan/build.ts'
import {
  type Corpus,
  csvFile,
  fastqFile,
  linesFile,
  manyReads,
  manyRows,
  type Packing,
  PLAIN_STYLE,
  pack,
  type Value,
  wordsFile,
} from './support/corpus.ts'
import { Bench, eachColumnBatch } from './support/service.ts'

const bench = new Bench()
const services = [1, 2, 3].map((jobs) => bench.service(jobs))

const CSV_STYLE = { eol: '\n', delim: ',', finalNewline: true, blanks: [] } as const

/** Rows that hold nothing but what looks like many rows. */
function misleading(count: number): Corpus {
  const text = Array.from({ length: 400 }, (_, k) => `${k},no row,${k}.5`).join('\n')
  return csvFile(
    Array.from({ length: count }, (_, i) => [i, text, i / 2] as const),
    CSV_STYLE,
  )
}

const FILES: Readonly<Record<string, { packing: Packing; corpus: () => Corpus }>> = {
  'fastq, plain': { packing: 'plain', corpus: () => fastqFile(manyReads(90_000, 11)) },
  'fastq, bgzf': { packing: 'bgzf', corpus: () => fastqFile(manyReads(40_000, 12)) },
  'fastq, gzip': { packing: 'gzip', corpus: () => fastqFile(manyReads(30_000, 13)) },
  // The guess looks for four-line records, and there are none.
  'fastq, wrapped, plain': {
    packing: 'plain',
    corpus: () => fastqFile(manyReads(90_000, 14), { ...PLAIN_STYLE, wrap: 40 }),
  },
  'fastq, wrapped, bgzf': {
    packing: 'bgzf',
    corpus: () => fastqFile(manyReads(40_000, 15), { ...PLAIN_STYLE, wrap: 40, eol: '\r\n' }),
  },
  'csv, plain': { packing: 'plain', corpus: () => csvFile(manyRows(180_000, 16), CSV_STYLE) },
  'csv of false rows, plain': { packing: 'plain', corpus: () => misleading(2_800) },
  'csv of false rows, bgzf': { packing: 'bgzf', corpus: () => misleading(1_500) },
  'lines, plain': {
    packing: 'plain',
    corpus: () =>
      linesFile(
        manyReads(105_000, 17)
          .map(({ quality }) => `${quality}\n`)
          .join(''),
      ),
  },
  'words, bgzf': {
    packing: 'bgzf',
    corpus: () =>
      wordsFile(
        manyReads(60_000, 18)
          .map(({ quality, id }) => `${quality}  ${id}\n`)
          .join(''),
      ),
  },
}

/** A digest of each column, the same however the rows are cut into batches. */
class Digest {
  readonly #hashes: Hash[] = []

  column(i: number): Hash {
    return (this.#hashes[i] ??= createHash('md5'))
  }

  add(batch: ColumnBatch): void {
    batch.columns.forEach(({ offsets, values, validity }, i) => {
      const hash = this.column(i)
      const isNull = (row: number): boolean =>
        validity !== undefined && (validity[row >> 3]! & (1 << (row & 7))) === 0
      if (offsets === undefined) {
        const words = (values as Float64Array | BigInt64Array).slice(0, batch.rows)
        for (let row = 0; row < batch.rows; row++) if (isNull(row)) words.fill(0 as never, row, row + 1)
        hash.update(words)
        return
      }
      const lengths = Int32Array.from({ length: batch.rows }, (_, row) =>
        isNull(row) ? -1 : offsets[row + 1]! - offsets[row]!,
      )
      this.column(i + 100).update(lengths)
      hash.update((values as Uint8Array).subarray(0, offsets[batch.rows]))
    })
  }

  addRows(rows: readonly (readonly Value[])[]): void {
    const all = rows.map((row, i) => [...row, BigInt(i)])
    const columns = all[0]!.map((_, i) => all.map((row) => row[i]!))
    columns.forEach((values, i) => {
      const hash = this.column(i)
      if (values.some((value) => typeof value === 'bigint')) {
        hash.update(BigInt64Array.from(values as bigint[]))
      } else if (values.some((value) => typeof value === 'number')) {
        hash.update(Float64Array.from(values as number[]))
      } else {
        const texts = values.map((value) => (value === null ? null : Buffer.from(value as string)))
        this.column(i + 100).update(Int32Array.from(texts, (text) => text?.length ?? -1))
        hash.update(Buffer.concat(texts.filter((text) => text !== null)))
      }
    })
  }

  result(): string {
    return this.#hashes.map((hash) => hash.digest('hex')).join(' ')
  }
}

describe.each(Object.keys(FILES))('%s', (name) => {
  let path: string
  let corpus: Corpus
  let expected: string
  let indexes: string[]
  const call = () => ({
    args: [path],
    named: Object.fromEntries(Object.entries(corpus.options)) as Record<string, string>,
  })

  beforeAll(() => {
    corpus = FILES[name]!.corpus()
    path = bench.file(
      `${name.replace(/\W+/g, '-')}.dat`,
      pack(corpus.raw, FILES[name]!.packing, [65_280, 30_000]),
    )
    const digest = new Digest()
    digest.addRows(corpus.rows)
    expected = digest.result()
    indexes = []
  })

  const reader = () => (corpus.format === 'csv' ? 'varve_read_csv' : `read_${corpus.format}`)

  // One file by all of them; for the others, each of them once.
  const scanners = name === 'fastq, gzip' ? [0, 1, 2] : [1]
  const builders = name === 'fastq, gzip' ? [0, 1, 2] : [0, 2]

  it.each(scanners)('without an index: every row in order, by %i', async (i) => {
    bench.forgetIndexes()
    const digest = new Digest()
    await eachColumnBatch(services[i]!, reader(), call(), (batch) => digest.add(batch))
    expect(digest.result()).toBe(expected)
    const files = bench.cached()
    expect(files.length).toBe(1)
    indexes.push(readFileSync(files[0]!).toString('latin1'))
  })

  it.each(builders)('the index is the same when %i builds it', async (i) => {
    const { index, built } = await indexFile(path, services[i]!.context, {
      format: corpus.format,
      options: corpus.options,
      force: true,
    })
    expect(built).toBe(true)
    expect(index.rows).toBe(corpus.rows.length)
    indexes.push(readFileSync(bench.cached()[0]!).toString('latin1'))
  })

  it('all these indexes are the same, byte for byte', () => {
    expect(indexes.length).toBe(scanners.length + builders.length)
    expect(indexes.map((bytes) => bytes === indexes[0])).toEqual(indexes.map(() => true))
  })

  it('with the index: every row in order', async () => {
    const digest = new Digest()
    await eachColumnBatch(services[1]!, reader(), call(), (batch) => digest.add(batch))
    expect(digest.result()).toBe(expected)
  })
})
