/** The decompressed bytes of one BGZF block, given away only when all of them were found to be right. */

/** SAM spec, 4.1: what a block holds at most; one more lets its end show without another look. */
export const BLOCK_ROOM = 64 * 1024 + 1

export class HeldBlock {
  bytes = new Uint8Array(BLOCK_ROOM)
  /** Bytes that were decoded. */
  made = 0
  #given = 0
  #isChecked = false

  /** Makes room for more of the block: some other tool may have written one that holds more than it should. */
  makeRoom(): void {
    if (this.made === this.bytes.length) this.#grow()
  }

  #grow(): void {
    const larger = new Uint8Array(2 * this.bytes.length)
    larger.set(this.bytes)
    this.bytes = larger
  }

  /** Takes over the block's first bytes, out[start, end), which were decoded elsewhere and are not all of it. */
  take(out: Uint8Array, start: number, end: number): void {
    while (this.bytes.length < end - start) this.#grow()
    this.bytes.set(out.subarray(start, end))
    this.made = end - start
  }

  /** The block is whole and right: its bytes may go. */
  pass(): void {
    this.#isChecked = true
  }

  /** Writes checked bytes into out[start, end); 0 when there are none. */
  deliver(out: Uint8Array, start: number, end: number): number {
    if (!this.#isChecked) return 0
    const to = Math.min(this.made, this.#given + end - start)
    const length = to - this.#given
    out.set(this.bytes.subarray(this.#given, to), start)
    this.#given = to
    if (to === this.made) {
      this.made = this.#given = 0
      this.#isChecked = false
    }
    return length
  }
}
