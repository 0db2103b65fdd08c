/**
 * Decodes gzip files (RFC 1952): any number of members, of which some or all may be BGZF blocks (SAM spec, 4.1).
 *
 * One machine for both: a BGZF block is a member that also says how long it is. So a bgzf file in which an
 * ordinary member follows is decoded like every gzip tool does it, instead of being refused half-way through.
 */

import { toVarveError, VarveError } from '../../errors.ts'
import { FedBytes } from './fed-bytes.ts'
import { BLOCK_ROOM, HeldBlock } from './held-block.ts'
import type { InflateFactory, InflateStop, RawInflate } from './inflate.ts'
import { leadIn } from './lead-in.ts'
import { MemberCheck, TRAILER_SIZE, type Trailer } from './member-check.ts'
import { invalid, readMemberHeader, readUint32 } from './member-header.ts'
import { PointFinder, type PointSpacing } from './point-finder.ts'
import type { AccessPoint, Container, RawDecoder } from './types.ts'
import { inflateWindow } from './window.ts'

/** zlib does not say where in its input it met an error: shorter runs keep the place narrower, but cost speed. */
const RUN = 128 * 1024

/** Every BGZF block is a point; of those that are kept, no two are closer than this, decompressed, where not said. */
const BGZF_POINT_DISTANCE = 1024 * 1024

export interface GzipDecoderSettings {
  readonly container: Exclude<Container, 'plain'>
  /** Where to begin; without it at the file's first byte. */
  readonly from?: AccessPoint | undefined
  /** Make access points, this far apart (gzip; in bgzf they are free and stand 1 MiB of raw bytes apart). */
  readonly spacing?: PointSpacing | undefined
  /** Do not compare members with their trailers, but give these by `takeTrailers`. */
  readonly trailers?: boolean | undefined
  readonly createInflate: InflateFactory
}

export class GzipDecoder implements RawDecoder {
  readonly #container: Exclude<Container, 'plain'>
  readonly #createInflate: InflateFactory
  readonly #fed: FedBytes
  readonly #check = new MemberCheck()
  readonly #finder: PointFinder | undefined
  /** Distance of points in bgzf; undefined: none are made. */
  readonly #bgzfPoints: number | undefined
  /** Where BGZF blocks are decoded whole; undefined: bytes are given as they come, and checked afterwards. */
  readonly #held: HeldBlock | undefined
  #inflate: RawInflate
  /** `fresh` as made or reset, `used`, or `tied` to the dictionary of an access point. */
  #inflateState: 'fresh' | 'used' | 'tied' = 'fresh'
  #state: 'header' | 'lead-in' | 'body' | 'trailer' | 'padding' | 'done' = 'header'
  #failure: VarveError | undefined
  #membersEnded = 0
  #memberStart: number
  #blockSize: number | undefined
  #raw: number
  readonly #leadBits: number
  /** What the current `read` wrote from here on is not yet in the history. */
  #historyFrom = 0
  #points: AccessPoint[] = []
  readonly #trailers: Trailer[] | undefined
  /** The point of a member that has not yielded a byte so far: empty members are not worth one. */
  #memberPoint: AccessPoint | undefined
  #lastPointRaw = Number.NEGATIVE_INFINITY

  constructor({ container, from, spacing, trailers, createInflate }: GzipDecoderSettings) {
    const window = inflateWindow(from?.window ?? new Uint8Array(0))
    this.#container = container
    this.#trailers = trailers === true && from === undefined ? [] : undefined
    this.#createInflate = createInflate
    this.#fed = new FedBytes(from?.source ?? 0)
    this.#memberStart = from?.source ?? 0
    this.#raw = from?.raw ?? 0
    this.#leadBits = from?.bits ?? 0
    this.#inflate = createInflate(window)
    if (container === 'bgzf' && trailers !== true) this.#held = new HeldBlock()
    if (container === 'bgzf' && spacing !== undefined) this.#bgzfPoints = spacing.raw ?? BGZF_POINT_DISTANCE
    if (container === 'gzip' && spacing !== undefined) {
      this.#finder = new PointFinder(spacing, from?.source, from?.window.length)
      this.#finder.history.push(window, 0, window.length)
    }
    if (from === undefined) return
    if (container === 'bgzf') {
      // A piece that ends where it begins is no error: other blocks came before it.
      this.#membersEnded = 1
      return
    }
    this.#state = from.bits === 0 ? 'body' : 'lead-in'
    this.#inflateState = window.length > 0 ? 'tied' : 'used'
    this.#check.skip()
  }

