/** The vectors count what a plain loop counts. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LineCounter, MOST_COUNTED } from '../../../src/formats/fasta/line-counter.ts'

/** The loop. `printed` means something only where no byte is odd. */
function counted(bytes: Uint8Array, from: number, to: number) {
  const part = [...bytes.subarray(from, to)]
  const odd = part.some((byte) => byte > 0x7e)
  return {
    printed: odd ? undefined : part.filter((byte) => byte > 0x20).length,
    feeds: part.filter((byte) => byte === 10).length,
    odd,
    semicolons: part.includes(59),
  }
}

function byVectors(counter: LineCounter, bytes: Uint8Array, from: number, to: number) {
  counter.count(bytes, from, to)
  const { printed, feeds, odd, semicolons } = counter
  return { printed: odd ? undefined : printed, feeds, odd, semicolons }
}

const sequence = fc.array(fc.constantFrom(...Buffer.from('ACGTNacgt*-\n\n')), { maxLength: 300 })
const anything = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 60 })
const bytes = fc
  .array(fc.oneof({ weight: 4, arbitrary: sequence }, { weight: 1, arbitrary: anything }), { maxLength: 8 })
  .map((parts) => Uint8Array.from(parts.flat()))

describe('counting in sequence lines', () => {
  const counter = new LineCounter()

  it('gives what a loop gives, for any stretch of any bytes', () => {
    fc.assert(
      fc.property(bytes, fc.nat(40), fc.nat(40), (all, skip, less) => {
        const from = Math.min(all.length, skip)
        const to = Math.max(from, all.length - less)
        expect(byVectors(counter, all, from, to)).toEqual(counted(all, from, to))
      }),
      { numRuns: 300 },
    )
  })

  it('does not let its lanes overflow: 64 KiB of one byte', () => {
    for (const byte of [0, 10, 32, 33, 59, 126, 127, 128, 255]) {
      const all = new Uint8Array(MOST_COUNTED).fill(byte)
      for (const to of [MOST_COUNTED, MOST_COUNTED - 1, 255 * 16, 255 * 16 + 1, 256 * 16])
        expect(byVectors(counter, all, 0, to)).toEqual(counted(all, 0, to))
    }
  })

  it('tells each byte apart wherever it stands', () => {
    for (let byte = 0; byte < 256; byte++) {
      const all = new Uint8Array(48).fill(65)
      all[byte % 48] = byte
      expect(byVectors(counter, all, 0, 48)).toEqual(counted(all, 0, 48))
    }
  })

  it('forgets what the stretch before held', () => {
    counter.count(new Uint8Array(64).fill(59), 0, 64)
    expect(byVectors(counter, Buffer.from('ACGT'), 0, 4)).toEqual({
      printed: 4,
      feeds: 0,
      odd: false,
      semicolons: false,
    })
  })
})
