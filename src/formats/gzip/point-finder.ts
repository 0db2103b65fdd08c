/**
 * Finds access points while a member is decoded: from a wanted place on it lets zlib stop at every block's
 * end, and takes the first one whose window is paid for by the compressed bytes since the last point.
 *
 * The points depend on the bytes of the file alone, not on how these were fed or read. But where zlib stops
 * depends on the input and the room it is given: a block that ends with the very last byte given cannot be
 * told from one that wants more. So here the input is cut at fixed places, and written to an own buffer.
 */

import { findBlockBits } from './block-bits.ts'
import type { FedBytes } from './fed-bytes.ts'
import type { RawInflate } from './inflate.ts'
import type { AccessPoint } from './types.ts'
import { deflateWindow, History, WINDOW_SIZE } from './window.ts'

/** How densely access points stand; all in bytes of the compressed file. */
export interface PointSpacing {
  /** No point is closer to the one before. */
  readonly floor: number
  /** The deflated windows take at most this share of the file. */
  readonly share: number
  /** In bgzf, where points are free, no two are closer than this, decompressed; default 1 MiB. */
  readonly raw?: number | undefined
}

export const DEFAULT_SPACING: PointSpacing = { floor: 64 * 1024, share: 0.008 }

/** The next window may be a little larger than the last one; aiming farther is cheaper than aiming twice. */
const SLACK = 1.04

const EXTENT = 16 * 1024
const ROOM = 128 * 1024
/** How many bytes a trial must get right. */
const PROOF = 2048
/** A proof that needs more source than this (runs of empty blocks) is given up. */
const LONGEST_PROOF = 4 * EXTENT

/** `again`: call again once everything is delivered; `input`: feed first; `idle`: nothing more to do here. */
export type FinderResult = 'again' | 'input' | 'idle' | 'end' | 'damaged'

export class PointFinder {
  /** The offset in the file from which a point is wanted. */
  wanted: number
  /** What was decoded of the member, outside of `step`. */
  readonly history = new History()
  /** The point found by the last step. */
  found: AccessPoint | undefined
  readonly #spacing: PointSpacing
  #lastSource: number | undefined
  #lastKept: number | undefined
  #lastWindow: number
  /** Inflated bytes with the window before them; [given, made) is not yet delivered. */
  readonly #buffer = new Uint8Array(WINDOW_SIZE + ROOM)
  #given = 0
  #made = 0
  #phase: 'idle' | 'looking' | 'proving' = 'idle'
  #held = new Uint8Array(2 * EXTENT)
  #heldFrom = 0
  #heldAt = 0
  #heldEnd = 0
  /** Until where the held bytes may be inflated: all of an extent, or nothing. */
  #heldReady = 0
  readonly #ahead = new Uint8Array(PROOF)
  #aheadMade = 0
  #proofAt = 0
  #window: Uint8Array = this.#ahead
  #deflated: Uint8Array = this.#ahead

  /** Goes on after a point, if there was one: its `source`, and the length of its deflated window. */
  constructor(spacing: PointSpacing, lastSource: number | undefined, lastWindow = 0) {
    this.#spacing = spacing
    this.#lastSource = this.#lastKept = lastSource
    this.#lastWindow = lastWindow
    this.wanted = this.#next()
  }

  get active(): boolean {
    return this.#phase !== 'idle'
  }

  /** The next byte of the file to be inflated, while active. */
  get offset(): number {
    return this.#heldFrom + this.#heldAt
  }

  /**
   * Whether the stream of a member that begins at `source` is to be a point, which costs no window. It counts
   * as the last point only if `keepMember` follows: among many empty members each would hide the next one.
   */
  passMember(source: number): boolean {
    this.history.clear()
    this.#lastSource = this.#lastKept
    const far = this.#lastSource === undefined || source - this.#lastSource >= this.#spacing.floor
    if (far) this.#lastSource = source
    this.wanted = this.#next()
    return far
  }

  keepMember(): void {
    this.#lastKept = this.#lastSource
  }

