import type { Points } from '../points.ts'

/** Decodes one chunk of compressed points after another. */
export interface ChunkDecoder {
  /** The chunk that begins at `start`; no byte behind the end of `bytes` is its own. */
  open(bytes: Uint8Array, start: number): void
  /**
   * The chunk's next points, as points [0, count). `placed` is called when x and y are known: nothing else is wanted
   * of the point that it names, nor of any later one of the chunk.
   */
  decode(points: Points, count: number, placed: () => number): void
  /** Where the chunk ends, when all of its points were decoded. */
  readonly position: number
  /** More was decoded than the bytes can hold: what came out of them is nothing. */
  readonly overrun: boolean
}
