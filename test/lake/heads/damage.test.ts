/** Bad bytes are a report, never a throw and never a hang. */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hasHead, readHead } from '../../../src/lake/ingest/heads/index.ts'
import { film, goodFiles } from './files.ts'
import { counting } from './provenance.ts'
import { expectShape } from './shape.ts'

const files = goodFiles()

/** Most of what readHead promises to read of a file that is no video. */
const MOST_BYTES = 64 * 1024 + 1024 * 1024

async function report(path: string, bytes: Uint8Array) {
  const source = counting(bytes)
  const began = performance.now()
  const result = await readHead(path, source)
  expectShape(result)
  // A hang, not a budget: decoding a head takes some milliseconds.
  expect(performance.now() - began).toBeLessThan(5000)
  expect(source.reads.length).toBeLessThanOrEqual(64)
  return { ...result, reads: source.reads }
}

const NAMES =
  'a.jpg a.png a.gif a.webp a.bmp a.tif a.dcm a.nii a.mp4 a.mov a.webm a.mkv a.las a.laz a.vcf a.bcf a.bam'.split(
    ' ',
  )

test.each(NAMES)('an empty %s is a problem', async (name) => {
  expect(await report(name, new Uint8Array(0))).toMatchObject({
    columns: {},
    problem: expect.stringMatching(/is empty/),
  })
})

test.each(['a.fastq', 'a.fa', 'a.sam'])('an empty %s has no record', async (name) => {
  const { columns, problem } = await report(name, new Uint8Array(0))
  expect(problem).toBeUndefined()
  expect(columns.sequencing!.kind).toBe({ 'a.fastq': 'fastq', 'a.fa': 'fasta', 'a.sam': 'sam' }[name])
})

test.each([...NAMES, 'a.fastq', 'a.fq.gz', 'a.fasta', 'a.sam', 'a.nii.gz'])(
  'a %s with other bytes says what it begins with',
  async (name) => {
    const bytes = new TextEncoder().encode('no such format\n'.repeat(100))
    const { columns, problem } = await report(name, bytes)
    expect(columns).toEqual({})
    expect(problem).toMatch(/^a\.\S+ begins with the bytes 6e6f207375636820, expected /)
  },
)

test('names that promise nothing are no problem', async () => {
  for (const name of ['README', '1.2.840.113619', 'sky.hdr', 'a.xyz']) {
    expect(await report(name, new TextEncoder().encode('#?RADIANCE and so on'))).toMatchObject({
      columns: {},
    })
    expect((await report(name, new Uint8Array(0))).problem).toBeUndefined()
  }
})

test('a file is what its bytes are, whatever it is called', async ({ skip }) => {
  const png = files.find(({ path }) => path.endsWith('.png'))
  if (png === undefined) return skip()
  expect((await report('a.jpg', png.bytes)).columns.image).toMatchObject({ type: 'png', width: 1 })
  return expect((await report('a.bin', png.bytes)).columns.image).toMatchObject({ type: 'png' })
})

describe.each(files)('$path', ({ path, bytes }) => {
  test('the whole of it', async () => {
    expect(hasHead(path)).toBe(true)
    const { columns, problem } = await report(path, bytes)
    expect(problem).toBeUndefined()
    expect(Object.keys(columns)).not.toEqual([])
  })

  test('cut off anywhere', async () => {
    const places = [1, 3, 4, 8, 12, 16, 24, 64, 128, 131, 132, 140, 200, 226, 227, 340, 347, 348, 352, 540]
    const parts = Array.from({ length: 20 }, (_, i) => Math.floor((bytes.length * i) / 20))
    for (const length of [...places, ...parts, bytes.length - 1].filter((place) => place < bytes.length))
      await report(path, bytes.slice(0, length))
  })

  test('with bytes changed', async () => {
    // Mostly at the front, where the lengths and offsets are; often to the extremes.
    const place = fc.oneof(fc.nat(Math.min(1024, bytes.length - 1)), fc.nat(bytes.length - 1))
    const value = fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat(255))
    const change = fc.record({ place, value, run: fc.constantFrom(1, 1, 2, 4, 8) })
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
        const damaged = bytes.slice()
        for (const { place: at, value: byte, run } of changes) damaged.fill(byte, at, at + run)
        const { reads } = await report(path, damaged)
        const read = reads.reduce((sum, [start, end]) => sum + end - start, 0)
        if (!path.startsWith('video/')) expect(read).toBeLessThanOrEqual(MOST_BYTES)
      }),
      { numRuns: Number(process.env.HEAD_RUNS ?? 60) },
    )
  }, 120_000)
})

test.each(['mp4', 'fragmented', 'mov', 'webm', 'mkv'])(
  'a film as %s with bytes changed',
  async (container) => {
    const bytes = await film(container, 30)
    const change = fc.record({
      place: fc.nat(bytes.length - 1),
      value: fc.nat(255),
      run: fc.constantFrom(1, 4, 8),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
        const damaged = bytes.slice()
        for (const { place, value, run } of changes) damaged.fill(value, place, place + run)
        await report('a.mp4', damaged)
      }),
      { numRuns: Number(process.env.HEAD_RUNS ?? 60) },
    )
  },
  120_000,
)
