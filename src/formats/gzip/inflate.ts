/** What the decoders need from an inflater of raw deflate (RFC 1951), synchronous and resumable anywhere. */

/**
 * Why a run stopped: it wants input, room for output, it came to a block's or to the stream's end, or the
 * stream is damaged: a value, because the search for a block's first bit meets seven of them for each point.
 */
export type InflateStop = 'input' | 'output' | 'block' | 'end' | 'damaged'

/** `blocks`: stop at every block's end; `flush`: no more input is coming, give everything there is. */
export type InflateMode = 'run' | 'blocks' | 'flush'

export interface RawInflate {
  /** Whether mode `blocks` really stops at blocks. */
  readonly stopsAtBlocks: boolean
  /** Input bytes taken by the last run. */
  readonly consumed: number
  /** Output bytes written by the last run. */
  readonly written: number
  /** After `end`: bytes that earlier runs took although they lie behind the stream's end; usually empty. */
  readonly leftover: Uint8Array
  /** After `damaged`: zlib's complaint. */
  readonly complaint: string
  /**
   * Inflates input[inStart, inEnd) into out[outStart, outEnd). The end of the stream may show only when more
   * input is offered, because zlib reports what it took and wrote, not that it is done. After `damaged` only `reset`
   * and `close` are allowed; what was written before is lost.
   */
  run(
    mode: InflateMode,
    input: Uint8Array,
    inStart: number,
    inEnd: number,
    out: Uint8Array,
    outStart: number,
    outEnd: number,
  ): InflateStop
  /** Begins a new stream, with the same dictionary. */
  reset(): void
  /** Frees the native memory now, not at the next garbage collection. */
  close(): void
}

/** An inflater whose first back-references may reach into `dictionary` (at most 32,768 bytes). */
export type InflateFactory = (dictionary?: Uint8Array) => RawInflate
