/** Pixels of three bytes that are differences: four at a time give what one at a time gives, wherever they stand. */

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { sumThree } from '../../../src/formats/geotiff/rgb.ts'

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
