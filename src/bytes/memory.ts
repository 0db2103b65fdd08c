import { createHash } from 'node:crypto'
import { throwIfAborted } from '../errors.ts'
import { checkRange, copyBytes } from './range.ts'
import type { ByteSource, ReadOptions } from './types.ts'

/**
 * Bytes that are already here as a source; the caller no longer writes to them.
 *
 * @example memorySource('memory://tests/a.txt', new TextEncoder().encode('a\n'))
 */
export function memorySource(uri: string, bytes: Uint8Array, identity = contentIdentity(bytes)): ByteSource {
  return {
    uri,
    size: bytes.length,
    identity,
    async read(start: number, end: number, options: ReadOptions = {}) {
      checkRange(this, start, end)
      throwIfAborted(options.signal)
      return copyBytes(bytes, start, end)
    },
  }
}

function contentIdentity(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32)
}
