/** Memory that reads are answered from, used again and again: fresh pages cost as much as the bytes they take. */

const SMALLEST = 128 * 1024
const KEPT = 32

export interface Targets {
  /** At least `length` bytes, with what they held before. */
  take(length: number): Buffer
  /** Takes memory back that `take` gave, or a part of it. */
  giveBack(bytes: Uint8Array): void
}

export function createTargets(): Targets {
  const free = new Map<number, Buffer[]>()
  const taken = new Map<ArrayBufferLike, Buffer>()
  return {
    take(length) {
      const size = Math.max(SMALLEST, 2 ** Math.ceil(Math.log2(length)))
      const buffer = free.get(size)?.pop() ?? Buffer.allocUnsafeSlow(size)
      taken.set(buffer.buffer, buffer)
      return buffer
    },
    giveBack(bytes) {
      const buffer = taken.get(bytes.buffer)
      if (buffer === undefined) return
      taken.delete(bytes.buffer)
      const kept = free.get(buffer.length) ?? []
      if (kept.length < KEPT) kept.push(buffer)
      free.set(buffer.length, kept)
    },
  }
}
