import { VarveError } from '../errors.ts'
import type { ByteSource, ReadOptions } from './types.ts'

/** Throws `invalid-input` unless [start, end) is a range of whole bytes inside [0, size]. */
export function checkRange(source: { uri: string; size: number }, start: number, end: number): void {
  const { uri, size } = source
  if (Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start <= end && end <= size)
    return
  throw new VarveError('invalid-input', `bytes [${start}, ${end}) leave [0, ${size}] of ${uri}`, {
    uri,
    start,
    end,
    size,
  })
}

/**
 * A read whose length is checked, so that no wrapper builds on a short one.
 * Throws `unavailable` when it is not end - start bytes long.
 */
export async function readExactly(
  source: ByteSource,
  start: number,
  end: number,
  options?: ReadOptions,
): Promise<Uint8Array> {
  const bytes = await source.read(start, end, options)
  if (bytes.length === end - start) return bytes
  const { uri } = source
  const [got, expected] = [bytes.length, end - start]
  throw new VarveError(
    'unavailable',
    `${uri} gave ${got} bytes, expected ${expected} for [${start}, ${end})`,
    {
      uri,
      start,
      end,
      got,
    },
  )
}

/** `length` uninitialised bytes that own their whole ArrayBuffer, so they can be moved to another thread. */
export function allocate(length: number, options?: ReadOptions): Uint8Array<ArrayBuffer> {
  if (options?.allocate !== undefined) return new Uint8Array(options.allocate(length), 0, length)
  // Slow means unpooled; a zeroed array would cost a pass over memory that is overwritten anyway.
  return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer as ArrayBuffer, 0, length)
}

/**
 * The bytes [start, end) as an array of their own. Not `slice`: on a Buffer, which callers pass as the Uint8Array that
 * it is, that is a view of the same memory.
 */
export function copyBytes(
  bytes: Uint8Array,
  start = 0,
  end = bytes.length,
  options?: ReadOptions,
): Uint8Array<ArrayBuffer> {
  const copy = allocate(end - start, options)
  copy.set(bytes.subarray(start, end))
  return copy
}
