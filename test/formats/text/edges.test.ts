/** Named regressions of pieces, runs and slices. */

import { describe, expect, it } from 'vitest'
import { bindBytes, numbered, piecesAt, readSlices, scanBytes } from '../../scan/support/harness.ts'
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
