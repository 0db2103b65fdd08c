/** How compressed bytes become decompressed ones, pull by pull, without a stream in between. */

export type Container = 'plain' | 'gzip' | 'bgzf'

/**
 * Somewhere in a file that decoding can start from. In `gzip`: a deflate block's first bit, with the 32 KiB
 * before it. In `bgzf`: a block's header, bits 0, no window. In `plain`: any byte.
 */
export interface AccessPoint {
  /** Offset in the file of the byte that holds the block's first bit. */
  readonly source: number
  /** How many low bits of that byte belong to the block before: 0…7. */
  readonly bits: number
  /** Decompressed offset of the block's first byte. */
  readonly raw: number
  /** The decompressed bytes before `raw`, at most 32,768, deflated (raw deflate); empty where none are needed. */
  readonly window: Uint8Array
}

export interface RawDecoder {
  /** Gives the next source bytes; only after `read` returned 0. `final` when the source ends with them. */
  feed(input: Uint8Array, final: boolean): void
  /**
   * Decodes into out[start, end) and returns how many bytes it wrote. 0 means that it wants more input,
   * or, when `done`, that there is nothing more. Throws `invalid-data` with the source offset for anything that is
   * not the container it should be (bad header, bad block, CRC or length mismatch, truncation, trailing garbage).
   */
  read(out: Uint8Array, start: number, end: number): number
  readonly done: boolean
  /** Decompressed offset of the next byte that `read` will write. */
  readonly rawOffset: number
  /** Source bytes needed for everything written so far, rounded up to whole bytes. */
  readonly sourceOffset: number
  /** Access points passed since the last call, in order; [] for decoders that make none. */
  takePoints(): AccessPoint[]
}
