/** Bytes that no point cloud should have: an error that says so, or other points, but no crash, hang or waste. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ByteSource } from '../../../src/bytes/types.ts'
import { isVarveError } from '../../../src/errors.ts'
import { runOf } from '../../../src/index/runs.ts'
import type { PartitionIndex } from '../../../src/index/types.ts'
import { bindBytes, readWork, valueAt } from '../../scan/support/harness.ts'
import { DATA, hasData } from '../../sql/runner.ts'
import { changed, failure, readAll } from './damage.ts'
import { columnValues, listed, readBatches } from './support.ts'

const file = (name: string): Buffer => readFileSync(join(DATA, 'las', name))

/** Of a file in memory all windows are at hand. */
const wholeRun = (index: PartitionIndex) =>
  runOf(index, { firstRow: 0, rows: index.rows }, (i) => index.segments[i]!.point.window)!

/** A LAS 1.2 header, format 0, before `points` points that are all zero. */
function header(points: number): Buffer {
  const bytes = Buffer.alloc(227)
  bytes.write('LASF', 'latin1')
  bytes.set([1, 2], 24)
  bytes.writeUInt16LE(227, 94)
  bytes.writeUInt32LE(227, 96)
  bytes.writeUInt16LE(20, 105)
  bytes.writeUInt32LE(points, 107)
  for (const at of [131, 139, 147]) bytes.writeDoubleLE(0.5, at)
  return bytes
}

const POINTS = Buffer.concat([header(3), Buffer.alloc(60)])

describe('headers', () => {
  it('of a file without bytes, or of another kind', async () => {
    expect(await failure(Buffer.alloc(0))).toContain('las: the file is empty, expected "LASF"')
    expect(await failure(Buffer.from('ply\nformat'))).toContain('starts with "ply\\n", expected "LASF"')
    expect(await readAll(POINTS, 'las')).toBe(3)
  })

  it.each([
    ['the version', 25, [7], 'the version is 1.7, expected 1.0 to 1.4'],
    ['the header size', 94, [1, 0], 'the header has 1 bytes, expected 227 or more'],
    [
      'where points start',
      96,
      [255, 255, 255, 255],
      'the points start at byte 4294967295, expected 227 to 287',
    ],
    ['the number of records', 100, [255, 255, 255, 255], 'record 0 of 4294967295 begins behind'],
    ['the point format', 104, [11], 'the point format is 11, expected 0 to 10'],
    ['the record length', 105, [19, 0], 'records have 19 bytes, expected 20 or more in format 0'],
    ['the number of points', 107, [255, 255, 255, 255], 'has room for 3 points, expected 4294967295'],
    ['a scale', 131, [0, 0, 0, 0, 0, 0, 248, 127], 'scales are (NaN,0.5,0.5)'],
    ['compression', 104, [128], 'the points are compressed, expected a record of LASzip'],
  ])('that are absurd: %s', async (_, at, bytes, message) => {
    expect(await failure(changed(POINTS, (copy) => copy.set(bytes, at)))).toContain(message)
  })

  it('that end early', async () => {
    for (const length of [1, 4, 100, 226])
      expect(await failure(POINTS.subarray(0, length))).toContain('las: ')
    expect(await failure(POINTS.subarray(0, 286))).toContain('has room for 2 points, expected 3')
  })

  it('of points far behind 4 GiB', async () => {
    const far = 5 * 2 ** 30
    const bytes = changed(header(300_000_000), (copy) => {
      for (const at of [155, 163, 171]) copy.writeDoubleLE(1, at)
    })
    const reads: [number, number][] = []
    const bound = await bindBytes(POINTS, 'las')
    const source: ByteSource = {
      ...bound.source,
      size: 227 + 6e9,
      async read(start, end) {
        reads.push([start, end])
        const part = Buffer.alloc(end - start)
        if (start < bytes.length) bytes.copy(part, 0, start, end)
        // The point's own number as its x.
        for (let at = Math.max(227, start); at + 20 <= end; at += 20)
          part.writeInt32LE((at - 227) / 20, at - start)
        return part
      },
    }
    const head = { uri: 'far.las', container: 'plain' as const, bytes, raw: bytes, whole: false }
    const layout = await bound.format.layout(
      { head, source, beside: async () => undefined, signal: undefined },
      {},
    )
    const firstRow = Math.ceil((far - 227) / 20)
    const read = await readBatches({ ...bound, source, layout }, { columns: [0], firstRow, rows: 2 })
    expect(
      read.batches.map((batch) => batch.columns.map((column) => valueAt(column, layout.columns[0]!.type, 1))),
    ).toEqual([[(firstRow + 1) * 0.5 + 1]])
    expect(reads.every(([start, end]) => end - start < 2 ** 20)).toBe(true)
  })
})

