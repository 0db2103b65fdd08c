/** Compressed wave packets as LASzip itself writes them (fixtures/las/laszip), whole and damaged. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isVarveError } from '../../../src/errors.ts'
import { type Bound, bindBytes } from '../../scan/support/harness.ts'
import { changed, failure, readAll } from './damage.ts'
import { columnValues, dumpAll, expectSame, fixtures, hasLaspy, makeFiles, readBatches } from './support.ts'

const FORMATS = [4, 5, 9, 10]
const pathOf = (format: number): string => join(fixtures, 'laszip', `${format}.laz`)
const file = (format: number): Buffer => readFileSync(pathOf(format))

const WAVE = /^wavepacket_|^return_point_wave|^[xyz]_t$/
const names = ({ layout }: Bound): string[] => layout.columns.map(({ name }) => name)

async function valuesOf(bytes: Uint8Array, columns?: readonly number[]): Promise<unknown[][]> {
  const bound = await bindBytes(bytes, 'las')
  const { batches } = await readBatches(bound, columns && { columns })
  const wanted = columns ?? names(bound).map((_, i) => i)
  const shown = {
    ...bound,
    layout: { ...bound.layout, columns: wanted.map((i) => bound.layout.columns[i]!) },
  }
  return wanted.map((_, i) => columnValues(shown, batches, i))
}

/** What LASzip's record says of the point's parts: where that stands, and [type, size, version] of each. */
function itemsOf(bytes: Buffer): { at: number; items: number[][] } {
  const record = bytes.indexOf('laszip encoded') + 52
  const at = record + 34
  const items = Array.from({ length: bytes.readUInt16LE(record + 32) }, (_, i) =>
    [0, 2, 4].map((part) => bytes.readUInt16LE(at + i * 6 + part)),
  )
  return { at, items }
}

/** The file as a writer leaves it that was interrupted: no table of chunks, `length` bytes of them. */
function interrupted(bytes: Buffer, length: number): Buffer {
  const start = bytes.readUInt32LE(96)
  return changed(bytes, (copy) => void copy.writeBigInt64LE(BigInt(start), start)).subarray(
    0,
    start + 8 + length,
  )
}

const chunkBytes = (bytes: Buffer): number => {
  const start = bytes.readUInt32LE(96)
  return Number(bytes.readBigInt64LE(start)) - start - 8
}

describe.skipIf(!hasLaspy)('wave packets', () => {
  it.each(FORMATS)('as LASzip writes them, format %i', async (format) => {
    const bound = await bindBytes(file(format), 'las')
    const { batches } = await readBatches(bound)
    expectSame(bound, batches, dumpAll([{ path: pathOf(format) }])[0]!)
    expect(names(bound).filter((name) => WAVE.test(name)).length).toBe(7)
  })

  it('of chunks that no table tells apart', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'varve-las-waves-'))
    try {
      const made = [4, 5].map((format) => ({
        format,
        points: 650,
        seed: format,
        flags: ['extra', 'chunk=90'],
      }))
      for (const path of makeFiles(folder, made)) {
        const bytes = readFileSync(path)
        expect(await valuesOf(interrupted(bytes, chunkBytes(bytes)))).toEqual(await valuesOf(bytes))
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('wave packets', () => {
  it.each([4, 5])('are coded alike in versions 1 and 2 of format %i, and in no other', async (format) => {
    const bytes = file(format)
    const { at, items } = itemsOf(bytes)
    const part = items.findIndex(([type]) => type === 9)
    expect(items[part]).toEqual([9, 29, 1])
    const version = (part: number, value: number): Buffer =>
      changed(bytes, (copy) => void copy.writeUInt16LE(value, at + part * 6 + 4))
    expect(await valuesOf(version(part, 2))).toEqual(await valuesOf(bytes))
    expect(await failure(version(part, 3))).toContain('9:29:3')
    // The other parts' version 1 is another coding.
    expect(await failure(version(0, 1))).toContain('6:20:1')
  })

  it.each([9, 10])('of format %i have a layer that only they need', async (format) => {
    const bytes = file(format)
    const bound = await bindBytes(bytes, 'las')
    const { recordLength, pointsStart } = bound.layout.dialect as {
      recordLength: number
      pointsStart: number
    }
    const chunk = pointsStart + 8
    const sizes = chunk + recordLength + 4
    const layers = format === 9 ? 10 : 12
    const ends = Array.from({ length: layers }, (_, i) => bytes.readUInt32LE(sizes + 4 * i))
    const end = chunk + chunkBytes(bytes)
    expect(ends.reduce((sum, size) => sum + size, sizes + 4 * layers)).toBe(end)
    // It is the last one: there are no extra bytes.
    const broken = changed(bytes, (copy) => void copy.fill(0x5a, end - ends.at(-1)!, end))
    const all = names(bound).map((_, i) => i)
    const others = all.filter((i) => !WAVE.test(names(bound)[i]!))
    expect(await valuesOf(broken, others)).toEqual(await valuesOf(bytes, others))
    const [wave] = all.filter((i) => names(bound)[i] === 'wavepacket_size')
    const read = await valuesOf(broken, [wave!]).catch((error: unknown) => error)
    expect(read).not.toEqual(await valuesOf(bytes, [wave!]))
  })

  it.each(FORMATS)('of a file without a table of chunks, format %i', async (format) => {
    const bytes = file(format)
    expect(await valuesOf(interrupted(bytes, chunkBytes(bytes)))).toEqual(await valuesOf(bytes))
  })
})

describe('damage', () => {
  it.each(FORMATS)('a file of format %i that ends early', async (format) => {
    const bytes = file(format)
    for (let length = 0; length < bytes.length; length += 97)
      expect(await failure(bytes.subarray(0, length))).toMatch(/^las: /)
    // The coder's last bytes may not matter.
    for (let length = chunkBytes(bytes) - 8; length >= 0; length -= 61)
      expect(await failure(interrupted(bytes, length))).toMatch(
        /need more bytes than the block has|^las: a chunk has|^las: the chunks hold/,
      )
  })

  it.each(FORMATS)('a byte of format %i flipped', async (format) => {
    const bytes = file(format)
    const rows = await readAll(bytes)
    const place = fc.oneof(fc.nat(bytes.length - 1), fc.nat(700))
    await fc.assert(
      fc.asyncProperty(place, fc.integer({ min: 1, max: 255 }), async (at, mask) => {
        const broken = changed(bytes, (copy) => {
          copy[at]! ^= mask
        })
        const outcome = await readAll(broken).catch((error: unknown) => error)
        if (typeof outcome === 'number') expect(outcome).toBeLessThanOrEqual(rows + 8)
        else if (!isVarveError(outcome)) throw outcome
      }),
      { numRuns: 150 },
    )
  })
})
