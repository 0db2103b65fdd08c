import { deflateRawSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { createBufferedInflate } from '../../../src/formats/gzip/inflate-buffered.ts'
import { createInflate, inflatePath } from '../../../src/formats/gzip/inflate-handle.ts'
import { leadIn } from '../../../src/formats/gzip/lead-in.ts'
import { text } from './helpers.ts'

test(`node ${process.version} inflates by its native handle`, () => {
  // When this fails after an update of node, everything still works, slower: see inflate-handle.ts.
  expect(inflatePath()).toBe('native handle')
})

describe.each([
  ['native handle', createInflate],
  ['public API', createBufferedInflate],
])('%s', (_name, create) => {
  const raw = text(200_000, 20, 7)

  test('goes on where input or room ran out, and stops at the end of the stream', () => {
    const input = Buffer.concat([deflateRawSync(raw), Buffer.from('trailer')])
    const inflate = create()
    const out = Buffer.alloc(raw.length)
    let at = 0
    let made = 0
    for (;;) {
      const until = Math.min(input.length, at + 5000)
      const mode = until === input.length ? 'flush' : 'run'
      const stop = inflate.run(mode, input, at, until, out, made, Math.min(out.length, made + 3000))
      at += inflate.consumed
      made += inflate.written
      if (stop === 'end' || made === raw.length) break
    }
    const one = Buffer.alloc(1)
    while (inflate.run('flush', input, at, input.length, one, 0, 1) !== 'end') at += inflate.consumed
    at -= inflate.leftover.length
    expect(input.subarray(at).toString()).toBe('trailer')
    expect(out.equals(raw)).toBe(true)
    inflate.close()
  })

  test('reset begins a new stream with the same dictionary, also after damage', () => {
    const dictionary = raw.subarray(0, 30_000)
    const deflated = deflateRawSync(raw.subarray(30_000, 40_000), { dictionary })
    const inflate = create(dictionary)
    const out = Buffer.alloc(10_000)
    for (let round = 0; round < 3; round++) {
      inflate.run('flush', deflated, 0, deflated.length, out, 0, out.length)
      expect(inflate.written).toBe(10_000)
      expect(out.equals(raw.subarray(30_000, 40_000))).toBe(true)
      out.fill(0)
      inflate.reset()
      expect(inflate.run('flush', Buffer.from([0xff, 0xff]), 0, 2, out, 0, 10)).toBe('damaged')
      expect(inflate.complaint).toBe('invalid block type')
      inflate.reset()
    }
    inflate.close()
  })

  test('takes no input and gives no output without complaint', () => {
    const inflate = create()
    expect(inflate.run('run', new Uint8Array(0), 0, 0, Buffer.alloc(4), 0, 4)).toBe('input')
    expect([inflate.consumed, inflate.written]).toEqual([0, 0])
    inflate.close()
  })

  test.each([1, 2, 3, 4, 5, 6, 7])('a lead-in of %i bits decodes to nothing', (skip) => {
    const deflated = deflateRawSync(raw)
    // The stream shifted by `skip` bits, with ones below it.
    const shifted = Buffer.alloc(deflated.length + 1)
    shifted[0] = (1 << skip) - 1
    deflated.forEach((byte, i) => {
      shifted[i]! |= (byte << skip) & 255
      shifted[i + 1]! |= byte >> (8 - skip)
    })
    const inflate = create()
    const out = Buffer.alloc(raw.length)
    const lead = leadIn(skip, shifted[0]!)
    expect(inflate.run('run', lead, 0, lead.length, out, 0, out.length)).toBe('input')
    expect(inflate.written).toBe(0)
    inflate.run('flush', shifted, 1, shifted.length, out, 0, out.length)
    expect(out.equals(raw)).toBe(true)
    inflate.close()
  })
})

test('closed inflaters give their memory back', () => {
  const deflated = deflateRawSync(text(40_000, 4, 1))
  const out = Buffer.alloc(40_000)
  const round = (count: number) => {
    for (let i = 0; i < count; i++) {
      const inflate = createInflate(out.subarray(0, 100))
      inflate.run('run', deflated, 0, deflated.length, out, 0, out.length)
      inflate.close()
    }
    return process.memoryUsage().rss
  }
  const before = round(500)
  // 3,000 unclosed ones would hold more than 120 MB.
  expect(round(3000) - before).toBeLessThan(60e6)
})

test('a place that is not there is refused: node itself would end the process', () => {
  const inflate = createInflate()
  const [input, out] = [new Uint8Array(4), new Uint8Array(4)]
  for (const [from, to, at, end] of [
    [2, 1, 0, 4],
    [0, 5, 0, 4],
    [0, 4, 3, 2],
    [0, 4, 0, 5],
  ] as const)
    expect(() => inflate.run('run', input, from, to, out, at, end)).toThrow('is not there')
  inflate.close()
})
