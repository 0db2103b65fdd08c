/** Readers against a source that counts: few requests, bounded memory, never a wrong byte. */

import { setTimeout as pause } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { VarveError } from '../../../src/errors.ts'
import { createReaders } from '../../../src/mount/reading/index.ts'
import type { OpenFile } from '../../../src/mount/types.ts'
import { bytesOf, fakeSource, KiB, MiB } from './source.ts'

const KERNEL = 128 * KiB

async function readAt(file: OpenFile, start: number, length: number): Promise<Uint8Array> {
  const target = new Uint8Array(length)
  return target.subarray(0, await file.read(target, start))
}

async function readAll(file: OpenFile, step = KERNEL): Promise<void> {
  for (let at = 0; at < file.size; at += step) await readAt(file, at, step)
}

describe('a reader from the beginning', () => {
  test('opens without a request, and the first byte is one of 1 MiB', async () => {
    const source = fakeSource({ size: 64 * MiB })
    const readers = createReaders()
    const file = readers.open(source)
    expect(source.requests).toEqual([])
    expect(await readAt(file, 0, 16 * KiB)).toEqual(bytesOf(0, 16 * KiB))
    expect(source.requests).toEqual([[0, MiB]])
    expect(readers.stats).toMatchObject({ requests: 1, fetched: MiB, delivered: 16 * KiB })
    await file.close()
  })

  test('a file of 1 MiB is one request', async () => {
    const source = fakeSource({ size: MiB })
    const file = createReaders().open(source)
    await readAll(file)
    expect(source.requests).toEqual([[0, MiB]])
    await file.close()
  })

  test('fetches every byte once, in parts that grow to 4 MiB, several at a time', async () => {
    const source = fakeSource({ size: 96 * MiB, latencyMs: 1 })
    const readers = createReaders()
    const file = readers.open(source)
    await readAll(file)
    const ordered = [...source.requests].sort((a, b) => a[0] - b[0])
    expect(ordered[0]![0]).toBe(0)
    expect(ordered.at(-1)![1]).toBe(96 * MiB)
    for (const [i, [start]] of ordered.slice(1).entries()) expect(start).toBe(ordered[i]![1])
    const sizes = ordered.map(([start, end]) => end - start)
    expect(Math.max(...sizes)).toBe(4 * MiB)
    expect(sizes.length).toBeLessThan(48)
    expect(source.mostInFlightBytes).toBeGreaterThanOrEqual(16 * MiB)
    await file.close()
    expect(readers.stats.held).toBe(0)
  })

  test('requests of the kernel that overtake one another are still one reader', async () => {
    const source = fakeSource({ size: 32 * MiB })
    const file = createReaders().open(source)
    for (let at = 0; at < 32 * MiB; at += 2 * KERNEL) {
      const both = [readAt(file, at + KERNEL, KERNEL), readAt(file, at, KERNEL)]
      await Promise.all(both)
    }
    expect(source.requests.reduce((sum, [start, end]) => sum + end - start, 0)).toBe(32 * MiB)
    await file.close()
  })

  test('a forward seek inside the window asks for nothing anew', async () => {
    const source = fakeSource({ size: 64 * MiB })
    const file = createReaders().open(source)
    for (let at = 0; at < 4 * MiB; at += KERNEL) await readAt(file, at, KERNEL)
    await pause(20)
    const before = source.requests.length
    expect(await readAt(file, 7 * MiB, KERNEL)).toEqual(bytesOf(7 * MiB, 7 * MiB + KERNEL))
    for (const [start] of source.requests.slice(before)) expect(start).toBeGreaterThan(7 * MiB)
    await file.close()
  })
})

describe('a random reader', () => {
  test('of 256 KiB fetches what it reads and no more', async () => {
    const source = fakeSource({ size: 1024 * MiB })
    const readers = createReaders()
    const file = readers.open(source)
    for (let i = 1; i <= 100; i++) {
      const start = ((i * 37) % 1000) * MiB
      const halves = [readAt(file, start, KERNEL), readAt(file, start + KERNEL, KERNEL)]
      for (const [half, got] of (await Promise.all(halves)).entries())
        expect(got[5]).toBe(bytesOf(start + half * KERNEL + 5, start + half * KERNEL + 6)[0])
    }
    expect(source.requests.length).toBe(100)
    expect(readers.stats.fetched).toBe(100 * 256 * KiB)
    await file.close()
  })

  test('of a few bytes gets an aligned block of 128 KiB, which its neighbours share', async () => {
    const source = fakeSource({ size: 64 * MiB, latencyMs: 2 })
    const file = createReaders().open(source)
    const at = 5 * MiB + 3 * KiB
    await Promise.all([0, 1, 2, 3].map((i) => readAt(file, at + i * 4 * KiB, 4 * KiB)))
    expect(source.requests).toEqual([[5 * MiB, 5 * MiB + 128 * KiB]])
    await file.close()
  })
})