describe.skipIf(!hasData())('compressed points', () => {
  const samples: [string, string][] = [
    ['laspy/simple.laz', 'las'],
    ['laspy/1_4_w_evlr.laz', 'las'],
    ['laspy/extra.laz', 'las'],
    ['loaders.gl/pdrf6-1.4.laz', 'las'],
    ['laspy/simple.copc.laz', 'copc'],
    ['laspy/simple_with_page.copc.laz', 'copc'],
    ['laspy/simple.copc.laz', 'las'],
  ]

  it.each(samples)('that end early: %s as %s', async (name, format) => {
    const bytes = file(name)
    for (let i = 0; i < 10; i++) {
      const message = await failure(bytes.subarray(0, Math.floor((bytes.length * i) / 10)), format)
      expect(message).toMatch(/^las: |^copc: /)
    }
  })

  it.each(samples)(
    'with a byte flipped: %s as %s',
    async (name, format) => {
      const bytes = file(name)
      const rows = await readAll(bytes, format)
      const place = fc.oneof(fc.nat(bytes.length - 1), fc.nat(Math.min(2500, bytes.length - 1)))
      await fc.assert(
        fc.asyncProperty(place, fc.integer({ min: 1, max: 255 }), async (at, mask) => {
          const broken = changed(bytes, (copy) => {
            copy[at]! ^= mask
          })
          const outcome = await readAll(broken, format).catch((error: unknown) => error)
          if (typeof outcome === 'number') expect(outcome).toBeLessThanOrEqual(rows * 300)
          else if (!isVarveError(outcome)) throw outcome
        }),
        { numRuns: 60 },
      )
    },
    60_000,
  )

  it('whose table of chunks is said to be at the end, or was never written', async () => {
    for (const name of ['laspy/simple.laz', 'laspy/1_4_w_evlr.laz', 'las-rs/32-1-472-150-76.laz']) {
      const bytes = file(name)
      const bound = await bindBytes(bytes, 'las')
      const { pointsStart } = bound.layout.dialect as { pointsStart: number }
      const all = (await readBatches(bound)).batches
      const table = bytes.readBigInt64LE(pointsStart)
      const atEnd = Buffer.concat([
        changed(bytes, (copy) => void copy.writeBigInt64LE(-1n, pointsStart)),
        changed(Buffer.alloc(8), (copy) => void copy.writeBigInt64LE(table)),
      ])
      const missing = changed(bytes, (copy) => void copy.writeBigInt64LE(BigInt(pointsStart), pointsStart))
      for (const other of [atEnd, missing]) {
        const again = await bindBytes(other, 'las')
        const { batches } = await readBatches(again)
        bound.layout.columns.forEach((_, column) => {
          expect(columnValues(again, batches, column)).toEqual(columnValues(bound, all, column))
        })
      }
      const beyond = changed(bytes, (copy) => void copy.writeBigInt64LE(BigInt(bytes.length), pointsStart))
      expect(await failure(beyond)).toContain(`the chunks' table stands at byte ${bytes.length}`)
    }
  })

  it('whose counts are absurd', async () => {
    const bytes = file('laspy/1_4_w_evlr.laz')
    const points = changed(bytes, (copy) => void copy.writeBigUInt64LE(2n ** 50n, 247))
    expect(await failure(points)).toContain('the table lists 1 chunks, expected')
    const most = changed(bytes, (copy) => void copy.writeBigUInt64LE(2n ** 63n, 247))
    expect(await failure(most)).toContain('the header counts')
    const table = Number(bytes.readBigInt64LE(bytes.readUInt32LE(96)))
    const chunks = changed(bytes, (copy) => void copy.writeUInt32LE(0xffffffff, table + 4))
    expect(await failure(chunks)).toContain('the table lists 4294967295 chunks, expected 1')
  })

  it('whose octree lists itself, or what is not there', async () => {
    const bytes = file('laspy/simple_with_page.copc.laz')
    const { copc } = (await bindBytes(bytes, 'copc')).layout.dialect as unknown as {
      copc: { pageStart: number; pageBytes: number }
    }
    const { pageStart, pageBytes } = copc
    const entry = Array.from({ length: pageBytes / 32 }, (_, i) => pageStart + i * 32).find(
      (at) => bytes.readInt32LE(at + 28) === -1,
    )!
    const loop = changed(bytes, (copy) => void copy.writeBigUInt64LE(BigInt(pageStart), entry + 16))
    expect(await failure(loop, 'copc')).toContain('a hierarchy page')
    const far = changed(bytes, (copy) => void copy.writeBigUInt64LE(2n ** 40n, entry + 16))
    expect(await failure(far, 'copc')).toContain('a hierarchy page has')
    const most = changed(bytes, (copy) => void copy.writeInt32LE(0x7fffffff, pageStart + 28))
    expect(await failure(most, 'copc')).toContain('need more bytes than the block has')
    expect(await failure(file('laspy/simple.laz'), 'copc')).toContain('no record "copc" 1')
  })
})

describe.skipIf(!hasData())('blocks', () => {
  it('of a COPC file are where its nodes are, and nothing else is read', async () => {
    const bound = await bindBytes(file('laspy/simple.copc.laz'), 'copc')
    const { index } = await listed(bound)
    let read = 0
    const source: ByteSource = {
      ...bound.source,
      async read(start, end, options) {
        read += end - start
        return bound.source.read(start, end, options)
      },
    }
    const node = index.segments[3]!
    await readBatches({ ...bound, source }, { firstRow: node.firstRow, rows: node.rows })
    const pages = (bound.layout.dialect as unknown as { copc: { pageBytes: number } }).copc.pageBytes
    expect(read).toBe(node.end - node.point.source + pages)
  })
})

describe.skipIf(!hasData())('with ignore_errors', () => {
  it('a broken chunk is left out and reported, the others are read', async () => {
    const bytes = file('laspy/simple.copc.laz')
    const bound = await bindBytes(bytes, 'copc')
    const { index } = await listed(bound)
    const node = index.segments[5]!
    // The first layer's size stands behind the first point and the number of points.
    const broken = changed(bytes, (copy) => void copy.writeUInt32LE(0xffffff, node.point.source + 36 + 4))
    const again = await bindBytes(broken, 'copc')
    const rejects: number[] = []
    const read = await readWork(again, wholeRun(index), [0], {
      ignoreErrors: true,
      onReject: ({ byte }) => rejects.push(byte),
    })
    expect(rejects).toEqual([node.point.source])
    expect(read.rows.length).toBe(index.rows - node.rows)
    await expect(readWork(again, wholeRun(index), [0])).rejects.toThrow(
      `points ${node.firstRow} to ${node.firstRow + node.rows} need more bytes than the block has`,
    )
  })
})
