/**
 * How zlib is made to begin in the middle of a byte. `inflatePrime` is not reachable from node, and shifting
 * the whole source by some bits costs a pass over it. Instead zlib first gets empty deflate blocks whose
 * lengths add up to the wanted number of bits (mod 8); the source follows as it is.
 *
 * An empty block with fixed codes (RFC 1951, 3.2.6) is 10 bits long, which reaches the even numbers; an empty
 * one with dynamic codes (3.2.7) can be made 95 bits long, which gives the odd ones.
 */

/** The order in which lengths of the code length code are sent (RFC 1951, 3.2.7). */
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

function pushBits(bits: number[], value: number, count: number): void {
  for (let i = 0; i < count; i++) bits.push((value >>> i) & 1)
}

function emptyFixedBlock(bits: number[]): void {
  pushBits(bits, 0b01_0, 3)
  pushBits(bits, 0, 7)
}

function emptyDynamicBlock(bits: number[]): void {
  pushBits(bits, 0b10_0, 3)
  pushBits(bits, 0, 5) // 257 literal/length codes
  pushBits(bits, 0, 5) // 1 distance code
  pushBits(bits, 15, 4) // 19 code length codes: one more than needed, for an odd length
  // Symbol 18 gets the code 0, symbol 0 the code 10, symbol 1 the code 11.
  const lengths = new Map([
    [18, 1],
    [0, 2],
    [1, 2],
  ])
  for (const symbol of CODE_LENGTH_ORDER) pushBits(bits, lengths.get(symbol) ?? 0, 3)
  pushBits(bits, 0, 1)
  pushBits(bits, 138 - 11, 7) // 138 unused literals
  pushBits(bits, 0, 1)
  pushBits(bits, 118 - 11, 7) // 118 more
  pushBits(bits, 0b11, 2) // the end-of-block code is one bit long
  pushBits(bits, 0b01, 2) // no distance code
  pushBits(bits, 0, 1) // end of block
}

/**
 * Bytes to inflate in place of the byte `first`, of which the low `skip` bits (1…7) belong to something else:
 * they decode to nothing and end with the other bits of `first`.
 */
export function leadIn(skip: number, first: number): Uint8Array {
  const bits: number[] = []
  if (skip % 2 === 1) emptyDynamicBlock(bits)
  while (bits.length % 8 !== skip) emptyFixedBlock(bits)
  for (let i = skip; i < 8; i++) bits.push((first >>> i) & 1)
  const bytes = new Uint8Array(bits.length / 8)
  bits.forEach((bit, i) => {
    bytes[i >> 3]! |= bit << (i & 7)
  })
  return bytes
}
