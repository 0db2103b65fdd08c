/** Index files: what is written is read, by other tools too, and damage is found before anything believes it. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ByteSource } from '../../src/bytes/types.ts'
import { indexKey } from '../../src/index/location.ts'
import { readIndex } from '../../src/index/read.ts'
import type { PartitionIndex } from '../../src/index/types.ts'
import { locate } from '../../src/store/index.ts'
import { csvFile, manyRows } from '../scan/support/corpus.ts'
import { type Bound, bindBytes, piecesAt, scanBytes } from '../scan/support/harness.ts'

function sourceOf(bytes: Uint8Array, reads: [number, number][] = []): ByteSource {
  return {
    uri: 'memory://index',
    size: bytes.length,
    identity: 'x',
    async read(start, end) {
      if (start < 0 || end > bytes.length) throw new Error(`read [${start}, ${end}) of ${bytes.length}`)
      reads.push([start, end])
      return bytes.slice(start, end)
    },
  }
}

describe('an index file', () => {
  let bound: Bound
  let index: PartitionIndex
  let bytes: Uint8Array

  beforeAll(async () => {
    const { raw, options } = csvFile(manyRows(2_000, 41), {
      eol: '\n',
      delim: ',',
      finalNewline: true,
      blanks: [],
    })
    bound = await bindBytes(raw, 'csv', options)
    const cuts = Array.from({ length: 20 }, (_, i) => (i * raw.length) >> 4)
    index = (await scanBytes(bound, piecesAt(bound, cuts))).index
    const { store, key } = locate(index.location)
    bytes = (await store.get(key))!.bytes
  })

  const open = (file: Uint8Array, reads?: [number, number][]) =>
    readIndex(sourceOf(file, reads), bound.file.target)

  it('says of its segments what was written', async () => {
    const read = await open(bytes)
    expect(read.segments).toEqual(index.segments)
    expect(read.segments.length).toBeGreaterThan(10)
    expect({ rows: read.rows, raw: read.raw, layout: read.layout }).toEqual({
      rows: 2_000,
      raw: index.raw,
      layout: JSON.parse(JSON.stringify(bound.layout)),
    })
  })

  it('is opened with one read of its end', async () => {
    const reads: [number, number][] = []
    await open(bytes, reads)
    expect(reads.length).toBe(1)
  })

  it('is Parquet for DuckDB', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'varve-index-'))
    try {
      writeFileSync(join(folder, 'i.parquet'), bytes)
      const connection = await (await DuckDBInstance.create(':memory:')).connect()
      const reader = await connection.runAndReadAll(
        `select count(*), sum(rows), min(min_id), max(max_id), max(raw_end) from '${folder}/i.parquet'`,
      )
      expect(reader.getRows()[0]).toEqual([
        BigInt(index.segments.length),
        2_000n,
        0n,
        1_999n,
        BigInt(index.raw),
      ])
      connection.closeSync()
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('with any byte changed is refused, or says the same', async () => {
    // Without the zone maps it prunes nothing, which is right, too.
    const whole = JSON.stringify(index.segments, plain)
    const zoneless = JSON.stringify(
      index.segments.map((segment) => ({ ...segment, zones: [] })),
      plain,
    )
    let refused = 0
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Uint8Array.from(bytes)
      damaged[at]! ^= 1 << (at % 8)
      try {
        const read = await open(damaged)
        expect([whole, zoneless]).toContain(JSON.stringify(read.segments, plain))
        expect([read.rows, read.raw, read.uri, read.size]).toEqual([
          index.rows,
          index.raw,
          index.uri,
          index.size,
        ])
        expect(read.layout).toEqual(index.layout)
      } catch (error) {
        expect((error as { code?: string }).code).toBe('invalid-data')
        expect((error as Error).message).toMatch(/^index memory:\/\/index: .*--force/)
        refused++
      }
    }
    expect(refused).toBeGreaterThan(bytes.length / 4)
  })

  it('cut short anywhere is refused', async () => {
    for (let length = 0; length < bytes.length; length += 1 + (length % 7)) {
      await expect(open(bytes.subarray(0, length))).rejects.toMatchObject({ code: 'invalid-data' })
    }
  })

  it.each(['uri', 'identity', 'size', 'format'] as const)('of another %s is foreign', async (name) => {
    const target = { ...bound.file.target, [name]: name === 'size' ? 7 : 'other' }
    await expect(readIndex(sourceOf(bytes), target)).rejects.toMatchObject({
      code: 'invalid-data',
      message: expect.stringMatching(/foreign: made for .*--force/),
    })
  })

  it('of a file without rows has no segments', async () => {
    const empty = await bindBytes(Buffer.alloc(0), 'lines')
    const { index: made } = await scanBytes(empty)
    expect([made.rows, made.raw, made.segments]).toEqual([0, 0, []])
  })
})

describe('where an index is kept', () => {
  const target = { uri: 's3://b/x.csv', identity: '"e"', size: 5, format: 'csv', options: {} }

  it('depends on the object, its identity, the format and its options', () => {
    const keys = [
      target,
      { ...target, uri: 's3://b/y.csv' },
      { ...target, identity: '"f"' },
      { ...target, size: 6 },
      { ...target, format: 'lines' },
      { ...target, options: { delim: ';' } },
      { ...target, options: { delim: ';', header: true } },
    ].map(indexKey)
    expect(new Set(keys).size).toBe(keys.length)
    for (const key of keys)
      expect(key).toMatch(/^indexes\/[0-9a-f]{32}\/(csv|lines)(-[0-9a-f]{8})?\.parquet$/)
  })

  it('does not depend on the order of the options', () => {
    const [a, b] = [
      { delim: ';', header: true },
      { header: true, delim: ';' },
    ]
    expect(indexKey({ ...target, options: a })).toBe(indexKey({ ...target, options: b }))
  })
})

function plain(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value
}