  get done(): boolean {
    return this.#state === 'done'
  }

  get rawOffset(): number {
    return this.#raw
  }

  get sourceOffset(): number {
    return this.#finder?.active ? this.#finder.offset : this.#fed.offset
  }

  feed(input: Uint8Array, final: boolean): void {
    this.#fed.feed(input, final)
  }

  takePoints(): AccessPoint[] {
    const points = this.#points
    this.#points = []
    return points
  }

  /** The trailers passed since the last call, of members decoded from their beginning. */
  takeTrailers(): Trailer[] {
    return this.#trailers?.splice(0) ?? []
  }

  read(out: Uint8Array, start: number, end: number): number {
    if (this.#failure !== undefined) throw this.#failure
    this.#historyFrom = start
    let at = start
    try {
      while (at < end) {
        const written = this.#step(out, at, end)
        if (written < 0) break
        at += written
      }
      if (at === start) this.#fed.release()
      else this.#remember(out, at)
    } catch (error) {
      const failure = toVarveError(error)
      this.close()
      this.#failure = failure
      // What came before the error is good; the next read reports it.
      if (at === start) throw failure
    }
    return at - start
  }

  /** Frees the native memory; without it the garbage collection does. Nothing can be read afterwards. */
  close(): void {
    this.#inflate.close()
    if (!this.done) this.#failure ??= new VarveError('internal', `${this.#container}: the decoder is closed`)
  }

  /** Bytes written, maybe none; -1 when nothing more can be done before the next feed. */
  #step(out: Uint8Array, at: number, end: number): number {
    if (this.#finder !== undefined) {
      const written = this.#finder.deliver(out, at, end)
      if (written > 0) return this.#account(out, at, written)
    }
    if (this.#held !== undefined) {
      const written = this.#held.deliver(out, at, end)
      if (written > 0) return this.#give(written)
    }
    switch (this.#state) {
      case 'header':
        return this.#readHeader(at)
      case 'lead-in':
        return this.#readLeadIn(out, at, end)
      case 'body':
        if (this.#finder?.active) return this.#findPoint(this.#finder)
        return this.#blockSize !== undefined && this.#held !== undefined
          ? this.#readBlock(this.#held, this.#blockSize, out, at, end)
          : this.#readBody(out, at, end)
      case 'trailer':
        return this.#readTrailer()
      case 'padding':
        return this.#readPadding()
      case 'done':
        return -1
    }
  }

  #readHeader(at: number): number {
    const fed = this.#fed
    if (fed.available === 0 && this.#membersEnded > 0) return this.#finish()
    if (fed.available === 0) return this.#wait('is empty, expected a member header')
    const first = fed.bytes[fed.at]!
    if (this.#membersEnded > 0 && first !== 0x1f) {
      if (first !== 0) throw this.#garbage(first)
      this.#state = 'padding'
      return 0
    }
    const header = readMemberHeader(this.#container, fed.bytes, fed.at, fed.end, fed.offset)
    if (header === undefined) return this.#wait('ends inside a member header')
    this.#memberStart = fed.offset
    this.#blockSize = header.blockSize
    fed.at += header.length
    this.#beginMember(at)
    return 0
  }

  #beginMember(at: number): void {
    if (this.#inflateState === 'tied') {
      this.#inflate.close()
      this.#inflate = this.#createInflate()
    } else if (this.#inflateState === 'used') {
      this.#inflate.reset()
    }
    this.#inflateState = 'used'
    this.#check.begin()
    if (this.#trailers !== undefined) this.#check.skip()
    this.#historyFrom = at
    this.#state = 'body'
    this.#memberPoint = undefined
    const inGzip = this.#finder?.passMember(this.#fed.offset) ?? false
    const inBgzf = this.#bgzfPoints !== undefined && this.#raw - this.#lastPointRaw >= this.#bgzfPoints
    if (!inGzip && !inBgzf) return
    const source = inGzip ? this.#fed.offset : this.#memberStart
    this.#memberPoint = { source, bits: 0, raw: this.#raw, window: new Uint8Array(0) }
    // The beginning of the file always is a point, even when there is nothing in it.
    if (this.#lastPointRaw === Number.NEGATIVE_INFINITY) this.#passMemberPoint()
  }

  #passMemberPoint(): void {
    if (this.#memberPoint === undefined) return
    this.#points.push(this.#memberPoint)
    this.#finder?.keepMember()
    this.#lastPointRaw = this.#memberPoint.raw
    this.#memberPoint = undefined
  }

  #readLeadIn(out: Uint8Array, at: number, end: number): number {
    const fed = this.#fed
    if (fed.available === 0) return this.#wait('ends in the middle of a deflate stream')
    const lead = leadIn(this.#leadBits, fed.bytes[fed.at]!)
    fed.at += 1
    this.#state = 'body'
    if (this.#inflate.run('run', lead, 0, lead.length, out, at, end) === 'damaged') throw this.#damaged()
    return this.#account(out, at, this.#inflate.written)
  }

  #readBody(out: Uint8Array, at: number, end: number): number {
    const fed = this.#fed
    const inflate = this.#inflate
    const finder = inflate.stopsAtBlocks ? this.#finder : undefined
    const wanted = finder?.wanted ?? Number.POSITIVE_INFINITY
    const stop = this.#run(out, at, end, wanted)
    const written = this.#account(out, at, inflate.written)
    if (stop === 'end') {
      this.#endStream()
    } else if (stop === 'input' && finder !== undefined && fed.offset >= wanted) {
      this.#remember(out, at + written)
      finder.begin(fed.offset)
    } else if (stop === 'input' && written === 0 && fed.available === 0) {
      return this.#wait('ends in the middle of a deflate stream')
    }
    return written
  }

  /** Decodes more of a BGZF block; none of it is given before its trailer was compared. */
  #readBlock(held: HeldBlock, blockSize: number, out: Uint8Array, at: number, end: number): number {
    const fed = this.#fed
    const left = this.#memberStart + blockSize - fed.offset
    // A block that is there, and for which there is room, need not be copied afterwards.
    const direct = held.made === 0 && end - at >= BLOCK_ROOM && fed.available >= left
    if (!direct) held.makeRoom()
    const [bytes, from, to] = direct ? [out, at, end] : [held.bytes, held.made, held.bytes.length]
    const stop = this.#run(bytes, from, to, Number.POSITIVE_INFINITY)
    const { written } = this.#inflate
    this.#check.push(bytes, from, from + written)
    if (stop === 'end') this.#endStream()
    if (direct && stop === 'end' && fed.available >= TRAILER_SIZE) {
      this.#readTrailer()
      return this.#give(written)
    }
    if (direct) held.take(out, at, at + written)
    else held.made += written
    if (stop === 'input' && written === 0 && fed.available === 0)
      return this.#wait('ends in the middle of a deflate stream')
    return 0
  }

  /** One run of zlib over the fed bytes, of which none at or behind the offset `wanted`, into out[at, end). */
  #run(out: Uint8Array, at: number, end: number, wanted: number): InflateStop {
    const fed = this.#fed
    const until = Math.min(fed.end, fed.at + RUN, fed.at + Math.max(0, wanted - fed.offset))
    const mode = fed.final && until === fed.end ? 'flush' : 'run'
    const stop = this.#inflate.run(mode, fed.bytes, fed.at, until, out, at, end)
    fed.at += this.#inflate.consumed
    if (stop === 'damaged') throw this.#damaged()
    return stop
  }

  #findPoint(finder: PointFinder): number {
    const result = finder.step(this.#fed, this.#inflate, this.#raw)
    if (finder.found !== undefined) this.#points.push(finder.found)
    if (result === 'damaged') throw this.#damaged()
    if (result === 'end') this.#endStream()
    return result === 'input' ? this.#wait('ends in the middle of a deflate stream') : 0
  }

  #endStream(): void {
    this.#fed.unread(this.#inflate.leftover)
    this.#state = 'trailer'
  }

