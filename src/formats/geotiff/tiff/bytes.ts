/** The source as a TIFF's directories are read from it: small pieces here and there, each one checked. */

import type { ByteSource } from '../../../bytes/types.ts'
import { VarveError } from '../../../errors.ts'

/** Directories and what they point at mostly stand together: one request for several. */
const CHUNK = 32 * 1024

export class TiffBytes {
  #chunk: Uint8Array = new Uint8Array(0)
  #start = 0

  constructor(
    readonly source: ByteSource,
    readonly signal: AbortSignal | undefined,
  ) {}

  /** Bytes [start, start + length); `invalid-data` when the file has no such bytes. */
  async read(start: number, length: number, what: string): Promise<DataView> {
    const { source, signal } = this
    const end = start + length
    if (!(start >= 0 && end <= source.size)) {
      const message = `geotiff: ${what} stands at bytes ${start} to ${end}, but the file has ${source.size}`
      throw new VarveError('invalid-data', message, { byte: start })
    }
    if (start < this.#start || end > this.#start + this.#chunk.length) {
      const chunkEnd = Math.min(source.size, start + Math.max(length, CHUNK))
      this.#chunk = await source.read(start, chunkEnd, { signal })
      this.#start = start
    }
    const { buffer, byteOffset } = this.#chunk
    return new DataView(buffer, byteOffset + start - this.#start, length)
  }
}