test('readers of the same object share requests', async () => {
  const sources = [0, 1, 2].map(() => fakeSource({ size: MiB, latencyMs: 5 }))
  const readers = createReaders()
  const files = sources.map((source) => readers.open(source))
  const all = await Promise.all(files.map((file) => readAt(file, 100, 1000)))
  for (const bytes of all) expect(bytes).toEqual(bytesOf(100, 1100))
  expect(sources.flatMap(({ requests }) => requests)).toHaveLength(1)
  for (const file of files) await file.close()
  expect(sources.map(({ closed }) => closed)).toEqual([true, true, true])
})

test('any sequence of reads gives the bytes, and the memory stays within its bound', async () => {
  const size = 5 * MiB + 12_345
  const read = fc.record({
    file: fc.integer({ min: 0, max: 2 }),
    start: fc.oneof(
      fc.integer({ min: 0, max: size + 10 }),
      fc.integer({ min: 0, max: 40 }).map((n) => n * KERNEL),
    ),
    length: fc.oneof(fc.integer({ min: 0, max: 300_000 }), fc.constant(KERNEL), fc.constant(MiB)),
    together: fc.boolean(),
  })
  const whole = bytesOf(0, size)
  await fc.assert(
    fc.asyncProperty(fc.array(read, { maxLength: 30 }), async (reads) => {
      const memory = 3 * MiB
      const readers = createReaders({ memory })
      const files = [0, 1, 2].map((i) =>
        readers.open(fakeSource({ size, name: `file${Math.min(i, 1)}`, latencyMs: i })),
      )
      let waiting: Promise<void>[] = []
      for (const { file, start, length, together } of reads) {
        waiting.push(
          readAt(files[file]!, start, length).then((bytes) => {
            expect(Buffer.compare(bytes, whole.subarray(start, start + length))).toBe(0)
          }),
        )
        expect(readers.stats.held).toBeLessThanOrEqual(memory)
        if (together) continue
        await Promise.all(waiting)
        waiting = []
      }
      await Promise.all(waiting)
      for (const file of files) await file.close()
      expect(readers.stats.held).toBe(0)
    }),
    { numRuns: 60 },
  )
}, 60_000)

test('twenty sequential readers together stay within the memory, and all get on', async () => {
  const memory = 16 * MiB
  const readers = createReaders({ memory })
  let most = 0
  const watch = setInterval(() => (most = Math.max(most, readers.stats.held)), 1)
  const sources = Array.from({ length: 20 }, (_, i) =>
    fakeSource({ size: 6 * MiB, name: `${i}`, latencyMs: 1 }),
  )
  await Promise.all(
    sources.map(async (source) => {
      const file = readers.open(source)
      await readAll(file)
      await file.close()
    }),
  )
  clearInterval(watch)
  expect(most).toBeGreaterThan(MiB)
  expect(most).toBeLessThanOrEqual(memory)
  const fetched = sources.flatMap(({ requests }) => requests).reduce((sum, [a, b]) => sum + b - a, 0)
  expect(fetched).toBeLessThan(1.5 * 20 * 6 * MiB)
  expect(readers.stats.held).toBe(0)
}, 60_000)

