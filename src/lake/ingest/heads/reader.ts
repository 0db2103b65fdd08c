/** Reading a file's head: ranges of it, remembered, and never more of them than a head is worth. */

import { readExactly } from '../../../bytes/index.ts'
import type { ByteSource } from '../../../bytes/types.ts'

/** First read of every file: the head of nearly all formats in one request. */
export const FIRST_BYTES = 64 * 1024

/** The longest stretch of a file's beginning that a decoder may ask for. */
export const HEAD_BYTES = 1024 * 1024

/** Bytes and requests beyond the first read that one file may cost. */
const BUDGET = { bytes: HEAD_BYTES, reads: 16 }

/** Bytes taken along with a small range, because the next one is mostly near. */
const AHEAD = 16 * 1024

/** The head is not what its format says it should be, or asks for too much: recorded, not fatal. */
export class HeadError extends Error {
  override readonly name = 'HeadError'
}

export interface HeadReader {
  readonly path: string
  readonly size: number
  /** The first `length` bytes, fewer when the file is shorter. */
  first(length: number): Promise<Uint8Array>
  /** Exactly [start, end); a HeadError when that leaves the file or the budget. */
  range(start: number, end: number): Promise<Uint8Array>
  /** Sets what may be fetched from now on. */
  budget(bytes: number, reads: number): void
  /** What a read of the source failed with. Decoders in libraries may wrap or lose it, so it is kept here. */
  readonly failure: { readonly error: unknown } | undefined
}

interface Chunk {
  readonly start: number
  readonly bytes: Uint8Array
}

export function openHead(
  path: string,
  source: ByteSource,
  options: { readonly signal?: AbortSignal | undefined; readonly head?: Uint8Array | undefined },
): HeadReader {
  const { size } = source
  const { signal } = options
  let head = options.head?.subarray(0, size) ?? new Uint8Array(0)
  let bytesLeft = FIRST_BYTES + BUDGET.bytes
  let readsLeft = 1 + BUDGET.reads
  let failure: { error: unknown } | undefined
  const chunks: Chunk[] = []

  const fetch = async (start: number, end: number): Promise<Uint8Array> => {
    if (readsLeft < 1 || end - start > bytesLeft)
      throw new HeadError(
        `its header is spread over too much of it: bytes [${start}, ${end}) are beyond what is read`,
      )
    readsLeft--
    bytesLeft -= end - start
    try {
      return await readExactly(source, start, end, { signal })
    } catch (error) {
      failure = { error }
      throw error
    }
  }

  return {
    path,
    size,
    async first(length) {
      const end = Math.min(length, size)
      if (end > head.length) {
        const rest = await fetch(head.length, end)
        const longer = new Uint8Array(end)
        longer.set(head)
        longer.set(rest, head.length)
        head = longer
      }
      return head.subarray(0, end)
    },
    async range(start, end) {
      if (!(start >= 0 && start <= end && end <= size))
        throw new HeadError(`its header points at bytes [${start}, ${end}), the file has ${size}`)
      if (end <= head.length) return head.subarray(start, end)
      let chunk = chunks.find((known) => known.start <= start && end <= known.start + known.bytes.length)
      if (chunk === undefined) {
        const ahead = Math.min(size, start + AHEAD, start + bytesLeft)
        chunk = { start, bytes: await fetch(start, Math.max(end, ahead)) }
        chunks.push(chunk)
      }
      return chunk.bytes.subarray(start - chunk.start, end - chunk.start)
    },
    budget(bytes, reads) {
      bytesLeft = bytes
      readsLeft = reads
    },
    get failure() {
      return failure
    },
  }
}
