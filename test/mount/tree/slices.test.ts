/** Slices as files: what `varve cat --header` prints, their sizes known before they are read. */

import { randomUUID } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Format } from '../../../src/formats/types.ts'
import { makeSlice } from '../../../src/index/slice.ts'
import { cutRows } from '../../../src/index/strategies.ts'
import type { PartitionIndex } from '../../../src/index/types.ts'
import { openLake } from '../../../src/lake/open.ts'
import { makeSliceHandle } from '../../../src/library/slice.ts'
import { SlicedFile } from '../../../src/mount/tree/sliced-file.ts'
import type { OpenFile } from '../../../src/mount/types.ts'
import { expectCode } from '../../contract/bytes.ts'
import { add, newLake } from '../../lake/lakes.ts'
import {
  anyCsv,
  anyFastq,
  anyLines,
  anySizes,
  CONTAINERS,
  type Corpus,
  csvFile,
  fastqFile,
  manyReads,
  manyRows,
  pack,
  random,
} from '../../scan/support/corpus.ts'
import { type Bound, bindBytes, piecesAt, scanBytes, textOf, threadless } from '../../scan/support/harness.ts'
import { contentOf, indexHere, mountOf, plainReaders, walk } from './support.ts'

const opening = () => ({
  lake: openLake(`memory://none-${randomUUID()}/`),
  readers: plainReaders(),
  signal: new AbortController().signal,
})

async function wholeOf(file: OpenFile, step: number): Promise<Buffer> {
  const parts: Buffer[] = []
  for (let at = 0; ; ) {
    const part = Buffer.alloc(step)
    const read = await file.read(part, at)
    parts.push(part.subarray(0, read))
    at += read
    if (read === 0) break
  }
  await file.close()
  return Buffer.concat(parts)
}

/** Each slice as `varve cat --header` prints it. */
async function expectedSlices(index: PartitionIndex, n: number): Promise<Buffer[]> {
  const slices: Buffer[] = []
  for (const [i, range] of cutRows(index, { name: 'count', args: { n } }).entries()) {
    const handle = makeSliceHandle(makeSlice(index, range, i === 0), threadless)
    slices.push(await textOf(handle.text({ header: true })))
  }
  return slices
}

async function checkAll(bound: Bound, index: PartitionIndex, n: number, step = 4096): Promise<void> {
  const sliced = new SlicedFile(opening(), index, bound.format)
  for (const [i, expected] of (await expectedSlices(index, n)).entries()) {
    const slice = await sliced.slice(n, i)
    expect({ n, i, size: slice.size }).toEqual({ n, i, size: expected.length })
    const bytes = await wholeOf(await sliced.open(slice), step)
    expect(Buffer.compare(bytes, expected), `slice ${i} of ${n}`).toBe(0)
  }
}

const anyCorpus: fc.Arbitrary<Corpus> = fc.oneof(anyFastq, anyCsv, anyLines)

describe('slices as files', () => {
  it('are what `varve cat --header` prints, for every text, container and number', async () => {
    const property = fc.asyncProperty(
      anyCorpus,
      fc.constantFrom(...CONTAINERS),
      anySizes,
      fc.array(fc.nat(3000), { maxLength: 5 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 100 }),
      async ({ raw, format, options }, packing, sizes, cuts, n, step) => {
        const bound = await bindBytes(pack(raw, packing, sizes), format, options)
        const pieces = packing === 'plain' || packing === 'bgzf' ? piecesAt(bound, cuts) : undefined
        const { index } = await scanBytes(bound, pieces)
        await checkAll(bound, index, n, step)
      },
    )
    await fc.assert(property, { numRuns: 60 })
  }, 60_000)

  it('begin and end inside of segments, with windows', async () => {
    const { raw } = fastqFile(manyReads(20_000, 7))
    for (const packing of ['plain', 'gzip', 'bgzf'] as const) {
      const bound = await bindBytes(pack(raw, packing, [60_000]), 'fastq')
      const { index } = await scanBytes(bound)
      if (packing === 'gzip') expect(index.segments.length).toBeGreaterThan(1)
      await checkAll(bound, index, 11, 128 * 1024)
    }
  }, 60_000)

  it('are read at any place', async () => {
    const corpus = csvFile(manyRows(20_000, 3), { eol: '\n', delim: ',', finalNewline: true, blanks: [] })
    const bound = await bindBytes(gzipSync(corpus.raw), 'csv')
    const { index } = await scanBytes(bound)
    const sliced = new SlicedFile(opening(), index, bound.format)
    const [, expected] = await expectedSlices(index, 3)
    const file = await sliced.open(await sliced.slice(3, 1))
    const next = random(11)
    for (let i = 0; i < 300; i++) {
      const start = next(expected!.length + 10)
      const target = Buffer.alloc(1 + next(5000))
      const read = await file.read(target, start)
      expect(Buffer.compare(target.subarray(0, read), expected!.subarray(start, start + target.length))).toBe(
        0,
      )
    }
  })

  it('decode a unit once for all the cuts in it', async () => {
    const { raw } = fastqFile(manyReads(5000, 9))
    const bound = await bindBytes(gzipSync(raw), 'fastq')
    const { index } = await scanBytes(bound)
    expect(index.segments.length).toBe(1)
    let decoded = 0
    const format: Format = {
      ...bound.format,
      async *text(...call) {
        for await (const part of bound.format.text!(...call)) {
          decoded += part.length
          yield part
        }
        return undefined
      },
    }
    const sliced = new SlicedFile(opening(), index, format)
    for (let i = 0; i < 1000; i++) await sliced.slice(1000, i)
    // Once to have it, once to find the cuts.
    expect(decoded).toBeLessThanOrEqual(2 * raw.length)
  })

  it('notice text that is not what was indexed', async () => {
    const { raw } = fastqFile(manyReads(200, 5))
    const bound = await bindBytes(pack(raw, 'gzip', []), 'fastq')
    const { index } = await scanBytes(bound)
    const [first, ...others] = index.segments
    const wrong = { ...index, segments: [{ ...first!, crc: first!.crc ^ 1 }, ...others] }
    const sliced = new SlicedFile(opening(), wrong, bound.format)
    await expectCode(sliced.slice(3, 1), 'invalid-data')
  })
})

