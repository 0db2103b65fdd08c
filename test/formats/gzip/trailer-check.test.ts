import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createDecoder, TrailerCheck } from '../../../src/formats/gzip/index.ts'

/** Decodes with the checksums left to a TrailerCheck that gets bytes and trailers as a relay sends them. */
function decodeApart(file: Uint8Array, chunk: number): Buffer {
  const decoder = createDecoder('gzip', { trailers: true })
  const check = new TrailerCheck()
  const parts: Buffer[] = []
  let fed = false
  while (!decoder.done) {
    const out = new Uint8Array(chunk)
    const wrote = decoder.read(out, 0, chunk)
    const trailers = decoder.takeTrailers()
    check.add(trailers)
    check.push(out, 0, wrote)
    parts.push(Buffer.from(out.subarray(0, wrote)))
    if (wrote === 0 && !decoder.done && !fed) {
      decoder.feed(file, true)
      fed = true
    }
  }
  return Buffer.concat(parts)
}

describe('a trailer check apart from the decoder', () => {
  it('accepts what the decoder would accept, however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 3000 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 5000 }),
        (members, chunk) => {
          const file = Buffer.concat(members.map((member) => gzipSync(member)))
          expect(decodeApart(file, chunk).equals(Buffer.concat(members))).toBe(true)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('refuses a wrong CRC and a wrong length in any member', () => {
    const members = ['first member', '', 'the second one', 'and the last'].map((text) => gzipSync(text))
    members.forEach((member, i) => {
      for (const back of [8, 5, 4, 1]) {
        const damaged = Buffer.from(member)
        damaged[member.length - back]! ^= 1
        const file = Buffer.concat(members.map((one, k) => (k === i ? damaged : one)))
        expect(() => decodeApart(file, 7)).toThrow(/gzip: decompressed (bytes have CRC32|length is)/)
      }
    })
  })
})
