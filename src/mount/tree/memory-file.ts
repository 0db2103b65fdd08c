/** Files whose bytes are in memory, or come there whole when they are first read. */

import type { OpenFile } from '../types.ts'

export function memoryFile(bytes: Uint8Array): OpenFile {
  return {
    size: bytes.length,
    read: async (target, start) => copyTo(target, bytes, start),
    close: async () => {},
  }
}

/** Copies from `start` on as far as there is something, and target is; gives the number of bytes. */
export function copyTo(target: Uint8Array, bytes: Uint8Array, start: number): number {
  const part = bytes.subarray(Math.min(start, bytes.length), Math.min(bytes.length, start + target.length))
  target.set(part)
  return part.length
}
