/** Small files that tests make for themselves; the same bytes every time. */

import { createCipheriv } from 'node:crypto'
import { gzipSync } from 'node:zlib'

/** Mulberry32: a seeded generator of numbers in [0, 1). */
export function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

function letters(next: () => number, alphabet: string, length: number): string {
  let text = ''
  for (let i = 0; i < length; i++) text += alphabet[Math.floor(next() * alphabet.length)]
  return text
}

/** `count` FASTQ records of `length` bases, named r0, r1, …, as their records. */
export function fastqRecords(count: number, length = 60, seed = 1): string[] {
  const next = random(seed)
  return Array.from(
    { length: count },
    (_, i) =>
      `@r${i} lane:${i % 4}\n${letters(next, 'ACGT', length)}\n+\n${letters(next, 'FFFFFFFF:,#', length)}\n`,
  )
}

export const fastqText = (count: number, length?: number, seed?: number): string =>
  fastqRecords(count, length, seed).join('')

/** A table of id, name and score; row i has the id i. */
export function csvText(rows: number): string {
  let text = 'id,name,score\n'
  for (let i = 0; i < rows; i++) text += `${i},name ${i % 7},${i / 4}\n`
  return text
}

/** Blocks of at most `size` raw bytes, each with its BGZF header, and the empty block at the end (SAM spec 4.1). */
export function bgzf(raw: Uint8Array, size = 0xff00): Buffer {
  const blocks: Buffer[] = []
  for (let at = 0; at < raw.length; at += size) blocks.push(block(raw.subarray(at, at + size)))
  return Buffer.concat([...blocks, block(new Uint8Array(0))])
}

function block(raw: Uint8Array): Buffer {
  const member = gzipSync(raw)
  const extra = Buffer.from([6, 0, 0x42, 0x43, 2, 0, 0, 0])
  const head = Buffer.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff])
  const made = Buffer.concat([head, extra, member.subarray(10)])
  made.writeUInt16LE(made.length - 1, 16)
  return made
}

/** Bytes that look random and are the same every time, as fast as the machine makes them. */
function noise(bytes: number, seed: number): Buffer {
  const iv = Buffer.alloc(16)
  iv.writeUInt32BE(seed)
  return createCipheriv('aes-128-ctr', Buffer.alloc(16, 1), iv).update(Buffer.alloc(bytes))
}

/** A FASTQ text of `count` records of 150 bases, as one buffer: some MB in well under a second. */
export function largeFastq(count: number, seed = 1): Buffer {
  const length = 150
  const bits = noise(count * length, seed)
  const bases = Buffer.from('ACGT')
  const qualities = Buffer.from('FFFFFFFFFFFF:,#F')
  const out = Buffer.allocUnsafe(count * (2 * length + 40))
  let at = 0
  for (let i = 0, from = 0; i < count; i++, from += length) {
    at += out.write(`@r${i} lane:${i % 4}\n`, at, 'latin1')
    for (let j = 0; j < length; j++) out[at++] = bases[bits[from + j]! & 3]!
    at += out.write('\n+\n', at, 'latin1')
    for (let j = 0; j < length; j++) out[at++] = qualities[bits[from + j]! >> 4]!
    out[at++] = 10
  }
  return out.subarray(0, at)
}
