/** The bytes of an index that another tool left beside a file: read whole, decompressed, bounded. */

import type { ByteSource } from '../../bytes/types.ts'
import { VarveError } from '../../errors.ts'
import { createDecoder, detectContainer } from '../gzip/index.ts'

/** Larger ones are not for reading in one go; a human genome's has 2 MB. */
const MOST_BYTES = 256 << 20
const STEP = 1 << 20

/** All of an index file, decompressed where it is compressed. */
export async function readIndexBytes(
  source: ByteSource,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  if (source.size > MOST_BYTES) throw tooLarge(source, source.size)
  const bytes = await source.read(0, source.size, { signal })
  const container = detectContainer(bytes)
  if (container === 'plain') return bytes
  const decoder = createDecoder(container)
  const parts: Uint8Array[] = []
  let size = 0
  decoder.feed(bytes, true)
  while (!decoder.done) {
    const out = new Uint8Array(STEP)
    const wrote = decoder.read(out, 0, STEP)
    if (wrote > 0) parts.push(out.subarray(0, wrote))
    else if (!decoder.done) decoder.feed(new Uint8Array(0), true)
    size += wrote
    if (size > MOST_BYTES) throw tooLarge(source, size)
  }
  return Buffer.concat(parts)
}

function tooLarge({ uri }: ByteSource, size: number): VarveError {
  const message = `index of ${size} bytes or more, expected at most ${MOST_BYTES} (${uri})`
  return new VarveError('invalid-data', message, { uri })
}

/** Little-endian numbers one behind the other; reading past the end is `invalid-data`. */
export class IndexCursor {
  at = 0
  readonly #view: DataView

  constructor(
    readonly bytes: Uint8Array,
    readonly uri: string,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  #take(count: number, what: string): number {
    const { at } = this
    if (count > this.bytes.length - at) {
      throw this.wrong(
        `ends in ${what}, which needs ${count} bytes of the ${this.bytes.length - at} that are left`,
      )
    }
    this.at += count
    return at
  }

  int32(what: string): number {
    return this.#view.getInt32(this.#take(4, what), true)
  }

  uint32(what: string): number {
    return this.#view.getUint32(this.#take(4, what), true)
  }

  /** A virtual file offset: the block's place in the file, and the byte in the block. */
  offset(what: string): VirtualOffset {
    const value = this.#view.getBigUint64(this.#take(8, what), true)
    return { block: Number(value >> 16n), within: Number(value & 0xffffn) }
  }

  /** How many things of `size` bytes at least follow; never more than the bytes can hold. */
  count(size: number, what: string): number {
    const count = this.int32(what)
    if (count >= 0 && count * size <= this.bytes.length - this.at) return count
    throw this.wrong(
      `says ${count} ${what}, of which ${this.bytes.length - this.at} bytes cannot hold so many`,
    )
  }

  take(count: number, what: string): Uint8Array {
    const at = this.#take(count, what)
    return this.bytes.subarray(at, at + count)
  }

  wrong(what: string): VarveError {
    const message = `index ${what} (${this.uri} @ decompressed byte ${this.at})`
    return new VarveError('invalid-data', message, { uri: this.uri, byte: this.at })
  }
}

export interface VirtualOffset {
  readonly block: number
  readonly within: number
}

export function compareOffsets(a: VirtualOffset, b: VirtualOffset): number {
  return a.block - b.block || a.within - b.within
}
