/** Readers of files whose SHA-256 is known: what is read whole is right, or an error. */

import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createReaders } from '../../../src/mount/reading/index.ts'
import type { OpenFile } from '../../../src/mount/types.ts'
import { bytesOf, type FakeSource, fakeSource, KiB, MiB } from './source.ts'

const SIZE = 24 * MiB + 4321
const SUM = createHash('sha256').update(bytesOf(0, SIZE)).digest('hex')

/** A source whose first answer that holds this byte has it wrong. */
function flipping(at: number, latencyMs: number): FakeSource {
  const inner = fakeSource({ size: SIZE, latencyMs })
  let flipped = false
  return Object.assign(Object.create(inner) as FakeSource, {
    uri: inner.uri,
    size: SIZE,
    identity: inner.identity,
    async read(...words: Parameters<FakeSource['read']>) {
      const bytes = await inner.read(...words)
      if (!flipped && words[0] <= at && at < words[1]) {
        flipped = true
        bytes[at - words[0]]! ^= 8
      }
      return bytes
    },
  })
}

/** As the kernel does it for a program that reads in order: some requests at a time. */
async function readAll(file: OpenFile, request: number, together: number): Promise<void> {
  for (let at = 0; at < SIZE; at += together * request) {
    const starts = Array.from({ length: together }, (_, i) => at + i * request).filter((s) => s < SIZE)
    await Promise.all(starts.map((start) => file.read(new Uint8Array(request), start)))
  }
}

describe.each([
  [128 * KiB, 1],
  [128 * KiB, 4],
  [256 * KiB, 2],
  [MiB, 2],
])('a reader in order, by %d bytes, %d at a time', (request, together) => {
  test.each([5, 500_000, 3_000_000, 20_000_000, SIZE - 1])(
    'of a file whose byte %d came wrong gets an error at its end, and everything right when it opens it anew',
    async (at) => {
      const source = flipping(at, 1)
      const readers = createReaders()
      const file = readers.open(source, SUM)
      await expect(readAll(file, request, together)).rejects.toMatchObject({ code: 'invalid-data' })
      await expect(file.read(new Uint8Array(10), SIZE - 10)).rejects.toMatchObject({ code: 'invalid-data' })
      await file.close()
      expect(readers.stats.held).toBe(0)
      const again = readers.open(source, SUM)
      await readAll(again, request, together)
      await again.close()
    },
  )
})
