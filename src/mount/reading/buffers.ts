/** Memory for pieces, used again: 8 MiB of fresh pages cost as much time as the copy into them. */

const SMALLEST = 128 * 1024

/** What a piece of so many bytes costs: sizes are powers of two, so that one buffer serves another piece. */
export function sizeClass(bytes: number): number {
  return bytes <= SMALLEST ? SMALLEST : 2 ** Math.ceil(Math.log2(bytes))
}

export interface Buffers {
  allocate(bytes: number): ArrayBuffer
  /** Takes back what `allocate` gave and nobody writes to any more; other memory is left to the collector. */
  recycle(bytes: Uint8Array): void
}

/** Keeps at most `idleBytes` for later. */
export function createBuffers(idleBytes: number): Buffers {
  const free = new Map<number, ArrayBuffer[]>()
  const ours = new WeakSet<ArrayBufferLike>()
  let idle = 0
  return {
    allocate(bytes) {
      const size = sizeClass(bytes)
      const kept = free.get(size)?.pop()
      if (kept !== undefined) {
        idle -= size
        return kept
      }
      const made = Buffer.allocUnsafeSlow(size).buffer as ArrayBuffer
      ours.add(made)
      return made
    },
    recycle({ buffer }) {
      if (!ours.has(buffer)) return
      // Room for the size in use now: other sizes were of readers that have moved on.
      for (const list of free.values())
        while (idle + buffer.byteLength > idleBytes && list.length > 0) idle -= list.pop()!.byteLength
      if (idle + buffer.byteLength > idleBytes) return
      const list = free.get(buffer.byteLength) ?? []
      list.push(buffer as ArrayBuffer)
      free.set(buffer.byteLength, list)
      idle += buffer.byteLength
    },
  }
}
