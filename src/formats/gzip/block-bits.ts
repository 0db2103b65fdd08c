/**
 * At which bit of a byte a deflate block begins. zlib knows, but node does not hand it through; so every one
 * of the eight possible beginnings is inflated and compared with what the stream itself yields.
 */

import type { RawInflate } from './inflate.ts'
import { createInflate } from './inflate-handle.ts'
import { leadIn } from './lead-in.ts'

/**
 * Where the block that follows bytes[at - 1], the last byte touched so far, begins: 0 for bytes[at] itself,
 * 1…7 for that bit of bytes[at - 1]; -1 when it cannot be told. `expected` is what follows, and bytes up to
 * `end` suffice to inflate that much, so that the true beginning always passes: alone, it is certain.
 */
export function findBlockBits(
  window: Uint8Array,
  bytes: Uint8Array,
  at: number,
  end: number,
  expected: Uint8Array,
): number {
  const inflate = createInflate(window)
  const passed: number[] = []
  try {
    for (let bits = 0; bits < 8; bits++) {
      if (yields(inflate, bits, bytes, at, end, expected)) passed.push(bits)
      inflate.reset()
    }
  } finally {
    inflate.close()
  }
  if (passed.length > 1 && new Set(passed.map((bits) => storedBlock(bits, bytes, at))).size > 1) return -1
  return passed[0] ?? -1
}

function yields(
  inflate: RawInflate,
  bits: number,
  bytes: Uint8Array,
  at: number,
  end: number,
  expected: Uint8Array,
): boolean {
  const out = new Uint8Array(expected.length)
  if (bits > 0) {
    const lead = leadIn(bits, bytes[at - 1]!)
    if (inflate.run('run', lead, 0, lead.length, out, 0, out.length) === 'damaged') return false
  }
  if (inflate.run('run', bytes, at, end, out, 0, out.length) === 'damaged') return false
  return inflate.written === out.length && Buffer.compare(out, expected) === 0
}

/**
 * A stored block fills up its byte before its length follows, so several beginnings may mean the same one:
 * same text for the same block. A block that is not stored gets a text of its own.
 */
function storedBlock(bits: number, bytes: Uint8Array, at: number): string {
  const from = bits === 0 ? 8 : bits
  const header = ((bytes[at - 1]! | ((bytes[at] ?? 0) << 8)) >>> from) & 7
  if (header >> 1 !== 0) return `not stored: ${bits}`
  return `last ${header & 1}, length at ${(from + 3 + 7) >> 3}`
}
