import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import type { ByteSource } from '../../src/bytes/types.ts'
import { type ErrorCode, isVarveError } from '../../src/errors.ts'

/** A source under test, and what can happen to what it reads. */
export interface BytesSubject {
  readonly source: ByteSource
  /** Replaces the bytes behind it; absent where they cannot change. */
  overwrite?(bytes: Uint8Array): Promise<void>
  remove?(): Promise<void>
  /** Makes the object inaccessible. */
  deny?(): Promise<void>
  cleanup?(): Promise<void>
}

export const CONTENT = patterned(300_007)

/** What every source and every wrapper promises, whatever it reads from. */
export function bytesContract(name: string, make: (content: Uint8Array) => Promise<BytesSubject>): void {
  describe(`bytes contract: ${name}`, () => {
    let subject: BytesSubject | undefined

    async function open(content: Uint8Array = CONTENT): Promise<BytesSubject> {
      return (subject = await make(content))
    }

    afterEach(async () => {
      await subject?.source.close?.()
      await subject?.cleanup?.()
      subject = undefined
    })

    it('knows its size, and has an identity and a uri', async () => {
      const { source } = await open()
      expect(source.size).toBe(CONTENT.length)
      expect(source.identity).not.toBe('')
      expect(source.uri).toMatch(/^[a-z0-9]+:\/\//)
    })

    it('gives exactly the bytes of every range', async () => {
      const { source } = await open()
      const bound = fc.integer({ min: 0, max: CONTENT.length })
      await fc.assert(
        fc.asyncProperty(bound, bound, async (a, b) => {
          const [start, end] = [Math.min(a, b), Math.max(a, b)]
          expectSame(await source.read(start, end), CONTENT.subarray(start, end))
        }),
        {
          numRuns: 40,
          examples: [
            [0, CONTENT.length],
            [0, 0],
            [CONTENT.length, CONTENT.length],
            [0, 1],
          ],
        },
      )
    })

    it('gives many ranges at once, overlapping ones too', async () => {
      const { source } = await open()
      const ranges = Array.from(
        { length: 50 },
        (_, i) => [(i * 7919) % 290_000, ((i * 7919) % 290_000) + ((i * 199) % 9_000)] as const,
      )
      const reads = await Promise.all(ranges.map(([start, end]) => source.read(start, end)))
      for (const [i, bytes] of reads.entries()) {
        const [start, end] = ranges[i] as readonly [number, number]
        expectSame(bytes, CONTENT.subarray(start, end))
      }
    })

    it('gives arrays that are the caller’s own', async () => {
      const { source } = await open()
      const [one, two] = await Promise.all([source.read(10, 60), source.read(20, 70)])
      expect(one.buffer).not.toBe(two.buffer)
      one.fill(0)
      expectSame(two, CONTENT.subarray(20, 70))
      // Moving one to another thread must not take another one along.
      structuredClone(one.buffer, { transfer: [one.buffer as ArrayBuffer] })
      expect(two.length).toBe(50)
      expectSame(await source.read(10, 60), CONTENT.subarray(10, 60))
    })

    it('refuses ranges that leave the bytes', async () => {
      const { source } = await open()
      const { size } = source
      for (const [start, end] of [
        [0, size + 1],
        [size, size + 1],
        [size + 5, size + 6],
        [-1, 3],
        [5, 4],
        [0.5, 2],
        [0, Number.NaN],
      ])
        await expectCode(source.read(start as number, end as number), 'invalid-input', source.uri)
    })

    it('reads an object without bytes', async () => {
      const { source } = await open(new Uint8Array(0))
      expect(source.size).toBe(0)
      expect(await source.read(0, 0)).toHaveLength(0)
      await expectCode(source.read(0, 1), 'invalid-input')
    })

    it('does not begin when it is cancelled already', async () => {
      const { source } = await open()
      await expectCode(source.read(200_000, 200_010, { signal: AbortSignal.abort() }), 'aborted')
      expectSame(await source.read(200_000, 200_010), CONTENT.subarray(200_000, 200_010))
    })

    it('stops when it is cancelled on the way, for that reader alone', async () => {
      const { source } = await open()
      const controller = new AbortController()
      const cancelled = source.read(100_000, 250_000, { signal: controller.signal })
      const other = source.read(150_000, 250_001)
      controller.abort()
      // A source that was quicker than the abort has done nothing wrong.
      const outcome = await cancelled.catch((error: unknown) => error)
      if (outcome instanceof Uint8Array) expectSame(outcome, CONTENT.subarray(100_000, 250_000))
      else expect(outcome).toMatchObject({ code: 'aborted' })
      expectSame(await other, CONTENT.subarray(150_000, 250_001))
    })

    it('never mixes in the bytes of an object that was overwritten', async () => {
      const { source, overwrite } = await open()
      if (overwrite === undefined) return
      await overwrite(patterned(CONTENT.length, 5))
      await expectCode(source.read(290_000, 290_100), 'stale', source.uri)
      await expectCode(source.read(0, CONTENT.length), 'stale')
    })

    it('says when the object is gone', async () => {
      const { source, remove } = await open()
      if (remove === undefined) return
      await remove()
      await expectCode(source.read(290_000, 290_100), 'not-found', source.uri)
    })

    it('says when the object may not be read', async () => {
      const { source, deny } = await open()
      if (deny === undefined) return
      await deny()
      await expectCode(source.read(290_000, 290_100), 'denied', source.uri)
    })
  })
}

/** Bytes in which every stretch is different. */
export function patterned(length: number, salt = 0): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = 12345 + salt
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    bytes[i] = state >>> 16
  }
  return bytes
}

export function expectSame(actual: Uint8Array, expected: Uint8Array): void {
  // Comparing element by element would make every failure a page, and every success slow.
  expect(actual.length).toBe(expected.length)
  expect(Buffer.compare(actual, expected)).toBe(0)
}

/** Expects a VarveError with this code whose message names `place`, and nothing secret. */
export async function expectCode(work: Promise<unknown>, code: ErrorCode, place = ''): Promise<void> {
  const outcome = await work.then(
    () => 'no error',
    (error: unknown) => error,
  )
  if (!isVarveError(outcome)) throw new Error(`expected ${code}, got ${String(outcome)}`, { cause: outcome })
  expect({ code: outcome.code, message: outcome.message }).toMatchObject({ code })
  expect(outcome.message).toContain(place)
  expect(outcome.message).not.toMatch(/varve-test-secret|wrong-secret/)
}
