import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { detectContainer } from '../../../src/formats/gzip/index.ts'
import { readMemberHeader } from '../../../src/formats/gzip/member-header.ts'
import { block, EOF_BLOCK, header, member } from './helpers.ts'

const read = (bytes: Uint8Array) => readMemberHeader('gzip', bytes, 0, bytes.length, 1000)

test.each([
  ['nothing', Buffer.alloc(0), 'plain'],
  ['text', Buffer.from('@read\nACGT\n'), 'plain'],
  ['one byte of the magic', Buffer.from([0x1f]), 'plain'],
  ['the magic with another method', Buffer.from([0x1f, 0x8b, 7, 0, 0, 0, 0, 0, 0, 0]), 'plain'],
  ['gzip', gzipSync('x'), 'gzip'],
  ['gzip cut inside its header', gzipSync('x').subarray(0, 5), 'gzip'],
  [
    'gzip with another extra field',
    member(Buffer.from('x'), undefined, header(4, Buffer.from([4, 0, 65, 66, 0, 0]))),
    'gzip',
  ],
  ['a BGZF block', block(Buffer.from('x')), 'bgzf'],
  ['an empty bgzf file', EOF_BLOCK, 'bgzf'],
  ['a BGZF block with another field first', block(Buffer.from('x'), Buffer.from([65, 66, 1, 0, 9])), 'bgzf'],
])('%s is %3$s', (_name, head, container) => {
  expect(detectContainer(head)).toBe(container)
})

test('a header is read only when all of it is there', () => {
  const head = header(4 | 8 | 16, Buffer.from([3, 0, 1, 2, 3]), Buffer.from('name\0comment\0'))
  for (let cut = 0; cut < head.length; cut++) expect(read(head.subarray(0, cut))).toBeUndefined()
  expect(read(Buffer.concat([head, Buffer.from('more')]))).toEqual({ length: head.length })
})

test('what is wrong with a header is said with its place', () => {
  expect(() => read(Buffer.from('PK\x03\x04'))).toThrow(
    "gzip: found 50 4b 03, expected a member's header 1f 8b 08 (byte 1000)",
  )
  expect(() => read(header(0x20))).toThrow('reserved flags set (32), expected none (byte 1003)')
  const head = Buffer.concat([header(2), Buffer.from([0, 0])])
  expect(() => read(head)).toThrow(/member header has CRC16 \d+, expected 0 \(byte 1010\)/)
})

test('a name without an end is not gathered for ever', () => {
  const head = Buffer.concat([header(8), Buffer.alloc(2 << 20, 65)])
  expect(() => read(head)).toThrow('member header is longer than 1048576 bytes')
})
