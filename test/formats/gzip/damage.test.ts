import { deflateRawSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { type Container, createDecoder } from '../../../src/formats/gzip/index.ts'
import { createBufferedInflate } from '../../../src/formats/gzip/inflate-buffered.ts'
import { AT_ONCE, block, decode, EOF_BLOCK, header, member, type Rhythm, text } from './helpers.ts'

const SMALL: Rhythm = { feeds: [7, 50], windows: [11, 200] }

interface Sample {
  readonly name: string
  readonly container: Container
  readonly parts: readonly { readonly raw: Buffer; readonly bytes: Buffer }[]
}

const named = header(4 | 8, Buffer.from([3, 0, 65, 66, 67]), Buffer.from('name\0'))
const words = text(400, 20, 5)
const stored = text(60, 200, 6)

const samples: Sample[] = [
  {
    name: 'gzip',
    container: 'gzip',
    parts: [
      { raw: words, bytes: member(words, deflateRawSync(words, { memLevel: 1 }), named) },
      { raw: Buffer.alloc(0), bytes: member(Buffer.alloc(0)) },
      { raw: stored, bytes: member(stored, deflateRawSync(stored, { level: 0 })) },
    ],
  },
  {
    name: 'bgzf',
    container: 'bgzf',
    parts: [
      { raw: words, bytes: block(words) },
      { raw: stored, bytes: block(stored) },
      { raw: Buffer.alloc(0), bytes: EOF_BLOCK },
    ],
  },
]

const ways = [
  ['at once', AT_ONCE, {}],
  ['in small pieces', SMALL, {}],
  ['making points', SMALL, { points: { floor: 20, share: 100 } }],
  ['by the fallback', SMALL, { createInflate: createBufferedInflate }],
] as const

describe.each(samples)('$name', ({ container, parts }) => {
  const whole = Buffer.concat(parts.map(({ bytes }) => bytes))
  const raw = Buffer.concat(parts.map((part) => part.raw))

  test.each(ways)('cut anywhere but between members, is refused (%s)', (_name, rhythm, options) => {
    const ends = new Map<number, number>()
    let source = 0
    let length = 0
    for (const part of parts) ends.set((source += part.bytes.length), (length += part.raw.length))
    for (let cut = 0; cut <= whole.length; cut++) {
      const result = decode(createDecoder(container, options), whole.subarray(0, cut), rhythm)
      expect(raw.subarray(0, result.raw.length).equals(result.raw)).toBe(true)
      if (ends.has(cut)) {
        expect(result.error).toBeUndefined()
        expect(result.raw.length).toBe(ends.get(cut))
      } else {
        expect(result.error, `cut at ${cut}`).toMatchObject({ code: 'invalid-data' })
      }
    }
  })

  test.each(ways)(
    'with any byte changed, is refused or gives the same bytes (%s)',
    (_name, rhythm, options) => {
      let refused = 0
      for (let at = 0; at < whole.length; at++) {
        for (const change of [0x01, 0x80, 0xff]) {
          const bytes = Buffer.from(whole)
          bytes[at]! ^= change
          const result = decode(createDecoder(container, options), bytes, rhythm)
          if (result.error === undefined) {
            expect(result.raw.equals(raw), `byte ${at} ^ ${change}`).toBe(true)
          } else {
            refused++
            expect(result.error, `byte ${at} ^ ${change}`).toMatchObject({ code: 'invalid-data' })
          }
        }
      }
      // Names, times, the flag "text" and the like make no difference; everything else does.
      expect(refused).toBeGreaterThan(whole.length * 3 * 0.8)
    },
  )
})
