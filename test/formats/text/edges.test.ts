/** Named regressions of pieces, runs and slices. */

import { describe, expect, it } from 'vitest'
import type { ByteSource } from '../../../src/bytes/types.ts'
import { runOf } from '../../../src/index/runs.ts'
import { CONTAINERS, csvFile, manyRows, pack } from '../../scan/support/corpus.ts'
import { bindBytes, numbered, piecesAt, readSlices, readWork, scanBytes } from '../../scan/support/harness.ts'
import { block, EOF_BLOCK } from '../gzip/helpers.ts'

const text = (slices: readonly { text: Buffer }[]): string =>
  Buffer.concat(slices.map((slice) => slice.text)).toString()

describe('bgzf', () => {
  it('ends its last line where a piece is cut between the data and the end-of-file block', async () => {
    const data = block(Buffer.from('one\ntwo'))
    const bound = await bindBytes(Buffer.concat([data, EOF_BLOCK]), 'lines')
    const { rows, index } = await scanBytes(bound, piecesAt(bound, [data.length]))
    expect(rows).toEqual(numbered([['one'], ['two']]))
    expect(index.rows).toBe(2)
  })
})

describe('bytes that belong to no row', () => {
  it('come with the row before them when a piece holds nothing else', async () => {
    const raw = '@a\nA\n+\n!\n\n\n\n@b\nC\n+\n"\n\n\n'
    const bound = await bindBytes(Buffer.from(raw), 'fastq')
    // The second piece and the last one hold blank lines only.
    const { index } = await scanBytes(bound, piecesAt(bound, [10, 11, raw.length - 1]))
    expect(index.segments.some((segment) => segment.rows === 0)).toBe(true)
    for (const n of [1, 2, 5]) expect(text(await readSlices(bound, index, 'count', { n }))).toBe(raw)
  })

  it('come with the first slice when the file has no rows at all', async () => {
    for (const [name, raw] of [
      ['fastq', '\n\r\n\n'],
      ['words', ' \n\t '],
    ] as const) {
      const bound = await bindBytes(Buffer.from(raw), name)
      const { index, rows } = await scanBytes(bound)
      expect(rows).toEqual([])
      const slices = await readSlices(bound, index, 'count', { n: 3 })
      expect(slices.map((slice) => slice.rows.length)).toEqual([0, 0, 0])
      expect(text(slices)).toBe(raw)
    }
  })

  it('are in one of two slices, however far either of them looks', async () => {
    const row = (i: number, width: number): string => `${i},${'x'.repeat(width)}\n`
    const rows = (from: number, to: number, width: number): string =>
      Array.from({ length: to - from }, (_, i) => row(from + i, width)).join('')
    // The first half is longer than the second: it ends just before the place up to which it is fetched.
    const raw = `id,text\n${rows(10, 55, 13_332)}${'\n'.repeat(3_000)}${rows(55, 100, 9_928)}`
    const bound = await bindBytes(Buffer.from(raw), 'csv', { header: true })
    const { index } = await scanBytes(bound)
    expect(index.segments.length).toBe(1)
    const sliced = text(await readSlices(bound, index, 'count', { n: 2 }))
    expect(sliced.length).toBe(raw.length)
    expect(sliced === raw).toBe(true)
  })
})

describe('memory that is given back', () => {
  const { raw, options, format, rows } = csvFile(manyRows(30_000, 81), {
    eol: '\n',
    delim: ',',
    finalNewline: true,
    blanks: [],
  })

  it.each(CONTAINERS)('is not looked at any more: %s', async (packing) => {
    const bound = await bindBytes(pack(raw, packing, [60_000]), format, options)
    const { index } = await scanBytes(bound)
    // A source that reads into the memory it is given, as those of files and S3 do.
    const source: ByteSource = {
      ...bound.source,
      read: async (start, end, { allocate } = {}) => {
        const bytes = await bound.source.read(start, end)
        if (allocate === undefined) return bytes
        const given = new Uint8Array(allocate(bytes.length), 0, bytes.length)
        given.set(bytes)
        return given
      },
    }
    // Another task of the thread gets it at once, and sends it away with a batch.
    let recycled = 0
    const recycle = (buffer: ArrayBuffer): void => {
      recycled++
      structuredClone(buffer, { transfer: [buffer] })
    }
    const whole = { kind: 'piece', from: 0, to: source.size, start: bound.layout.dataStart } as const
    const read = await readWork({ ...bound, source }, whole, undefined, { recycle })
    expect(read.rows.length).toBe(rows.length)
    for (const segment of index.segments) {
      const [window] = await index.windows(
        index.segments.indexOf(segment),
        index.segments.indexOf(segment) + 1,
      )
      const run = runOf(index, { firstRow: segment.firstRow, rows: segment.rows }, () => window)!
      const { rows: part } = await readWork({ ...bound, source }, run, [0], { recycle })
      expect(part.length).toBe(segment.rows)
      expect(part[0]).toEqual([BigInt(segment.firstRow)])
    }
    expect(recycled).toBeGreaterThan(index.segments.length)
  })
})

describe('a run by the index finds bytes that changed under an unchanged identity', () => {
  const raw = Buffer.from('one\ntwo\nthree\n')

  async function readChanged(bytes: Buffer, at: number): Promise<unknown> {
    const { index } = await scanBytes(await bindBytes(bytes, 'lines'))
    const changed = Buffer.from(bytes)
    changed[at]! ^= 1
    const run = runOf(index, { firstRow: 0, rows: index.rows })!
    expect((await readWork(await bindBytes(bytes, 'lines'), run)).rows).toHaveLength(3)
    return readWork(await bindBytes(changed, 'lines'), run)
  }

  it('plain: by the CRC that the index keeps', async () => {
    await expect(readChanged(raw, 5)).rejects.toThrow('as when the index was built')
  })

  it('bgzf: by the CRC of the block itself', async () => {
    const first = block(raw.subarray(0, 8))
    const file = Buffer.concat([first, block(raw.subarray(8)), EOF_BLOCK])
    await expect(readChanged(file, first.length - 8)).rejects.toThrow('decompressed bytes have CRC32')
  })
})
