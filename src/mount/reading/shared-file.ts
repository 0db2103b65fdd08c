/** One object's bytes in memory, for everyone who has it open. */

import type { ByteSource } from '../../bytes/types.ts'
import { isVarveError, VarveError } from '../../errors.ts'
import type { Budget } from './budget.ts'
import { type Buffers, sizeClass } from './buffers.ts'
import { fetchRange } from './fetch.ts'
import type { Range } from './pattern.ts'
import { type Piece, Pieces } from './pieces.ts'

/**
 * After a read has failed for want of an answer the kernel asks for the same bytes once more, before it tells its
 * reader: that must not take another minute.
 */
const HURRY_MS = 3000
const HURRIED_DEADLINE_MS = 1500

/** What all files have in common. */
export interface Shared {
  readonly budget: Budget
  readonly buffers: Buffers
  readonly counts: { requests: number; fetched: number; delivered: number }
  readonly deadlineMs: number | undefined
}

export class SharedFile {
  readonly pieces = new Pieces()
  readonly #source: ByteSource
  readonly #shared: Shared
  #failedAt = Number.NEGATIVE_INFINITY
  readonly #onTheWay = new Set<Promise<unknown>>()

  constructor(source: ByteSource, shared: Shared) {
    this.#source = source
    this.#shared = shared
  }

  /** Copies [start, start + target.length) into `target`, fetching what is missing of it: the whole `demand` at most. */
  async read(target: Uint8Array, start: number, demand: Range): Promise<void> {
    const end = start + target.length
    const pieces: Piece[] = []
    for (let at = start; at < end; ) {
      const piece = this.pieces.at(at) ?? this.#demand(at, demand)
      piece.waiting++
      pieces.push(piece)
      at = piece.end
    }
    // Each is copied when it comes and is then free to go: nobody holds memory while waiting for more of it. All of
    // them are waited for when one fails, too: the target is used again for another read then.
    const copies = await Promise.allSettled(pieces.map((piece) => this.#copy(piece, target, start)))
    const failed = copies.find((copy) => copy.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  async #copy(piece: Piece, target: Uint8Array, start: number): Promise<void> {
    try {
      const bytes = piece.bytes ?? (await piece.arrival)
      const from = Math.max(start, piece.start)
      const to = Math.min(start + target.length, piece.end)
      target.set(bytes.subarray(from - piece.start, to - piece.start), from - start)
      piece.delivered += to - from
      piece.used = performance.now()
      this.#shared.counts.delivered += to - from
    } finally {
      piece.waiting--
      if (piece.waiting === 0) {
        if (piece.delivered >= piece.end - piece.start) this.drop(piece)
        else this.#shared.budget.poke()
      }
    }
  }

  #demand(at: number, demand: Range): Piece {
    const start = Math.max(Math.min(demand.start, at), this.pieces.lastEnd(at))
    const end = Math.min(demand.end, this.pieces.nextStart(at))
    return this.#fetch(start, end, undefined, (bytes, signal) =>
      this.#shared.budget.take(bytes, this, signal),
    )
  }

  /** Asks for a range that nobody waits for yet; false when there is no memory for it now. */
  prefetch({ start, end }: Range, owner: object): boolean {
    for (let at = start; at < end; ) {
      const known = this.pieces.at(at)
      if (known !== undefined) {
        at = known.end
        continue
      }
      const to = Math.min(end, this.pieces.nextStart(at))
      if (!this.#shared.budget.tryTake(sizeClass(to - at))) return false
      // When it fails: who needs the bytes asks again, and is told.
      this.#fetch(at, to, owner, () => Promise.resolve())
      at = to
    }
    return true
  }

  #fetch(
    start: number,
    end: number,
    owner: object | undefined,
    memory: (bytes: number, signal: AbortSignal) => Promise<void>,
  ): Piece {
    const abort = new AbortController()
    const { budget, buffers, counts } = this.#shared
    const hurried = performance.now() - this.#failedAt < HURRY_MS
    const deadlineMs = hurried ? HURRIED_DEADLINE_MS : this.#shared.deadlineMs
    const cost = sizeClass(end - start)
    const run = async (): Promise<Uint8Array> => {
      try {
        await memory(cost, abort.signal)
      } catch (error) {
        this.#forget(piece)
        throw error
      }
      // Taken now and not when the answer comes: what was read meanwhile would lie idle, and be freed.
      const target = buffers.allocate(end - start)
      let isTaken = false
      // A try that failed may still be written to.
      const allocate = (bytes: number): ArrayBuffer => {
        if (isTaken || bytes > target.byteLength) return buffers.allocate(bytes)
        isTaken = true
        return target
      }
      try {
        counts.requests++
        const bytes = await fetchRange(
          this.#source,
          start,
          end,
          { signal: abort.signal, allocate },
          deadlineMs,
        )
        counts.fetched += bytes.length
        if (piece.gone) throw new VarveError('aborted', `reading ${this.#source.uri} was cancelled`)
        piece.bytes = bytes
        piece.used = performance.now()
        if (piece.waiting === 0) budget.poke()
        return bytes
      } catch (error) {
        if (isVarveError(error, 'unavailable')) this.#failedAt = performance.now()
        this.#forget(piece)
        budget.give(cost)
        // The whole is not what it should be: what is here of it may be what is wrong.
        if (isVarveError(error, 'invalid-data')) this.dropUnused(() => true)
        throw error
      }
    }
    // In the next turn, so that the piece exists before anything can fail.
    const arrival = Promise.resolve().then(run)
    const settled: Promise<unknown> = arrival
      // A piece that failed has told those who waited for it.
      .catch(() => undefined)
      .then(() => this.#onTheWay.delete(settled))
    this.#onTheWay.add(settled)
    const piece: Piece = {
      start,
      end,
      owner,
      abort,
      arrival,
      bytes: undefined,
      waiting: 0,
      delivered: 0,
      used: performance.now(),
      gone: false,
    }
    this.pieces.add(piece)
    return piece
  }

  #forget(piece: Piece): void {
    piece.gone = true
    this.pieces.remove(piece)
  }

  /** Gives a piece's memory back, or stops it on its way. */
  drop(piece: Piece): void {
    if (piece.gone) return
    this.#forget(piece)
    if (piece.bytes === undefined) {
      piece.abort.abort()
      return
    }
    this.#shared.buffers.recycle(piece.bytes)
    piece.bytes = undefined
    this.#shared.budget.give(sizeClass(piece.end - piece.start))
  }

  /** Pieces that a reader has left behind it, or asked ahead for and does not want any more. */
  dropUnused(isUnused: (piece: Piece) => boolean): void {
    for (const piece of [...this.pieces]) if (piece.waiting === 0 && isUnused(piece)) this.drop(piece)
  }

  /** Stops everything; the source is closed when nothing reads it any more. */
  async close(): Promise<void> {
    for (const piece of [...this.pieces]) this.drop(piece)
    await Promise.all(this.#onTheWay)
    await this.#source.close?.()
  }
}
