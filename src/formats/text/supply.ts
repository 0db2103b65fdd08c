/** Decompressed bytes for a piece of work: which decoder, fed from where. */

import type { ByteSource } from '../../bytes/types.ts'
import type { Trailer } from '../gzip/index.ts'
import { type ClosableDecoder, createDecoder, resumeDecoder } from '../gzip/index.ts'
import { DEFAULT_SPACING } from '../gzip/point-finder.ts'
import type { AccessPoint } from '../gzip/types.ts'
import type { Layout, Piece, ReadHooks, Run } from '../types.ts'
import { cutBgzf } from './bgzf-piece.ts'
import { Input } from './input.ts'
import type { RawSupply } from './window.ts'

const NOTHING = new Uint8Array(0)
const NO_WINDOW = NOTHING
/** Of bgzf, compressed: SAM spec, 4.1. */
const LARGEST_BLOCK = 64 * 1024
/** The largest request of a run. */
const LARGEST_PART = 64 << 20

/** A decoder in this thread, and its input. */
export class LocalSupply implements RawSupply {
  readonly #decoder: ClosableDecoder
  readonly #input: Input
  readonly #onProgress: ((bytes: number) => void) | undefined
  pieceEnd: number | undefined

  constructor(decoder: ClosableDecoder, input: Input, onProgress?: (bytes: number) => void) {
    this.#decoder = decoder
    this.#input = input
    this.#onProgress = onProgress
  }

  read(out: Uint8Array, start: number, end: number): number {
    return this.#decoder.read(out, start, end)
  }

  async more(): Promise<void> {
    const behind = this.#input.exhausted
    // Everything fed so far was read, or nobody would ask for more.
    if (behind) this.pieceEnd ??= this.#decoder.rawOffset
    // The decoder lets go of what it has read: another task may get that memory while the next part is awaited.
    this.#decoder.feed(NOTHING, false)
    const part = await this.#input.next()
    this.#decoder.feed(part.bytes, part.last)
    if (!behind) this.#onProgress?.(part.bytes.length)
  }

  get done(): boolean {
    return this.#decoder.done
  }

  get exhausted(): boolean {
    return this.#input.exhausted
  }

  get rawOffset(): number {
    return this.#decoder.rawOffset
  }

  get sourceOffset(): number {
    return this.#decoder.sourceOffset
  }

  takePoints(): AccessPoint[] {
    return this.#decoder.takePoints()
  }

  takeTrailers(): Trailer[] {
    return this.#decoder.takeTrailers()
  }

  close(): void {
    this.#decoder.close()
    this.#input.close()
  }
}

export function supplyRun(source: ByteSource, layout: Layout, run: Run, hooks: ReadHooks): RawSupply {
  const { point } = run
  // Nobody can stop in the middle of one row: it comes in as few requests as memory allows.
  const isOne = run.rows === 1
  const part = isOne ? Math.min(LARGEST_PART, Math.ceil((run.end - point.source) / 2)) : undefined
  const input = new Input(source, point.source, run.end, hooks.small === true && !isOne, hooks, { part })
  // Making a decoder takes a while, too.
  input.begin()
  const decoder = resumeDecoder(layout.container, { ...point, window: point.window ?? NO_WINDOW })
  return new LocalSupply(decoder, input, hooks.onProgress)
}

/** A whole gzip file for a `TrailerCheck` in another thread: the decoder leaves the checksums to it. */
export function supplyUnchecked(source: ByteSource, piece: Piece, hooks: ReadHooks): LocalSupply {
  const input = new Input(source, piece.from, piece.to, true, hooks)
  return new LocalSupply(createDecoder('gzip', { points: true, trailers: true }), input, hooks.onProgress)
}

export interface PieceSupply {
  readonly supply: RawSupply
  /** The supply starts this many bytes before the piece: context for finding the first record. */
  readonly context: number
  /** Source offset of the piece's first raw byte. */
  readonly source: number
  /** Raw bytes behind the source's part that belong to the piece. */
  readonly beyond?: number | undefined
}

/** `blockSpacing`: how close the blocks of bgzf may stand that segments begin at, decompressed. */
export async function supplyPiece(
  source: ByteSource,
  layout: Layout,
  piece: Piece,
  hooks: ReadHooks,
  blockSpacing: number,
): Promise<PieceSupply> {
  const { container } = layout
  const { from, to } = piece
  // Who asks for the first rows only may stop early; a whole gzip file is one piece that someone may leave.
  const ramp = hooks.small === true || container === 'gzip'
  if (hooks.inflated !== undefined) return { supply: hooks.inflated, context: 0, source: from }
  if (container === 'gzip') {
    const input = new Input(source, from, to, ramp, hooks)
    const decoder = createDecoder('gzip', { points: true })
    return { supply: new LocalSupply(decoder, input, hooks.onProgress), context: 0, source: from }
  }
  if (container === 'plain') {
    const context = piece.start === 'sync' && from > 0 ? 1 : 0
    const input = new Input(source, from - context, to, ramp, hooks)
    const decoder = resumeDecoder('plain', {
      source: from - context,
      bits: 0,
      raw: -context,
      window: NO_WINDOW,
    })
    return { supply: new LocalSupply(decoder, input, hooks.onProgress), context, source: from }
  }
  if (piece.beyond !== undefined) {
    const along = piece.beyond > 0 ? LARGEST_BLOCK : 0
    const input = new Input(source, from, to, ramp, hooks, { along })
    const decoder = resumeDecoder(
      'bgzf',
      { source: from, bits: 0, raw: 0, window: NO_WINDOW },
      { points: true },
    )
    const supply = new LocalSupply(decoder, input, hooks.onProgress)
    return { supply, context: 0, source: from, beyond: piece.beyond }
  }
  const cut = await cutBgzf(source, from, to, hooks.signal)
  const input = new Input(cut.source, cut.contextFrom, cut.to, ramp, hooks)
  const start = { source: cut.contextFrom, bits: 0, raw: -cut.contextRaw, window: NO_WINDOW }
  const points = { ...DEFAULT_SPACING, raw: blockSpacing }
  const decoder = resumeDecoder('bgzf', start, { points })
  return {
    supply: new LocalSupply(decoder, input, hooks.onProgress),
    context: cut.contextRaw,
    source: cut.from,
  }
}
