import { fork } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type BlockCache, memorySource, openBlockCache, withBlockCache } from '../../src/bytes/index.ts'
import type { VarveError } from '../../src/errors.ts'
import { CONTENT, expectCode, expectSame, patterned } from '../contract/bytes.ts'
import { faultySource } from '../contract/faults.ts'
import { bundle } from '../servers/bundle.ts'

const BLOCK = 10_000

describe('block cache', () => {
  let base: string
  let folder: string
  const caches: BlockCache[] = []

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'varve-cache-'))
    folder = join(base, 'blocks')
  })
  afterEach(async () => {
    for (const made of caches.splice(0)) await made.flush()
    rmSync(base, { recursive: true, force: true })
  })

  function cache(maxBytes = 10_000_000): BlockCache {
    const made = openBlockCache({ folder, maxBytes, blockBytes: BLOCK })
    caches.push(made)
    return made
  }

  const files = (): string[] =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))

  const diskBytes = (): number => files().reduce((sum, path) => sum + statSync(path).size, 0)

  async function fill(source = memorySource('memory://t/x', CONTENT)): Promise<void> {
    const blocks = cache()
    await withBlockCache(source, blocks).read(0, CONTENT.length)
    await blocks.flush()
  }

  it('reads whole blocks once, in one read, and then from the disk, in another process too', async () => {
    const source = faultySource(CONTENT)
    const first = cache()
    expectSame(await withBlockCache(source, first).read(12_345, 45_678), CONTENT.subarray(12_345, 45_678))
    expect(source.reads).toMatchObject([{ start: 10_000, end: 50_000 }])
    await first.flush()
    const again = faultySource(CONTENT)
    expectSame(await withBlockCache(again, cache()).read(10_000, 50_000), CONTENT.subarray(10_000, 50_000))
    expect(again.reads).toHaveLength(0)
  })

  it('fetches only the stretches that are missing', async () => {
    const source = faultySource(CONTENT)
    const wrapped = withBlockCache(source, cache())
    await wrapped.read(20_000, 30_000)
    await wrapped.read(50_000, 60_000)
    source.reads.length = 0
    expectSame(await wrapped.read(0, 80_000), CONTENT.subarray(0, 80_000))
    expect(source.reads.map(({ start, end }) => [start, end])).toEqual([
      [0, 20_000],
      [30_000, 50_000],
      [60_000, 80_000],
    ])
  })

  it('fetches a block once when many want it at the same time', async () => {
    const source = faultySource(CONTENT)
    const wrapped = withBlockCache(source, cache())
    await Promise.all(Array.from({ length: 20 }, (_, i) => wrapped.read(30_000 + i, 30_100 + i)))
    expect(source.reads).toHaveLength(1)
  })

  it('goes on for others when whoever began to fetch a block cancels', async () => {
    const source = faultySource(CONTENT)
    const slow = {
      ...source,
      read: async (start: number, end: number, options?: { signal?: AbortSignal | undefined }) => {
        await new Promise((resolve) => setTimeout(resolve, 30))
        return source.read(start, end, options)
      },
    }
    const wrapped = withBlockCache(slow, cache())
    const controller = new AbortController()
    const cancelled = wrapped.read(0, 10, controller)
    await new Promise((resolve) => setTimeout(resolve, 15))
    const other = wrapped.read(0, 10)
    controller.abort()
    await expectCode(cancelled, 'aborted')
    expectSame(await other, CONTENT.subarray(0, 10))
  })

  it('never gives bytes of another identity, uri or size', async () => {
    await fill()
    for (const [uri, identity, bytes] of [
      ['memory://t/x', 'other', patterned(CONTENT.length, 1)],
      ['memory://t/y', undefined, patterned(CONTENT.length, 2)],
      ['memory://t/x', undefined, patterned(CONTENT.length - 1, 3)],
    ] as const) {
      const source = memorySource(uri, bytes, identity)
      expectSame(await withBlockCache(source, cache()).read(0, 25_000), bytes.subarray(0, 25_000))
    }
  })

  it.each([
    ['a flipped bit in the data', (file: Buffer) => void (file[5000] = (file[5000] ?? 0) ^ 1)],
    ['a flipped bit in the header', (file: Buffer) => void (file[6] = (file[6] ?? 0) ^ 1)],
  ])('finds %s, deletes the block and fetches it again', async (_, damage) => {
    await fill()
    for (const path of files()) {
      const file = readFileSync(path)
      damage(file)
      writeFileSync(path, file)
    }
    const source = faultySource(CONTENT)
    const blocks = cache()
    expectSame(
      await withBlockCache({ ...source, uri: 'memory://t/x' }, blocks).read(0, 100_000),
      CONTENT.subarray(0, 100_000),
    )
    expect(source.reads).toHaveLength(1)
    await blocks.flush()
    source.reads.length = 0
    await withBlockCache({ ...source, uri: 'memory://t/x' }, cache()).read(0, 100_000)
    expect(source.reads).toHaveLength(0)
  })

  it.each([0, 3, 20, 5000])('finds a block cut to %i bytes', async (length) => {
    await fill()
    for (const path of files()) writeFileSync(path, readFileSync(path).subarray(0, length))
    expectSame(
      await withBlockCache(memorySource('memory://t/x', CONTENT), cache()).read(0, 300_000),
      CONTENT.subarray(0, 300_000),
    )
  })

  it('finds a block that was moved to the place of another', async () => {
    await fill()
    const [a, b] = files() as [string, string]
    writeFileSync(a, readFileSync(b))
    expectSame(
      await withBlockCache(memorySource('memory://t/x', CONTENT), cache()).read(0, CONTENT.length),
      CONTENT,
    )
  })

  it('keeps the folder 0700 and the blocks 0600, also when the folder was open before', async () => {
    mkdirSync(folder, { mode: 0o755 })
    chmodSync(folder, 0o755)
    await fill()
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    for (const entry of readdirSync(folder)) expect(statSync(join(folder, entry)).mode & 0o777).toBe(0o700)
    for (const path of files()) expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('stays under its cap and drops what was used longest ago', async () => {
    const cap = 10 * (BLOCK + 40)
    await fill()
    // All blocks are old; those of the first 50,000 bytes are used again.
    for (const path of files()) utimesSync(path, 1000, 1000)
    const source = faultySource(CONTENT)
    const named = { ...source, uri: 'memory://t/x' }
    await withBlockCache(named, openBlockCache({ folder, maxBytes: 10_000_000, blockBytes: BLOCK })).read(
      0,
      50_000,
    )
    expect(source.reads).toHaveLength(0)
    const small = cache(cap)
    await withBlockCache(named, small).read(0, 50_000)
    await small.flush()
    expect(diskBytes()).toBeLessThanOrEqual(cap)
    expect(source.reads).toHaveLength(0)
    await withBlockCache(named, small).read(0, CONTENT.length)
    await small.flush()
    expect(diskBytes()).toBeLessThanOrEqual(cap)
  })

  it('keeps nothing larger than the whole cache', async () => {
    const blocks = cache(100)
    const source = faultySource(CONTENT)
    expectSame(await withBlockCache(source, blocks).read(0, 20), CONTENT.subarray(0, 20))
    await blocks.flush()
    expect(files()).toEqual([])
  })

  it('reads on without a folder that cannot be used, and says so once', async () => {
    writeFileSync(folder, 'a file where the folder should be')
    const problems: VarveError[] = []
    const blocks = openBlockCache({
      folder,
      maxBytes: 1e6,
      blockBytes: BLOCK,
      onProblem: (error) => problems.push(error),
    })
    const wrapped = withBlockCache(memorySource('memory://t/x', CONTENT), blocks)
    expectSame(await wrapped.read(0, 1000), CONTENT.subarray(0, 1000))
    expectSame(await wrapped.read(0, 1000), CONTENT.subarray(0, 1000))
    await blocks.flush()
    expect(problems.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      expect.stringContaining(folder),
    ])
  })

  it('begins anew when the folder was deleted', async () => {
    const blocks = cache()
    const source = faultySource(CONTENT)
    const wrapped = withBlockCache(source, blocks)
    await wrapped.read(0, 10)
    await blocks.flush()
    rmSync(folder, { recursive: true })
    for (let i = 0; i < 3; i++) {
      expectSame(await wrapped.read(0, 10), CONTENT.subarray(0, 10))
      await blocks.flush()
    }
    expect(source.reads).toHaveLength(3)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
  })

  it('is shared by processes that fill and empty it at the same time', async () => {
    const program = bundle(new URL('./cache-child.ts', import.meta.url), join(base, 'child.mjs'))
    const children = [1, 2, 3].map(
      (n) =>
        new Promise<number | null>((resolve) => {
          fork(program, [folder, String(n)], { execArgv: [] }).once('exit', resolve)
        }),
    )
    expect(await Promise.all(children)).toEqual([0, 0, 0])
    expect(diskBytes()).toBeLessThanOrEqual(200_000 + 3 * 12_500 + 3 * BLOCK)
    expect(files().filter((path) => path.endsWith('.tmp'))).toEqual([])
  })
})