describe('what goes wrong', () => {
  test('closing a file stops what it asked ahead for', async () => {
    let open = true
    const gated = fakeSource({
      size: 64 * MiB,
      gate: () => (open ? Promise.resolve() : new Promise(() => undefined)),
    })
    const file = createReaders().open(gated)
    for (let at = 0; at < MiB; at += KERNEL) {
      if (at >= 256 * KiB) open = false
      await readAt(file, at, KERNEL)
    }
    expect(gated.inFlight).toBeGreaterThan(0)
    const began = performance.now()
    await file.close()
    expect(performance.now() - began).toBeLessThan(5000)
    expect(gated.inFlight).toBe(0)
    expect(gated.aborted).toBeGreaterThan(0)
    expect(gated.closed).toBe(true)
  })

  test('a changed object is stale at once, and again; nothing stays behind', async () => {
    const fault = () => new VarveError('stale', 'it was overwritten')
    const source = fakeSource({ size: 4 * MiB, fault })
    const readers = createReaders()
    const file = readers.open(source)
    await expect(readAt(file, 0, 10)).rejects.toMatchObject({ code: 'stale' })
    await expect(readAt(file, 0, 10)).rejects.toMatchObject({ code: 'stale' })
    expect(source.requests).toHaveLength(2)
    expect(readers.stats.held).toBe(0)
    await file.close()
  })

  test('a read that has failed writes no more into its memory, which others have by then', async () => {
    let release: () => void = () => undefined
    const released = new Promise<void>((resolve) => (release = resolve))
    const fault = (start: number) =>
      start < 2 * MiB ? new VarveError('stale', 'it was overwritten') : undefined
    const source = fakeSource({ size: 4 * MiB, fault })
    const inner = source.read
    source.read = async (start, end, options) => {
      if (start >= 2 * MiB) await released
      return inner(start, end, options)
    }
    const file = createReaders().open(source)
    const other = readAt(file, 2 * MiB, 4 * KiB)
    const target = new Uint8Array(KERNEL)
    // The first half fails at once, the second is still on its way.
    const read = file.read(target, 2 * MiB - KERNEL / 2)
    let hasFailed = false
    read.catch(() => {
      hasFailed = true
      target.fill(7)
    })
    await pause(20)
    release()
    expect(await other).toEqual(bytesOf(2 * MiB, 2 * MiB + 4 * KiB))
    await expect(read).rejects.toMatchObject({ code: 'stale' })
    await pause(20)
    expect(hasFailed).toBe(true)
    expect(target).toEqual(new Uint8Array(KERNEL).fill(7))
    await file.close()
  })

  test('what passes is asked again, and no reader sees it', async () => {
    const fault = (_s: number, _e: number, number: number) =>
      number % 3 === 0 ? new VarveError('unavailable', '503') : undefined
    const source = fakeSource({ size: 3 * MiB, fault })
    const file = createReaders().open(source)
    for (let at = 0; at < 3 * MiB; at += KERNEL)
      expect(Buffer.compare(await readAt(file, at, KERNEL), bytesOf(at, at + KERNEL))).toBe(0)
    await file.close()
  })

  test('a source that stays unavailable fails its readers when the time is up', async () => {
    const source = fakeSource({ size: MiB, fault: () => new VarveError('unavailable', 'refused') })
    const file = createReaders({ deadlineMs: 300 }).open(source)
    const began = performance.now()
    await expect(readAt(file, 0, 10)).rejects.toMatchObject({ code: 'unavailable' })
    expect(performance.now() - began).toBeLessThan(5000)
    await file.close()
  })

  test('what the kernel asks once more after that fails soon', async () => {
    const source = fakeSource({ size: MiB, gate: () => new Promise(() => undefined) })
    const file = createReaders({ deadlineMs: 4000 }).open(source)
    await expect(readAt(file, 0, 10)).rejects.toMatchObject({ code: 'unavailable' })
    const began = performance.now()
    await expect(readAt(file, 0, 10)).rejects.toMatchObject({ code: 'unavailable' })
    expect(performance.now() - began).toBeLessThan(3000)
    await file.close()
  })

  test('a silent source fails its readers when the time is up', async () => {
    const source = fakeSource({ size: MiB, gate: () => new Promise(() => undefined) })
    const file = createReaders({ deadlineMs: 200 }).open(source)
    await expect(readAt(file, 0, 10)).rejects.toMatchObject({ code: 'unavailable' })
    expect(source.inFlight).toBe(0)
    await file.close()
  })

  test('closing the readers ends reads that wait', async () => {
    const source = fakeSource({ size: MiB, gate: () => new Promise(() => undefined) })
    const readers = createReaders()
    const file = readers.open(source)
    const read = readAt(file, 0, 10)
    const failed = expect(read).rejects.toMatchObject({ code: 'aborted' })
    await pause(10)
    await readers.close()
    await failed
    await expect(readAt(file, 0, 10)).rejects.toMatchObject({ code: 'aborted' })
    expect(() => readers.open(source)).toThrow('being closed')
  })
})