  #readTrailer(): number {
    const fed = this.#fed
    if (fed.available < TRAILER_SIZE) return this.#wait("ends inside a member's CRC and length")
    this.#trailers?.push({
      raw: this.#raw,
      crc: readUint32(fed.bytes, fed.at),
      length: readUint32(fed.bytes, fed.at + 4),
      member: this.#memberName(),
      offset: fed.offset,
    })
    const complaint = this.#check.complaint(fed.bytes, fed.at)
    if (complaint !== undefined) throw this.#invalid(`${complaint} in ${this.#memberName()}`, fed.offset)
    fed.at += TRAILER_SIZE
    const size = fed.offset - this.#memberStart
    if (this.#container === 'bgzf' && this.#blockSize !== undefined && this.#blockSize !== size) {
      const message = `${this.#memberName()} is ${size} bytes long, its header says ${this.#blockSize}`
      throw this.#invalid(message, this.#memberStart)
    }
    this.#membersEnded += 1
    this.#state = 'header'
    if (this.#blockSize !== undefined) this.#held?.pass()
    return 0
  }

  #readPadding(): number {
    const fed = this.#fed
    while (fed.available > 0) {
      const byte = fed.bytes[fed.at]!
      if (byte !== 0) throw this.#garbage(byte)
      fed.at += 1
    }
    return this.#finish()
  }

  #finish(): number {
    if (this.#fed.final) {
      this.#state = 'done'
      this.#inflate.close()
    }
    return -1
  }

  /** Waits for the next feed, or complains that there will be none. */
  #wait(complaint: string): number {
    if (!this.#fed.final) return -1
    const place = this.#membersEnded === 0 && this.#state === 'header' ? '' : ` (${this.#memberName()})`
    throw this.#invalid(`the file ${complaint}${place}`, this.#fed.offset + this.#fed.available)
  }

  #account(out: Uint8Array, at: number, written: number): number {
    if (written === 0) return 0
    this.#check.push(out, at, at + written)
    return this.#give(written)
  }

  #give(written: number): number {
    if (written === 0) return 0
    this.#passMemberPoint()
    this.#raw += written
    return written
  }

  #remember(out: Uint8Array, end: number): void {
    this.#finder?.history.push(out, this.#historyFrom, end)
    this.#historyFrom = end
  }

  #memberName(): string {
    const kind = this.#blockSize === undefined || this.#container === 'gzip' ? 'member' : 'BGZF block'
    return `the ${kind} that begins at byte ${this.#memberStart}`
  }

  #garbage(byte: number): VarveError {
    const found = `0x${byte.toString(16).padStart(2, '0')}`
    const message = `found ${found} after the last member, expected another one, zero padding or the end`
    return this.#invalid(message, this.#fed.offset)
  }

  #invalid(message: string, offset: number): VarveError {
    return invalid(this.#container, message, offset)
  }

  #damaged(): VarveError {
    const message = `${this.#memberName()} has a damaged deflate stream: ${this.#inflate.complaint}`
    return this.#invalid(`${message}, here or up to ${RUN} bytes later`, this.sourceOffset)
  }
}
