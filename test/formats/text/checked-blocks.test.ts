/** The last bgzf block of what is read is checked as those before it are, however little of it is wanted. */

import { deflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { memorySource } from '../../../src/bytes/memory.ts'
import type { ByteSource } from '../../../src/bytes/types.ts'
import type { Work } from '../../../src/formats/types.ts'
import { runOf } from '../../../src/index/runs.ts'
import { fastqFile, manyReads } from '../../scan/support/corpus.ts'
import { type Bound, bindBytes, readWork, scanBytes } from '../../scan/support/harness.ts'
import { failure } from '../../scan/support/service.ts'
import { encodeBam } from '../bam/encode.ts'
import { EOF_BLOCK, header, member } from '../gzip/helpers.ts'

const BLOCK = 60_013

/** Stored blocks: a changed byte is a changed letter, which only the CRC can tell. */
function stored(raw: Uint8Array): { bytes: Buffer; blocks: number[] } {
  const parts: Buffer[] = []
  const blocks: number[] = []
  let source = 0
  for (let at = 0; at < raw.length; at += BLOCK) {
    const part = raw.subarray(at, at + BLOCK)
    const deflated = deflateRawSync(part, { level: 0 })
    const fields = Buffer.from([6, 0, 0x42, 0x43, 2, 0, 0, 0])
    fields.writeUInt16LE(10 + fields.length + deflated.length + 8 - 1, 6)
    const block = member(part, deflated, header(4, fields))
    parts.push(block)
    blocks.push(source)
    source += block.length
  }
  parts.push(EOF_BLOCK)
  return { bytes: Buffer.concat(parts), blocks: [...blocks, source] }
}

/** The same object with one byte changed, as a disk may do it. */
function rotten({ source }: Bound, bytes: Buffer, at: number): ByteSource {
  const wrong = Buffer.from(bytes)
  wrong[at]! ^= 1
  return { ...memorySource(source.uri, wrong), identity: source.identity }
}

/** The source, and what was read of it. */
function counting(source: ByteSource): { source: ByteSource; reads: [number, number][] } {
  const reads: [number, number][] = []
  const read: ByteSource['read'] = (start, end, options) => {
    reads.push([start, end])
    return source.read(start, end, options)
  }
  return { source: { uri: source.uri, size: source.size, identity: source.identity, read }, reads }
}

const reads = fastqFile(manyReads(7000, 7)).raw
const variants = Buffer.from(
  `##fileformat=VCFv4.2\n##contig=<ID=1>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n${Array.from(
    { length: 40_000 },
    (_, i) => `1\t${i + 1}\tv${i}\tA\tT\t.\tPASS\t.\n`,
  ).join('')}`,
)
const alignments = encodeBam(
  ['a'],
  Array.from({ length: 15_000 }, (_, i) => ({
    qname: `read${i}`,
    flag: 0,
    reference: 0,
    pos: i,
    mapq: 60,
    cigar: [[20, 'M'] as [number, string]],
    nextReference: -1,
    nextPos: -1,
    tlen: 0,
    seq: 'ACGTACGTACGTACGTACGT',
    quals: undefined,
    tags: [],
  })),
)

describe.each([
  ['fastq', reads],
  ['vcf', variants],
  ['bam', alignments],
])('%s', (format, raw) => {
  const { bytes, blocks } = stored(raw)

  it('a run by the index ends in a damaged block', async () => {
    const bound = await bindBytes(bytes, format)
    const { index } = await scanBytes(bound)
    expect(index.segments.length).toBeGreaterThan(1)
    const { rawEnd, rows } = index.segments[0]!
    const run = runOf(index, { firstRow: 0, rows })!
    // The last record of the segment stands before, the changed byte behind it in the same block.
    const last = blocks[Math.floor((rawEnd - 1) / BLOCK) + 1]!
    const source = rotten(bound, bytes, last - 9)
    const { code, message } = await failure(readWork({ ...bound, source }, run, [0]))
    expect(code).toBe('invalid-data')
    expect(message).toContain('decompressed bytes have CRC32')
    expect((await readWork(bound, run, [0])).rows.length).toBe(rows)
  })

  it('no more is fetched for it than the block, and with the same request', async () => {
    const bound = await bindBytes(bytes, format)
    const { index } = await scanBytes(bound)
    for (const { point, end, rawEnd, firstRow, rows } of index.segments) {
      const run = runOf(index, { firstRow, rows })!
      const { source, reads } = counting(bound.source)
      await readWork({ ...bound, source }, run, [0])
      expect(reads).toEqual([[point.source, end]])
      expect(end).toBeGreaterThanOrEqual(blocks[Math.ceil(rawEnd / BLOCK)] ?? bytes.length)
    }
  })

  it('a region by another tool’s index ends in a damaged block', async () => {
    const bound = await bindBytes(bytes, format)
    const { dataStart } = bound.layout
    // A piece as .tbi and .bai give it: up to where a record begins in the block at `to`.
    const { result } = await readWork(
      bound,
      { kind: 'piece', from: 0, to: blocks[3]!, start: dataStart, beyond: 0 },
      [0],
    )
    const beyond = result!.stop - 3 * BLOCK
    expect(beyond).toBeGreaterThan(0)
    const work: Work = { kind: 'piece', from: 0, to: blocks[3]!, start: dataStart, beyond }
    const source = rotten(bound, bytes, blocks[4]! - 9)
    expect(await failure(readWork({ ...bound, source }, work, [0]))).toMatchObject({
      code: 'invalid-data',
      message: expect.stringContaining('decompressed bytes have CRC32'),
    })
    const good = counting(bound.source)
    const { rows } = await readWork({ ...bound, source: good.source }, work, [0])
    expect(rows.length).toBe(result!.rows)
    // The block at its end comes with the same request.
    expect(good.reads).toEqual([[0, blocks[3]! + 64 * 1024]])
  })
})
