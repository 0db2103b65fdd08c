import { throwIfAborted } from '../errors.ts'
import { allocate, checkRange, copyBytes, readExactly } from './range.ts'
import type { ByteSource } from './types.ts'

/** A source whose first bytes are already here: reads inside them cost nothing, reads beyond fetch only the rest. */
export function withHead(source: ByteSource, head: Uint8Array): ByteSource {
  if (head.length === 0) return source
  let isKept = true
  return {
    uri: source.uri,
    size: source.size,
    identity: source.identity,
    async read(start, end, options = {}) {
      checkRange(source, start, end)
      throwIfAborted(options.signal)
      if (!isKept) return readExactly(source, start, end, options)
      if (end <= head.length) return copyBytes(head, start, end, options)
      if (start === end) return new Uint8Array(0)
      if (start >= head.length) return readExactly(source, start, end, options)
      const bytes = allocate(end - start, options)
      bytes.set(head.subarray(start))
      const { signal } = options
      bytes.set(await readExactly(source, head.length, end, { signal }), head.length - start)
      return bytes
    },
    async forget() {
      isKept = false
      await source.forget?.()
    },
    close: async () => source.close?.(),
  }
}
