/** Pixels of three bytes that are differences: whole rows at once give what one pixel at a time gives. */

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { sumThree, type Three } from '../../../src/formats/geotiff/rgb.ts'
import { hasWholeVectors, sumRows } from '../../../src/formats/geotiff/rgb-rows.ts'

it('a stretch of a line is the running sums of its bytes, and nothing beside it is written', () => {
  const stretch = fc.record({
    bytes: fc.uint8Array({ minLength: 3, maxLength: 120 }),
    before: fc.nat(5),
    skipped: fc.constantFrom(0, 0, 1, 4),
    at: fc.nat(5),
  })
  fc.assert(
    fc.property(stretch, ({ bytes, before, skipped, at }) => {
      const pixels = Math.floor(bytes.length / 3)
      const count = Math.max(0, pixels - skipped)
      const source = new Uint8Array([...new Array(before).fill(7), ...bytes])
      const three = [0, 1, 2].map(() => new Uint8Array(at + count + 3).fill(99))
      const [red, green, blue] = three as [Uint8Array, Uint8Array, Uint8Array]
      sumThree(source, before, before + 3 * (pixels - count), [red, green, blue], at, count)
      for (const [band, values] of three.entries()) {
        const sums: number[] = []
        for (let i = 0, sum = 0; i < pixels; i++) sums.push((sum = (sum + bytes[3 * i + band]!) & 255))
        const beside = (n: number) => new Array(n).fill(99)
        expect([...values]).toEqual([...beside(at), ...sums.slice(pixels - count), ...beside(3)])
      }
    }),
    { numRuns: 1000 },
  )
})

it('rows are the running sums of each, and nothing beside them is written', () => {
  const shape = fc.record({
    width: fc.constantFrom(16, 32, 48, 512, 65536),
    rows: fc.constantFrom(1, 2, 3, 200),
    seed: fc.nat(1 << 20),
    at: fc.nat(5),
  })
  fc.assert(
    fc.property(shape, ({ width, rows, seed, at }) => {
      const count = Math.max(1, Math.min(rows, Math.floor(400_000 / width)))
      let state = seed
      const pixels = new Uint8Array(3 * width * count + 7).map(() => {
        state = (Math.imul(state, 1103515245) + 12345) | 0
        return state >>> 16
      })
      const made = () =>
        [0, 1, 2].map(() => new Uint8Array(at + width * count + 3).fill(99)) as unknown as Three
      const [expected, actual] = [made(), made()]
      for (let row = 0; row < count; row++)
        sumThree(pixels, 3 * row * width, 3 * row * width, expected, at + row * width, width)
      sumRows(pixels, actual, at, count, width)
      for (const [band, values] of actual.entries())
        expect(Buffer.compare(values as Uint8Array, expected[band] as Uint8Array)).toBe(0)
    }),
    { numRuns: 60 },
  )
})

it('rows of other widths are left to one pixel at a time', () => {
  expect([0, 8, 15, 17, 65552].map(hasWholeVectors)).toEqual([false, false, false, false, false])
  expect([16, 256, 65536].map(hasWholeVectors)).toEqual([true, true, true])
})
