/**
 * Tells residues from what stands between them: line ends, other white space, comment lines.
 *
 * Plain lines of residues are only counted. What is not is read again byte by byte, which is forty times slower.
 */

import { LineCounter, MOST_COUNTED } from './line-counter.ts'

const LF = 10
const SEMICOLON = 59
const CHUNK = MOST_COUNTED

const RESIDUE = 0
const WHITE = 1
const FEED = 2
const BAD = 3

/** What a byte of a sequence line is. Residues are what ASCII prints, as samtools has it. */
const KINDS = new Uint8Array(256).fill(BAD)
KINDS.fill(RESIDUE, 0x21, 0x7f)
for (const white of [9, 11, 12, 13, 32]) KINDS[white] = WHITE
KINDS[LF] = FEED

/** This thread's, made when the first sequence comes. */
let counter: LineCounter | undefined

/** Gets residues, in order. */
export interface ResidueSink {
  /** bytes[from, to) */
  residues(bytes: Uint8Array, from: number, to: number): void
}

/** Reads the sequence lines of one record, as they come. */
export class ResidueScanner {
  /** Where the byte stands that is neither residue nor white space; -1 as long as there is none. */
  bad = -1
  #scratch: Uint8Array | undefined
  #lineStart = true
  #comment = false

  /** A record begins: what comes is the first line behind its title. */
  begin(): void {
    this.#lineStart = true
    this.#comment = false
    this.bad = -1
  }

  /** Sequence lines go on in the middle of a line that is no comment. */
  resume(): void {
    this.begin()
    this.#lineStart = false
  }

  /** The next byte begins a line. */
  get atLineStart(): boolean {
    return this.#lineStart
  }

  /** Lines up to bytes[to] were passed over. */
  skip(bytes: Uint8Array, to: number): void {
    this.#lineStart = bytes[to - 1] === LF
  }

  /** Number of residues in bytes[from, to), all of which is sequence lines; gives them to `sink`. */
  pass(bytes: Uint8Array, from: number, to: number, sink: ResidueSink | undefined): number {
    let residues = 0
    for (let at = from; at < to && this.bad < 0; at += CHUNK) {
      residues += this.#chunk(bytes, at, Math.min(to, at + CHUNK), sink)
    }
    return residues
  }

  #chunk(bytes: Uint8Array, from: number, to: number, sink: ResidueSink | undefined): number {
    counter ??= new LineCounter()
    counter.count(bytes, from, to)
    const { printed, feeds, odd, semicolons } = counter
    const plain = !odd && printed + feeds === to - from && !this.#comment
    if (!plain || semicolons) return this.#slow(bytes, from, to, sink)
    this.#lineStart = bytes[to - 1] === LF
    if (sink !== undefined) this.#joinLines(bytes, from, to, feeds, sink)
    return printed
  }

  /** The lines of bytes[from, to), in which nothing but `feeds` line feeds is no residue. */
  #joinLines(bytes: Uint8Array, from: number, to: number, feeds: number, sink: ResidueSink): void {
    if (feeds === 0) {
      sink.residues(bytes, from, to)
      return
    }
    this.#scratch ??= new Uint8Array(CHUNK)
    const scratch = this.#scratch
    const end = to - from
    scratch.set(bytes.subarray(from, to))
    const buffer = Buffer.from(scratch.buffer, 0, end)
    let width = -1
    let filled = 0
    let at = 0
    for (let line = 0; line < feeds; line++) {
      // Lines are mostly as long as the one before, which one look at its end shows: if it is not, an earlier feed is
      // found by the search, and a later one by the count.
      let feed = at + width
      if (width < 0 || scratch[feed] !== LF || feed >= end) feed = buffer.indexOf(LF, at)
      if (feed < 0) {
        this.#joinUneven(bytes, from, to, sink)
        return
      }
      if (filled < at) scratch.copyWithin(filled, at, feed)
      filled += feed - at
      width = feed - at
      at = feed + 1
    }
    scratch.copyWithin(filled, at, end)
    filled += end - at
    if (filled !== end - feeds) throw new RangeError('line feeds are left among the residues')
    sink.residues(scratch, 0, filled)
  }

  /** The same where a short line hides behind the place at which the line before made it be looked for. */
  #joinUneven(bytes: Uint8Array, from: number, to: number, sink: ResidueSink): void {
    const scratch = this.#scratch!
    let filled = 0
    for (let at = from; at < to; at++) {
      const byte = bytes[at]!
      if (byte !== LF) scratch[filled++] = byte
    }
    sink.residues(scratch, 0, filled)
  }

  /** Any lines, byte by byte. */
  #slow(bytes: Uint8Array, from: number, to: number, sink: ResidueSink | undefined): number {
    this.#scratch ??= new Uint8Array(CHUNK)
    const scratch = this.#scratch
    let lineStart = this.#lineStart
    let comment = this.#comment
    let filled = 0
    for (let at = from; at < to; at++) {
      const byte = bytes[at]!
      const kind = KINDS[byte]
      if (kind === FEED) {
        lineStart = true
        comment = false
        continue
      }
      if (lineStart && byte === SEMICOLON) comment = true
      lineStart = false
      if (comment || kind === WHITE) continue
      if (kind === BAD) {
        this.bad = at
        break
      }
      scratch[filled++] = byte
    }
    this.#lineStart = lineStart
    this.#comment = comment
    sink?.residues(scratch, 0, filled)
    return filled
  }
}
