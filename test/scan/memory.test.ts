/** What a session remembers of files: it saves requests, is bounded, and is never believed of other bytes. */

import { execFileSync } from 'node:child_process'
import { copyFileSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { memorySource, threadMeter } from '../../src/bytes/index.ts'
import { indexFile } from '../../src/scan/build.ts'
import { FileMemory } from '../../src/scan/memory.ts'
import type { Predicate } from '../../src/scan/types.ts'
import { sampleAt, writeTiff } from '../formats/geotiff/tiff.ts'
import type { Rows } from './support/harness.ts'
import { Bench, failure, query } from './support/service.ts'

const bench = new Bench()

async function cost<T>(work: () => Promise<T>): Promise<{ result: T; requests: number; bytes: number }> {
  const before = threadMeter().read()
  const result = await work()
  const { requests, bytes } = threadMeter().read()
  return { result, requests: requests - before.requests, bytes: bytes - before.bytes }
}

describe('a second statement about a file', () => {
  const SIDE = 2048
  const TILE = 128
  const raster = (shift = 0) =>
    writeTiff({ width: SIDE, height: SIDE + shift, tileWidth: TILE, tileHeight: TILE })
  const last = (uri: string, service = bench.service()) =>
    query(service, 'read_geotiff', {
      args: [uri],
      named: { pixels: true, window: [SIDE - 1, SIDE - 1, 1, 1] },
      columns: ['band_1'],
    })

  it('asks whether it is still the same one, and for the bytes that it needs', async () => {
    const path = bench.file('large.tif', raster())
    const service = bench.service()
    const first = await cost(() => last(path, service))
    // Its first MiB, and its directory behind the tiles.
    expect(first.bytes).toBeGreaterThan(1 << 20)
    const second = await cost(() => last(path, service))
    expect(second.result).toEqual([[sampleAt(SIDE - 1, SIDE - 1, 0)]])
    expect(second.result).toEqual(first.result)
    // Its first byte, and whether there is an index; the tile is kept.
    expect({ requests: second.requests, bytes: second.bytes }).toEqual({ requests: 2, bytes: 1 })
  })

  it('reads the tile again of an object with other bytes in its place', async () => {
    const bytes = raster()
    const path = bench.file('changed.tif', bytes)
    const service = bench.service()
    const value = sampleAt(SIDE - 1, SIDE - 1, 0)
    expect(await last(path, service)).toEqual([[value]])
    expect(await last(path, service)).toEqual([[value]])
    // Only samples are others: size, directory and the places of the tiles are the same.
    const tiles = bytes.subarray(8, 8 + SIDE * SIDE)
    for (let i = 0; i < tiles.length; i++) tiles[i] = 255 - tiles[i]!
    writeFileSync(path, bytes)
    const { result, bytes: read } = await cost(() => last(path, service))
    expect(result).toEqual([[255 - value]])
    expect(read).toBeGreaterThan(TILE * TILE)
  })

  it('has a row of tiles read by the thread that keeps what was read of it', async () => {
    // Two tiles are a task, three are more than one: a window over four is shared by two threads.
    const side = 1200
    const made = { width: 4 * side, height: 3 * side, tileWidth: side, tileHeight: side }
    const path = bench.file('walked.tif', writeTiff(made))
    const service = bench.service(2)
    const read = (col: number, row: number, height: number) =>
      query(service, 'read_geotiff', {
        args: [path],
        named: { pixels: true, window: [col - 10, row, 20, height] },
        columns: ['band_1'],
      })
    for (const row of [2 * side - 10, 2 * side]) {
      await read(side, row, 10)
      await read(3 * side, row, 10)
    }
    const { bytes, result } = await cost(() => read(2 * side, 2 * side - 10, 20))
    expect(result[0]).toEqual([sampleAt(2 * side - 10, 2 * side - 10, 0)])
    expect(bytes).toBe(1)
  })

  it('finds the other file that stands in its place', async () => {
    const path = bench.file('replaced.tif', raster())
    const service = bench.service()
    const rows = () => query(service, 'read_geotiff', { args: [path], columns: ['record'] })
    expect(await rows()).toHaveLength(256)
    writeFileSync(path, raster(TILE))
    expect(await rows()).toHaveLength(272)
    writeFileSync(path, 'a,b\n1,2\n')
    expect(await failure(rows())).toMatchObject({ code: 'invalid-data' })
    expect(await query(service, 'read_auto', { args: [path] })).toEqual([[1n, 2n]])
  })

  it('finds no file where it was removed, and the one that comes after it', async () => {
    const path = bench.file('removed.tif', raster())
    const service = bench.service()
    const before = await last(path, service)
    rmSync(path)
    expect(await failure(last(path, service))).toMatchObject({ code: 'not-found' })
    writeFileSync(path, raster())
    expect(await last(path, service)).toEqual(before)
  })

  it('finds the index that was built meanwhile', async () => {
    const path = bench.file('indexed.csv', `a\n${'7\n'.repeat(1000)}`)
    const service = bench.service()
    const rowsKnown = async (): Promise<number | undefined> => {
      const bound = await service.bind({ name: 'varve_read_csv', args: [path], named: {} })
      service.unbind(bound.id)
      return bound.cardinality?.rows
    }
    expect(await rowsKnown()).toBe(undefined)
    // By another session, as another process would do it.
    await indexFile(path, bench.service().context)
    expect(await rowsKnown()).toBe(1000)
    bench.forgetIndexes()
    expect(await rowsKnown()).toBe(undefined)
  })
})

describe('the first batch of a scan', () => {
  const first = async (side: number) => {
    const path = bench.file(
      `tiles-${side}.tif`,
      writeTiff({ width: side, height: side, tileWidth: 512, tileHeight: 512 }),
    )
    const service = bench.service()
    const bound = await service.bind({ name: 'read_geotiff', args: [path], named: {} })
    const column = bound.columns.findIndex(({ name }) => name === 'band_1')
    const stream = service.scan({ bound: bound.id, columns: [column], predicates: [] })
    const { bytes } = await cost(async () => {
      await stream.next()
      // What is fetched without being asked for would be by now.
      await sleep(300)
    })
    stream.close()
    service.unbind(bound.id)
    return bytes
  }

  it('comes alone where there is much to be read, and with all the rest where there is little', async () => {
    const tile = 512 * 512
    // The head holds the header and, but for as many bytes, the first four tiles.
    expect(await first(2048)).toBe(12 * tile + 8)
    expect(await first(4096)).toBe(0)
  })
})

describe('an index of another tool', () => {
  const line = (pos: number) => `20\t${pos}\t.\tA\tC\t.\tPASS\t${`X=${pos};`.repeat(20)}\n`
  const header = '##fileformat=VCFv4.3\n##contig=<ID=20>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n'
  const region: Predicate[] = [
    { column: 'chrom', op: '=', values: ['20'] },
    { column: 'pos', op: '>=', values: [19_990] },
  ]

  it('is read once, found when it comes, and read anew when it is another one', async () => {
    const raw = bench.file(
      'sites.vcf',
      header + Array.from({ length: 20_000 }, (_, i) => line(i + 1)).join(''),
    )
    execFileSync('bgzip', ['-f', raw])
    const path = `${raw}.gz`
    const service = bench.service()
    const explain = async () => {
      const bound = await service.bind({ name: 'read_vcf', args: [path], named: {} })
      const columns = [bound.columns.findIndex(({ name }) => name === 'pos')]
      const request = { bound: bound.id, columns, predicates: region }
      const explained = await service.explain!(request, new AbortController().signal)
      service.unbind(bound.id)
      return explained!.indexed
    }
    const rows = (): Promise<Rows> =>
      query(service, 'read_vcf', { args: [path], columns: ['pos'], predicates: region })
    expect(await explain()).toBe(false)
    execFileSync('tabix', ['-p', 'vcf', path])
    copyFileSync(`${path}.tbi`, `${raw}.whole.tbi`)
    expect(await explain()).toBe(true)
    const expected = (await rows()).filter(([pos]) => Number(pos) >= 19_990)
    expect(expected).toHaveLength(11)
    const again = await cost(explain)
    // The file's first byte, whether it has an index of ours, and the .tbi's first byte.
    expect({ requests: again.requests, bytes: again.bytes }).toEqual({ requests: 3, bytes: 2 })
    // One that knows nothing of the file leaves nothing to be read; one that is no index is not used.
    writeFileSync(`${path}.tbi`, 'no index')
    expect(await explain()).toBe(false)
    copyFileSync(`${raw}.whole.tbi`, `${path}.tbi`)
    expect(await explain()).toBe(true)
    rmSync(`${path}.tbi`)
    expect(await explain()).toBe(false)
  })
})

describe('the memory', () => {
  it('holds no more files and bytes than it may; who was used last stays', () => {
    const memory = new FileMemory({ files: 3, bytes: 100, bytesOfFile: 50 })
    const of = (name: string) => memory.of(name, { size: 1, identity: 'one' })
    for (const name of ['a', 'b', 'c']) of(name).keep('it', name, 30)
    expect([memory.files, memory.bytes]).toEqual([3, 90])
    expect(of('a').recall('it')).toBe('a')
    of('d')
    expect(['a', 'b', 'c', 'd'].map((name) => memory.knows(name))).toEqual([true, false, true, true])
    of('d').keep('more', 0, 50)
    expect(['a', 'c', 'd'].map((name) => memory.knows(name))).toEqual([true, false, true])
    expect(memory.bytes).toBe(80)
  })

  it('keeps of one file what was used last', () => {
    const memory = new FileMemory({ files: 3, bytes: 100, bytesOfFile: 50 })
    const file = memory.of('a', { size: 1, identity: 'one' })
    for (const name of ['x', 'y']) file.keep(name, name, 20)
    file.recall('x')
    file.keep('z', 'z', 20)
    file.keep('too much', 'it', 51)
    expect(['x', 'y', 'z', 'too much'].map((name) => file.recall(name))).toEqual([
      'x',
      undefined,
      'z',
      undefined,
    ])
    expect(memory.bytes).toBe(40)
    file.keep('x', 'again', 5)
    expect([file.recall('x'), memory.bytes]).toEqual(['again', 25])
  })

  it('of other bytes under the same name is gone', () => {
    const memory = new FileMemory()
    memory.of('a', { size: 1, identity: 'one' }).keep('it', 1, 10)
    expect(memory.of('a', { size: 1, identity: 'one' }).recall('it')).toBe(1)
    for (const other of [
      { size: 1, identity: 'two' },
      { size: 2, identity: 'two' },
    ])
      expect(memory.of('a', other).recall('it')).toBe(undefined)
    expect(memory.bytes).toBe(0)
  })

  it('what goes on being learnt of a file that was forgotten counts no more', () => {
    const memory = new FileMemory()
    const file = memory.of('a', { size: 1, identity: 'one' })
    memory.forget('a')
    file.keep('it', 1, 10)
    expect([memory.bytes, memory.files]).toEqual([0, 0])
  })

  it('gives bytes that nobody else may write into, and no byte that was damaged', async () => {
    const memory = new FileMemory()
    let reads = 0
    const bare = memorySource('memory://a/b', new Uint8Array(100))
    const read: typeof bare.read = (start, end, options) => {
      reads++
      return bare.read(start, end, options)
    }
    const over = memory.of('a', bare).over({ ...bare, read })
    ;(await over.read(10, 50)).fill(9)
    expect([...(await over.read(20, 22))]).toEqual([0, 0])
    ;(await over.read(20, 30)).fill(9)
    expect([...(await over.read(20, 22))]).toEqual([0, 0])
    expect(reads).toBe(1)
    await over.read(40, 60)
    expect(reads).toBe(2)
    await over.forget?.()
    expect(memory.bytes).toBe(0)
    await over.read(20, 22)
    expect(reads).toBe(3)
  })
})
