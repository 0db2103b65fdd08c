/** Huffman codes of JPEG (ITU-T T.81, Annex C and F.2.2.3), and the bits that they are read from. */

import { VarveError } from '../../../errors.ts'

export const LOOK = 9

export class HuffmanTable {
  /** By the next 9 bits: length << 8 | symbol, 0 where the code is longer. */
  readonly look = new Uint16Array(1 << LOOK)
  /** Of each length: its largest code, -1 for none, and what to add to a code for its symbol's place. */
  readonly maxCode = new Int32Array(18).fill(-1)
  readonly offset = new Int32Array(17)
  readonly symbols: Uint8Array

  constructor(counts: Uint8Array, symbols: Uint8Array) {
    this.symbols = symbols
    let code = 0
    let at = 0
    for (let length = 1; length <= 16; length++) {
      const count = counts[length - 1]!
      if (code + count > 1 << length)
        throw new VarveError('invalid-data', `geotiff: a JPEG table has too many codes of ${length} bits`)
      this.offset[length] = at - code
      for (let i = 0; i < count; i++, at++, code++) {
        if (length > LOOK) continue
        const first = code << (LOOK - length)
        this.look.fill((length << 8) | symbols[at]!, first, first + (1 << (LOOK - length)))
      }
      if (count > 0) this.maxCode[length] = code - 1
      code <<= 1
    }
  }
}

/** More zero bits than a decoder looks ahead: the data was over before the image was. */
const MOST_MISSING = 8

/** Bits of entropy-coded data, up to the next marker. */
export class BitReader {
  #bits = 0
  #held = 0
  #missing = 0

  constructor(
    readonly bytes: Uint8Array,
    public at: number,
  ) {}

  /** `n` up to 16. */
  receive(n: number): number {
    if (n === 0) return 0
    if (this.#held < n) this.#fill()
    this.#held -= n
    return (this.#bits >>> this.#held) & ((1 << n) - 1)
  }

  /** A value of `n` bits with its sign (F.2.2.1). */
  extend(n: number): number {
    const value = this.receive(n)
    return n > 0 && value < 1 << (n - 1) ? value - (1 << n) + 1 : value
  }

  symbol(table: HuffmanTable): number {
    if (this.#held < 16) this.#fill()
    const found = table.look[(this.#bits >>> (this.#held - LOOK)) & ((1 << LOOK) - 1)]!
    if (found !== 0) {
      this.#held -= found >> 8
      return found & 255
    }
    for (let length = LOOK + 1; length <= 16; length++) {
      const code = (this.#bits >>> (this.#held - length)) & ((1 << length) - 1)
      if (code > table.maxCode[length]!) continue
      this.#held -= length
      return table.symbols[table.offset[length]! + code] ?? 0
    }
    throw new VarveError('invalid-data', `geotiff: no JPEG code begins before byte ${this.at} of the tile`)
  }

  /** Keeps 17 to 24 bits; zeros after the end of the data. */
  #fill(): void {
    const { bytes } = this
    while (this.#held <= 16) {
      let byte = 0
      if (this.at >= bytes.length || (bytes[this.at] === 0xff && bytes[this.at + 1] !== 0)) {
        if (++this.#missing > MOST_MISSING) {
          const message = `geotiff: the JPEG data ends at byte ${this.at} of the tile, before the image does`
          throw new VarveError('invalid-data', message)
        }
      } else {
        byte = bytes[this.at++]!
        if (byte === 0xff) this.at++
      }
      this.#bits = ((this.#bits << 8) | byte) & 0xff_ffff
      this.#held += 8
    }
  }

  /** Goes behind the next restart marker, which must be there. */
  restart(): void {
    this.#held = 0
    this.#missing = 0
    const { bytes } = this
    while (this.at + 1 < bytes.length) {
      const marker = bytes[this.at + 1]!
      if (bytes[this.at] === 0xff && marker >= 0xd0 && marker <= 0xd7) {
        this.at += 2
        return
      }
      this.at++
    }
    throw new VarveError('invalid-data', `geotiff: a JPEG restart marker is missing at the tile's end`)
  }
}
