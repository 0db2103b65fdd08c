/** Takes one record apart, whatever it looks like: quotes, escapes, comments, bad ones. Right, not fast. */

import {
  CARRIAGE_RETURN,
  COMMENT,
  DELIMITER,
  ESCAPE,
  INVALID,
  type Machine,
  QUOTED,
  RECORD,
  STANDARD,
  UNQUOTED,
} from './machine.ts'

/** What stands at the place that was looked at. */
export const Found = {
  record: 0,
  blank: 1,
  comment: 2,
  /** Nothing: the file ended. */
  end: 3,
  /** More bytes are needed to tell. */
  incomplete: 4,
  invalid: 5,
} as const
export type Found = (typeof Found)[keyof typeof Found]

export const QUOTED_FIELD = 1
export const ESCAPED_FIELD = 2

const LF = 10
const BLANK = 32

export class RecordScanner {
  /** Fields of the record found: bytes [starts[i], ends[i]), without the quotes. */
  count = 0
  starts = new Int32Array(32)
  ends = new Int32Array(32)
  /** Bits QUOTED_FIELD and ESCAPED_FIELD. */
  flags = new Uint8Array(32)
  /** The first byte after what was found, line end included. */
  next = 0
  /** Where an invalid record goes wrong, and how. */
  badAt = 0
  bad = ''
  /** A comment stands in the line. */
  commented = false
  /** The last field is empty. */
  lastEmpty = false
  /** DuckDB's sniffer counts a comment right behind a delimiter as a line of its own. */
  commentLine = false
  everQuoted = false
  everEscaped = false

  constructor(readonly machine: Machine) {}

  /** Looks at the line that begins at `start`; `final` when the file ends at `end`. */
  scan(bytes: Uint8Array, start: number, end: number, final: boolean): Found {
    const { table, stops, quotedStops } = this.machine
    this.count = 0
    this.commented = false
    let state = RECORD
    let previous = RECORD
    let from = start
    let quoteAt = -1
    let escaped = false
    let commentAt = -1
    let commentLine = false
    let at = start
    for (; at < end; at++) {
      previous = state
      state = table[state * 256 + bytes[at]!]!
      if (state === STANDARD) {
        while (at + 1 < end && stops[bytes[at + 1]!] === 0) at++
      } else if (state === QUOTED) {
        if (quoteAt < 0) quoteAt = at
        else if (previous === UNQUOTED) escaped = true
        if (previous === UNQUOTED || (previous === ESCAPE && bytes[at] === this.machine.quote))
          this.everEscaped = true
        this.everQuoted = true
        while (at + 1 < end && quotedStops[bytes[at + 1]!] === 0) at++
      } else if (state === DELIMITER) {
        this.#field(bytes, from, at - this.machine.extra, quoteAt, escaped)
        from = at + 1
        quoteAt = -1
        escaped = false
      } else if (state === ESCAPE) {
        escaped = true
      } else if (state === COMMENT) {
        if (commentAt < 0) {
          commentAt = at
          commentLine = previous !== STANDARD
        }
      } else if (state === RECORD || state === CARRIAGE_RETURN) {
        break
      } else if (state === INVALID) {
        this.bad =
          previous === UNQUOTED
            ? 'has text after a closing quote'
            : 'ends its line in another way than the first line'
        return this.#invalid(bytes, at, end, final)
      }
    }

    if (at >= end) {
      if (!final) return Found.incomplete
      this.next = end
      if (start >= end) return Found.end
      if (state === QUOTED || state === ESCAPE) {
        this.bad = 'has a quote that is never closed'
        this.badAt = quoteAt
        return Found.invalid
      }
    } else if (state === CARRIAGE_RETURN) {
      if (at + 1 >= end && !final) return Found.incomplete
      if (at + 1 < end && bytes[at + 1] !== LF) {
        this.bad = 'ends its line in another way than the first line'
        return this.#invalid(bytes, at + 1, end, final)
      }
      this.next = Math.min(end, at + 2)
    } else {
      this.next = at + 1
    }
    if (at < end && previous === RECORD) return Found.blank
    this.lastEmpty =
      at < end
        ? previous === DELIMITER
        : state === DELIMITER && (previous === DELIMITER || previous === STANDARD)
    if (commentAt >= 0) {
      this.commented = true
      // Spaces before the sign belong to the comment when nothing else is in the line.
      if (this.count === 0 && allBlank(bytes, from, commentAt)) {
        this.count = 1
        return Found.comment
      }
      this.#field(bytes, from, commentAt, quoteAt, escaped)
      this.commentLine = commentLine
      return Found.record
    }
    this.#field(bytes, from, Math.min(at, end), quoteAt, escaped)
    return Found.record
  }

  #field(bytes: Uint8Array, from: number, to: number, quoteAt: number, escaped: boolean): void {
    const i = this.count++
    if (i === this.starts.length) this.#grow()
    let end = to
    if (quoteAt >= 0) {
      if (this.machine.trims) while (end > quoteAt + 1 && bytes[end - 1] === BLANK) end--
      end--
    }
    this.starts[i] = quoteAt >= 0 ? quoteAt + 1 : from
    this.ends[i] = Math.max(end, this.starts[i]!)
    this.flags[i] = (quoteAt >= 0 ? QUOTED_FIELD : 0) | (escaped ? ESCAPED_FIELD : 0)
  }

  #grow(): void {
    const larger = <T extends Int32Array | Uint8Array>(old: T, fresh: T): T => {
      fresh.set(old)
      return fresh
    }
    this.starts = larger(this.starts, new Int32Array(this.starts.length * 2))
    this.ends = larger(this.ends, new Int32Array(this.ends.length * 2))
    this.flags = larger(this.flags, new Uint8Array(this.flags.length * 2))
  }

  /** Goes on behind the line that went wrong. */
  #invalid(bytes: Uint8Array, at: number, end: number, final: boolean): Found {
    this.badAt = at
    const { newline } = this.machine
    let next = at
    while (next < end && bytes[next] !== newline) next++
    if (next >= end && !final) return Found.incomplete
    this.next = Math.min(end, next + 1)
    return Found.invalid
  }
}

function allBlank(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] !== BLANK) return false
  return true
}

/** The bytes of an escaped field without its escapes. */
export function withoutEscapes(bytes: Uint8Array, start: number, end: number, machine: Machine): Uint8Array {
  const { quote, escape: escapeSign } = machine
  const out = new Uint8Array(end - start)
  let length = 0
  let escaped = false
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!
    if (byte === escapeSign && !escaped) {
      escaped = true
    } else {
      if (byte !== quote || escaped) out[length++] = byte
      escaped = false
    }
  }
  return out.subarray(0, length)
}
