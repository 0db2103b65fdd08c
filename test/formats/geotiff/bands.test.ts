/** Bands taken out of samples, by every shortcut, against the plainest way to do it. */

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ColumnValues } from '../../../src/formats/batch.ts'
import { takeBands } from '../../../src/formats/geotiff/values.ts'

const KINDS = { 8: Uint8Array, 16: Uint16Array, 32: Uint32Array, 64: BigUint64Array } as const
type Bits = keyof typeof KINDS

const made = fc
  .record({
    bits: fc.constantFrom<Bits[]>(8, 16, 32, 64),
    perPixel: fc.integer({ min: 1, max: 4 }),
    width: fc.integer({ min: 1, max: 9 }),
    height: fc.integer({ min: 1, max: 6 }),
    tileCol: fc.nat(2),
    tileRow: fc.nat(2),
    differences: fc.boolean(),
    seed: fc.nat(1000),
  })
  .chain((one) =>
    fc
      .record({
        left: fc.nat(one.width - 1),
        top: fc.nat(one.height - 1),
        bands: fc.subarray([0, 1, 2, 3].slice(0, one.perPixel), { minLength: 1 }),
        cut: fc.double({ min: 0, max: 1, noNaN: true }),
      })
      .map((more) => ({ ...one, ...more })),
  )

test('each pixel has its own value, wherever the window and the batch begin', () => {
  fc.assert(
    fc.property(made, ({ bits, perPixel, width, height, tileCol, tileRow, seed, ...one }) => {
      const { left, top, bands, cut } = one
      // The halves of 64 bits carry: they are summed before bands are taken.
      const differences = one.differences && bits !== 64
      const Kind = KINDS[bits]
      const count = width * height * perPixel
      const values = Array.from({ length: count }, (_, i) =>
        BigInt.asUintN(bits, BigInt((i + 1) * (seed + 7)) ** 5n),
      )
      const stored = values.map((value, i) => {
        const isFirst = i % (width * perPixel) < perPixel
        return differences && !isFirst ? BigInt.asUintN(bits, value - values[i - perPixel]!) : value
      })
      const samples =
        bits === 64 ? BigUint64Array.from(stored) : (Kind as typeof Uint32Array).from(stored.map(Number))
      const tile = {
        tileCol,
        tileRow,
        col: tileCol * width + left,
        row: tileRow * height + top,
        width: width - left,
        height: height - top,
      }
      const all = tile.width * tile.height
      const middle = Math.floor(all * cut)
      const taken = bands.map((): bigint[] => [])
      for (const [from, to] of [
        [0, middle],
        [middle, all],
      ] as const) {
        const out = bands.map((): ColumnValues => new Kind(to - from))
        const bytes = new Uint8Array(samples.buffer)
        const given = { bytes, bits, perPixel, width, differences }
        takeBands(given, bands, { tile, from, to }, { tileWidth: width, tileHeight: height }, out)
        for (const [i, part] of out.entries()) taken[i]!.push(...Array.from(part as Uint8Array, BigInt))
      }
      const expected = bands.map((band) =>
        Array.from({ length: all }, (_, pixel) => {
          const [row, col] = [Math.floor(pixel / tile.width) + top, (pixel % tile.width) + left]
          return values[(row * width + col) * perPixel + band]
        }),
      )
      expect(taken).toEqual(expected)
    }),
    { numRuns: 500 },
  )
})
