import fc from 'fast-check'
import { expect, it } from 'vitest'
import { lessText } from '../../src/index/prune.ts'

it('texts are in the order of their bytes, as DuckDB has it', () => {
  const anyText = fc.string({
    unit: fc.constantFrom('a', 'b', 'é', '漢', '\ud7ff', '\ue000', '\uffee', '🙂', '🙃', '𠀀'),
  })
  fc.assert(
    fc.property(anyText, anyText, (a, b) => {
      expect(lessText(a, b)).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0)
      expect(lessText(a, a + b)).toBe(b !== '')
    }),
    { numRuns: 500 },
  )
})
