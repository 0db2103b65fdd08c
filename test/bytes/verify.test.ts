/** Sources that are compared with the SHA-256 of their whole. */

import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { memorySource, openBlockCache, withChecksum, withHead } from '../../src/bytes/index.ts'
import type { ByteSource } from '../../src/bytes/types.ts'
import { VarveError } from '../../src/errors.ts'
import { CONTENT, expectCode, expectSame } from '../contract/bytes.ts'
import { wrapperContract } from '../contract/faults.ts'

const SUM = createHash('sha256').update(CONTENT).digest('hex')
const STEP = 50_000

wrapperContract('withChecksum', (source) => withChecksum(source, SUM))

interface Flipping extends ByteSource {
  /** A read that gives this byte gives it wrong, as often as `times` says. */
  flip: { at: number; times: number } | undefined
  readonly reads: number
}

function flipping(at?: number, times = Number.POSITIVE_INFINITY): Flipping {
  const inner = memorySource('memory://flipping/object', CONTENT)
  let reads = 0
  const source: Flipping = {
    ...inner,
    flip: at === undefined ? undefined : { at, times },
    get reads() {
      return reads
    },
    async read(start, end, options) {
      reads++
      const bytes = (await inner.read(start, end, options)).slice()
      const { flip } = source
      if (flip !== undefined && flip.times > 0 && flip.at >= start && flip.at < end) {
        flip.times--
        bytes[flip.at - start]! ^= 1
      }
      return bytes
    },
  }
  return source
}

/** Reads everything in order, `together` reads at a time. */
async function readAll(source: ByteSource, together = 1): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for (let at = 0; at < source.size; at += together * STEP) {
    const starts = Array.from({ length: together }, (_, i) => at + i * STEP).filter((s) => s < source.size)
    const reads = starts.map((start) => source.read(start, Math.min(start + STEP, source.size)))
    parts.push(...(await Promise.all(reads)))
  }
  return Buffer.concat(parts)
}

describe('a read of everything', () => {
  test('is done once more when it is wrong, and given when it is then right', async () => {
    const source = flipping(1234, 1)
    expectSame(await withChecksum(source, SUM).read(0, CONTENT.length), CONTENT)
    expect(source.reads).toBe(2)
  })

  test('that stays wrong is invalid-data, and so is every other read from then on', async () => {
    const checked = withChecksum(flipping(1234), SUM)
    await expectCode(checked.read(0, CONTENT.length), 'invalid-data', SUM)
    await expectCode(checked.read(200_000, 200_001), 'invalid-data')
  })

  test('asks anew for a head that came wrong', async () => {
    const head = CONTENT.slice()
    head[77]! ^= 4
    const source = flipping()
    expectSame(await withChecksum(withHead(source, head), SUM).read(0, CONTENT.length), CONTENT)
    expect(source.reads).toBe(1)
  })

  test('asks anew for blocks that were kept wrong', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'varve-verify-'))
    const cache = openBlockCache({ folder, maxBytes: 2 ** 24, blockBytes: 65_536 })
    const source = flipping(100_000, 1)
    await cache.wrap(source).read(90_000, 110_000)
    await cache.flush()
    expectSame(await withChecksum(cache.wrap(source), SUM).read(0, CONTENT.length), CONTENT)
    await cache.flush()
    const before = source.reads
    expectSame(await cache.wrap(source).read(90_000, 110_000), CONTENT.subarray(90_000, 110_000))
    expect(source.reads).toBe(before)
    rmSync(folder, { recursive: true })
  })
})

describe('reads in order', () => {
  test.each([1, 3])('of right bytes, %d at a time, are given', async (together) => {
    expectSame(await readAll(withChecksum(flipping(), SUM), together), CONTENT)
  })

  test.each([
    [0, 1],
    [0, 3],
    [160_000, 1],
    [160_000, 3],
    [CONTENT.length - 1, 1],
    [CONTENT.length - 1, 3],
  ])('with byte %d wrong, %d at a time, fail at their end and from then on', async (at, together) => {
    const checked = withChecksum(flipping(at), SUM)
    await expectCode(readAll(checked, together), 'invalid-data', SUM)
    await expectCode(checked.read(CONTENT.length - 10, CONTENT.length), 'invalid-data')
    await expectCode(checked.read(0, 10), 'invalid-data')
  })

  test('overlapping ones, and some in between, are no hindrance', async () => {
    const checked = withChecksum(flipping(5), SUM)
    const size = CONTENT.length
    await Promise.all([
      checked.read(0, 100_000),
      checked.read(50_000, 150_000),
      checked.read(280_000, 290_000),
      checked.read(60_000, 70_000),
      checked.read(150_000, 250_000),
    ])
    await expectCode(checked.read(250_000, size), 'invalid-data')
  })

  test('a failure holds up nobody who reads behind it', async () => {
    const inner = flipping()
    let fail: (error: unknown) => void = () => undefined
    const failing: ByteSource = {
      ...inner,
      read: (start, end) =>
        start === STEP ? new Promise((_, reject) => (fail = reject)) : inner.read(start, end),
    }
    const checked = withChecksum(failing, SUM)
    const reads = [0, 1, 2, 3].map((i) => checked.read(i * STEP, (i + 1) * STEP))
    fail(new VarveError('unavailable', 'gone'))
    const done = await Promise.allSettled(reads)
    expect(done.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
  })

  test('one that failed and is done again goes on', async () => {
    const inner = flipping(5)
    let failures = 1
    const failing: ByteSource = {
      ...inner,
      read: async (start, end) => {
        if (start === STEP && failures-- > 0) throw new VarveError('unavailable', '503')
        return inner.read(start, end)
      },
    }
    const checked = withChecksum(failing, SUM)
    await checked.read(0, STEP)
    await expectCode(checked.read(STEP, 2 * STEP), 'unavailable')
    for (let at = STEP; at + STEP < CONTENT.length; at += STEP) await checked.read(at, at + STEP)
    await expectCode(checked.read(300_000, CONTENT.length), 'invalid-data')
  })
})