describe('slices in the tree', () => {
  const TEXT = 'one,two\n1,2\n3,4\n5,6\n7,8\n'

  it('have names and endings that their tools know, the header in each', async () => {
    const lake = await newLake()
    await add(lake, { 'a/t.csv.gz': TEXT, 'b.bin': 'x', 'c.txt': 'one\ntwo\n' })
    const vfs = mountOf(lake, { indexOf: indexHere })
    expect(await vfs.readdir('/d/1/slices')).toEqual(['a', 'c.txt'])
    expect(await vfs.readdir('/d/1/slices/a/t.csv.gz/2')).toEqual(['0000.csv', '0001.csv'])
    const first = '/d/1/slices/a/t.csv.gz/2/0000.csv'
    expect(await vfs.getattr(first)).toMatchObject({ kind: 'file', size: 16 })
    expect((await contentOf(vfs, first)).toString()).toBe('one,two\n1,2\n3,4\n')
    expect((await contentOf(vfs, '/d/1/slices/a/t.csv.gz/2/0001.csv')).toString()).toBe('one,two\n5,6\n7,8\n')
  })

  it('can be any number up to 100,000, more than there are rows too', async () => {
    const lake = await newLake()
    await add(lake, { 't.csv': TEXT })
    const vfs = mountOf(lake, { indexOf: indexHere })
    for (const n of [1, 3, 7, 100_000]) expect(await vfs.readdir(`/d/1/slices/t.csv/${n}`)).toHaveLength(n)
    expect(await vfs.getattr('/d/1/slices/t.csv/100001')).toBeUndefined()
    expect((await contentOf(vfs, '/d/1/slices/t.csv/100000/00000.csv')).toString()).toBe('one,two\n')
    expect((await contentOf(vfs, '/d/1/slices/t.csv/100000/99999.csv')).toString()).toBe('one,two\n7,8\n')
  })

  it('are not listed, so that walking through a mount indexes nothing', async () => {
    const lake = await newLake()
    await add(lake, { 't.csv': TEXT })
    let indexed = 0
    const vfs = mountOf(lake, {
      indexOf: (...call) => {
        indexed++
        return indexHere(...call)
      },
    })
    expect(await walk(vfs)).toContain('/d/1/slices/t.csv/')
    expect(await vfs.getattr('/d/1/slices/t.csv/10')).toMatchObject({ kind: 'folder' })
    expect(await vfs.readdir('/d/1/slices/t.csv/10')).toHaveLength(10)
    expect(indexed).toBe(0)
    for (let i = 0; i < 10; i++) await vfs.getattr(`/d/1/slices/t.csv/10/000${i}.csv`)
    expect(indexed).toBe(1)
  })

  it('are the rows of an uncompressed file, too, read where they are', async () => {
    const lake = await newLake()
    const lines = Array.from({ length: 100_000 }, (_, i) => `line ${i}\n`).join('')
    await add(lake, { 'a.txt': lines })
    const vfs = mountOf(lake, { indexOf: indexHere })
    const slice = await contentOf(vfs, '/d/1/slices/a.txt/4/0003.txt')
    expect(slice.toString()).toBe(lines.slice(lines.indexOf('line 75000\n')))
  })
})