  /** Hands over what was inflated meanwhile; until it returns 0 no other step may be made. */
  deliver(out: Uint8Array, start: number, end: number): number {
    const length = Math.min(end - start, this.#made - this.#given)
    if (length > 0) out.set(this.#buffer.subarray(this.#given, this.#given + length), start)
    this.#given += length
    return length
  }

  /** Begins to look at `offset`, everything before it being inflated, delivered and in the history. */
  begin(offset: number): void {
    const history = this.history.last()
    this.#buffer.set(history)
    this.#given = this.#made = history.length
    this.#heldFrom = offset
    this.#heldAt = this.#heldEnd = this.#heldReady = 0
    this.#phase = 'looking'
  }

  /** One run of zlib, from bytes that it takes out of `fed`; `raw` is the decompressed offset so far. */
  step(fed: FedBytes, inflate: RawInflate, raw: number): FinderResult {
    this.found = undefined
    if (this.#heldAt === this.#heldReady && !this.#gather(fed)) return 'input'
    return this.#phase === 'proving' ? this.#prove(fed, inflate, raw) : this.#look(fed, inflate)
  }

  #look(fed: FedBytes, inflate: RawInflate): FinderResult {
    this.#makeRoom()
    const stop = inflate.run(
      'blocks',
      this.#held,
      this.#heldAt,
      this.#heldReady,
      this.#buffer,
      this.#made,
      this.#buffer.length,
    )
    this.#heldAt += inflate.consumed
    this.#made += inflate.written
    if (stop === 'damaged') return 'damaged'
    if (stop === 'end') return this.#leave(fed, 'end')
    if (stop !== 'block') return 'again'
    this.#window = this.#buffer.slice(Math.max(0, this.#made - WINDOW_SIZE), this.#made)
    this.#deflated = deflateWindow(this.#window)
    const distance = this.offset - (this.#lastSource ?? 0)
    if (this.#deflated.length > this.#spacing.share * distance) {
      this.#lastWindow = this.#deflated.length
      this.wanted = this.#next()
      return this.#leave(fed, 'idle')
    }
    this.#phase = 'proving'
    this.#aheadMade = 0
    this.#proofAt = this.#heldAt
    return 'again'
  }

  #prove(fed: FedBytes, inflate: RawInflate, raw: number): FinderResult {
    const stop = inflate.run(
      'blocks',
      this.#held,
      this.#heldAt,
      this.#heldReady,
      this.#ahead,
      this.#aheadMade,
      PROOF,
    )
    this.#heldAt += inflate.consumed
    this.#aheadMade += inflate.written
    if (stop === 'damaged') return 'damaged'
    const tooLong = this.#heldAt - this.#proofAt > LONGEST_PROOF
    if (this.#aheadMade < PROOF && stop !== 'end' && !tooLong) return 'again'
    const at = this.#proofAt
    const proven = this.#aheadMade === PROOF
    const bits = proven ? findBlockBits(this.#window, this.#held, at, this.#heldReady, this.#ahead) : -1
    this.#phase = 'looking'
    this.#makeRoom()
    this.#buffer.set(this.#ahead.subarray(0, this.#aheadMade), this.#made)
    this.#made += this.#aheadMade
    if (stop === 'end') return this.#leave(fed, 'end')
    if (bits < 0) return 'again'
    const source = this.#heldFrom + (bits === 0 ? at : at - 1)
    this.found = { source, bits, raw, window: this.#deflated }
    this.#lastWindow = this.#deflated.length
    this.#lastSource = this.#lastKept = source
    this.wanted = this.#next()
    return this.#leave(fed, 'idle')
  }

  #next(): number {
    if (this.#lastSource === undefined) return Number.POSITIVE_INFINITY
    const paid = Math.ceil((this.#lastWindow * SLACK) / this.#spacing.share)
    return this.#lastSource + Math.max(1, this.#spacing.floor, paid)
  }

  /** Copies the next extent out of the fed bytes; false when these end before it does. */
  #gather(fed: FedBytes): boolean {
    if (this.#phase === 'looking' && this.#heldAt > 0) {
      this.#held.copyWithin(0, this.#heldAt, this.#heldEnd)
      this.#heldFrom += this.#heldAt
      this.#heldEnd -= this.#heldAt
      this.#heldReady = this.#heldAt = 0
    }
    const until = this.#heldReady + EXTENT
    if (until > this.#held.length) {
      const larger = new Uint8Array(2 * until)
      larger.set(this.#held)
      this.#held = larger
    }
    const more = fed.bytes.subarray(fed.at, fed.at + Math.min(fed.available, until - this.#heldEnd))
    this.#held.set(more, this.#heldEnd)
    this.#heldEnd += more.length
    fed.at += more.length
    if (this.#heldEnd < until && !fed.final) return false
    this.#heldReady = this.#heldEnd
    return this.#heldReady > this.#heldAt
  }

  /** Everything in the buffer is delivered: when little room is left, only the window stays. */
  #makeRoom(): void {
    if (this.#buffer.length - this.#made >= 2 * PROOF) return
    this.#buffer.copyWithin(0, this.#made - WINDOW_SIZE, this.#made)
    this.#given = this.#made = WINDOW_SIZE
  }

  #leave(fed: FedBytes, result: 'idle' | 'end'): FinderResult {
    fed.unread(this.#held.slice(this.#heldAt, this.#heldEnd))
    this.#phase = 'idle'
    return result
  }
}
