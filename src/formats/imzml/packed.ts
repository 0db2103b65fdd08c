/** What windows are made of: numbers in few bytes, one behind the other. */

/** Integers up to 2^53 in size take one byte for each 6, then 7 bits. */
export class PackedWriter {
  #bytes = new Uint8Array(1024)
  #view = new DataView(this.#bytes.buffer)
  #length = 0

  take(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
  }

  /** From 0: seven bits a byte, the lowest first, the highest bit for "more". */
  natural(value: number): void {
    this.#reserve(10)
    let left = value
    while (left >= 128) {
      this.#bytes[this.#length++] = (left % 128) + 128
      left = Math.floor(left / 128)
    }
    this.#bytes[this.#length++] = left
  }

  /** The first byte holds the sign and six bits. Not zigzag, which doubles a number and so may pass 2^53. */
  integer(value: number): void {
    const size = Math.abs(value)
    const rest = Math.floor(size / 64)
    this.byte((rest > 0 ? 128 : 0) + (size % 64) * 2 + (value < 0 ? 1 : 0))
    if (rest > 0) this.natural(rest)
  }

  double(value: number): void {
    this.#reserve(8)
    this.#view.setFloat64(this.#length, value, true)
    this.#length += 8
  }

  text(value: string): void {
    const bytes = Buffer.from(value)
    this.natural(bytes.length)
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + bytes))
    larger.set(this.#bytes)
    this.#bytes = larger
    this.#view = new DataView(larger.buffer)
  }
}

/** Reads what a `PackedWriter` wrote, in the same order; a RangeError at its end. */
export class PackedReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  byte(): number {
    return this.#view.getUint8(this.#at++)
  }

  natural(): number {
    let value = 0
    let scale = 1
    for (;;) {
      const byte = this.byte()
      value += (byte & 127) * scale
      if (byte < 128) return value
      scale *= 128
    }
  }

  integer(): number {
    const first = this.byte()
    const size = ((first & 127) >> 1) + (first >= 128 ? this.natural() * 64 : 0)
    return (first & 1) === 1 ? -size : size
  }

  double(): number {
    this.#at += 8
    return this.#view.getFloat64(this.#at - 8, true)
  }

  text(): string {
    const length = this.natural()
    this.#at += length
    if (this.#at > this.#bytes.length) throw new RangeError('a text ends behind the window')
    const from = this.#bytes.byteOffset + this.#at - length
    return Buffer.from(this.#bytes.buffer, from, length).toString('utf8')
  }
}
