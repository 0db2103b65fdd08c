/** Buffers that batches gave back: fresh memory costs a page fault for every 4 KiB. */

const MOST_BYTES = 64 << 20
const SMALLEST = 4096

export class BufferPool {
  readonly #free = new Map<number, ArrayBuffer[]>()
  #bytes = 0

  /** A buffer of at least this many bytes; its content is anything. */
  take(bytes: number): ArrayBuffer {
    const size = sizeClass(bytes)
    const buffer = this.#free.get(size)?.pop()
    if (buffer === undefined) return new ArrayBuffer(size)
    this.#bytes -= size
    return buffer
  }

  /** Takes buffers back; those that came from elsewhere, or are too many, are left to the garbage collector. */
  give(buffers: readonly ArrayBuffer[]): void {
    for (const buffer of buffers) {
      const size = buffer.byteLength
      if (size < SMALLEST || size !== sizeClass(size) || this.#bytes + size > MOST_BYTES) continue
      const same = this.#free.get(size)
      if (same === undefined) this.#free.set(size, [buffer])
      else same.push(buffer)
      this.#bytes += size
    }
  }
}

/** Powers of two, so that what one batch gave back fits the next. */
function sizeClass(bytes: number): number {
  return Math.max(SMALLEST, 2 ** Math.ceil(Math.log2(bytes)))
}
