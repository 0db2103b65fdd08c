/** What reading a head costs, and what of it throws. */

import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { VarveError } from '../../../src/errors.ts'
import { hasHead, readHead } from '../../../src/lake/ingest/heads/index.ts'
import { film } from './files.ts'
import { counting } from './provenance.ts'

const KIB = 1024
const fasta = new TextEncoder().encode(`>one\n${'ACGT\n'.repeat(100_000)}`)

test('a head costs one request of 64 KiB', async () => {
  const source = counting(fasta)
  expect((await readHead('a.fa', source)).columns.sequencing).toMatchObject({ kind: 'fasta', name: 'one' })
  expect(source.reads).toEqual([[0, 64 * KIB]])
})

test('bytes at hand are not read again', async () => {
  const source = counting(fasta)
  await readHead('a.fa', source, { head: fasta.subarray(0, 64 * KIB) })
  expect(source.reads).toEqual([])
  await readHead('a.fa', source, { head: fasta.subarray(0, 4 * KIB) })
  expect(source.reads).toEqual([[4 * KIB, 64 * KIB]])
})

test('a long header is read on, once', async () => {
  const contigs = Array.from({ length: 5000 }, (_, i) => `##contig=<ID=scaffold_${i},length=1>\n`).join('')
  const vcf = `##fileformat=VCFv4.3\n${contigs}#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS1\n`
  const source = counting(new TextEncoder().encode(vcf))
  const { columns } = await readHead('a.vcf', source)
  expect(columns.sequencing).toMatchObject({ contigs: 5000, samples: ['S1'], version: 'VCFv4.3' })
  expect(source.reads).toHaveLength(2)
})

test('what inflates without end is inflated to the limit', async () => {
  const bomb = gzipSync(
    Buffer.concat([Buffer.from('##fileformat=VCFv4.3\n##'), Buffer.alloc(64 * KIB * KIB, 'x')]),
  )
  const report = await readHead('a.vcf.gz', counting(new Uint8Array(bomb)))
  expect(report.problem).toMatch(/does not end with a #CHROM line/)
})

test.each([
  ['mp4', 'mp4', 500n],
  ['late', 'mp4', 500n],
  ['mov', 'mov', 500n],
  ['fragmented', 'mp4', null],
  ['webm', 'webm', null],
  ['mkv', 'matroska', null],
])('a film as %s: its headers, not its frames', async (container, name, frames) => {
  const bytes = await film(container, 500, 2000)
  const source = counting(bytes)
  const { columns, problem } = await readHead('film.mp4', source)
  expect(problem).toBeUndefined()
  expect(columns.video).toMatchObject({ container: name, width: 320, height: 240, codec: 'vp8' })
  expect(columns.video!.frame_count).toBe(frames)
  if (container !== 'fragmented') expect(columns.video!.duration).toBeCloseTo(20, 1)
  if (frames !== null) expect(columns.video!.frame_rate).toBeCloseTo(25, 3)
  expect(source.reads.length).toBeLessThanOrEqual(6)
  expect(source.reads.reduce((sum, [start, end]) => sum + end - start, 0)).toBeLessThan(200 * KIB)
})

test('a failed read is the caller’s to handle, whichever it is', async () => {
  const bytes = await film('late', 500, 2000)
  const reads = counting(bytes)
  await readHead('film.mp4', reads)
  expect(reads.reads.length).toBeGreaterThan(1)
  for (let failing = 0; failing < reads.reads.length; failing++) {
    const source = counting(bytes)
    const error = new VarveError('stale', 'memory://test was overwritten')
    const read: typeof source.read = (start, end, options) =>
      source.reads.length === failing ? Promise.reject(error) : source.read(start, end, options)
    await expect(readHead('film.mp4', { ...source, read })).rejects.toBe(error)
  }
})

test('an abort is an error', async () => {
  const signal = AbortSignal.abort()
  await expect(readHead('a.fa', counting(fasta), { signal })).rejects.toMatchObject({ code: 'aborted' })
})

test.each([
  ['a.JPG', true],
  ['x/reads_1.fastq.gz', true],
  ['x/brain.nii.gz', true],
  ['1.2.840.113619.2.5', true],
  ['IM000001', true],
  ['a.img', false],
  ['a.csv', false],
  ['a.csv.gz', false],
  ['a.bam.bai', false],
  ['dir.jpg/notes.txt', false],
])('hasHead(%s) is %s', (path, expected) => {
  expect(hasHead(path)).toBe(expected)
})
