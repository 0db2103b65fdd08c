/** Finds a record's beginning in bytes that begin anywhere. */

import type { TextLayout } from '../text/types.ts'
import { dialectOf } from './dialect.ts'
import { buildMachine, type Machine } from './machine.ts'
import { Found, QUOTED_FIELD, RecordScanner } from './scanner.ts'

/** Records that have to be right one after another. */
const ENOUGH = 8

/**
 * The first record's start at or after `from`, or -1. Two stories are tried: `from` is outside quotes, or
 * inside. The one under which the next records have the right number of fields is believed.
 */
export function syncRecords(
  layout: TextLayout,
  bytes: Uint8Array,
  from: number,
  end: number,
  final: boolean,
): number {
  const { fields, nulls } = dialectOf(layout)
  const machine = buildMachine(dialectOf(layout))
  const scanner = new RecordScanner(machine)
  const blanksCount = fields === 1 && nulls.includes('')

  /** Behind blank and comment lines, -1 when they go on to the end. */
  const toRecord = (start: number): number => {
    let at = start
    while (at < end) {
      const found = scanner.scan(bytes, at, end, final)
      if (found === Found.incomplete) return at
      if (found !== Found.comment && (found !== Found.blank || blanksCount)) return at
      at = scanner.next
    }
    return final ? at : -1
  }
  /** A quote stood inside an unquoted field: rare where the story is true, the rule where it is false. */
  let stray = false
  /** How many records from `start` on are right: 0 when one of the first is wrong. */
  const confirm = (start: number): number => {
    stray = false
    // Nothing is left: right, as far as that goes.
    if (final && start === end) return 1
    let at = start
    let right = 0
    while (right < ENOUGH) {
      const found = scanner.scan(bytes, at, end, final)
      if (found === Found.end || found === Found.incomplete) break
      if (found === Found.invalid) return 0
      if (found === Found.record && !fits(scanner, fields, dialectOf(layout).padding)) return 0
      stray ||= hasStrayQuote(scanner, bytes)
      at = scanner.next
      right++
    }
    return right
  }

  const outside = toRecord(lineAfter(machine, bytes, from, end))
  const score = outside < 0 ? 0 : confirm(outside)
  const doubtful = stray
  if (machine.quote < 0) return score > 0 ? outside : -1
  const closing = closingQuote(machine, bytes, from, end)
  const inside = closing < 0 ? -1 : toRecord(lineAfter(machine, bytes, closing, end))
  const other = inside < 0 ? 0 : confirm(inside)
  if (score === 0 && other === 0) return -1
  if (score > 0 && other > 0 && doubtful !== stray) return doubtful ? inside : outside
  return score >= other ? outside : inside
}

function hasStrayQuote({ count, starts, ends, flags, machine }: RecordScanner, bytes: Uint8Array): boolean {
  for (let i = 0; i < count; i++) {
    if ((flags[i]! & QUOTED_FIELD) === 0 && bytes.subarray(starts[i], ends[i]).includes(machine.quote))
      return true
  }
  return false
}

function fits(scanner: RecordScanner, fields: number, padding: boolean): boolean {
  if (scanner.count < fields) return padding
  for (let i = fields; i < scanner.count; i++) if (scanner.ends[i]! > scanner.starts[i]!) return false
  return true
}

/** `from` itself when a line begins there, else the beginning of the next line outside quotes; -1 for none. */
function lineAfter(machine: Machine, bytes: Uint8Array, from: number, end: number): number {
  const { newline, crlf, quote, delim } = machine
  const split = crlf && bytes[from - 1] === 13 && bytes[from] === newline
  if (split) return from + 1
  if (from > 0 && bytes[from - 1] === newline) return from
  let at = from
  let boundary = from === 0 || bytes[from - 1] === delim
  for (; at < end; at++) {
    const byte = bytes[at]!
    if (byte === newline) return at + 1
    if (boundary && byte === quote) {
      at = closingQuote(machine, bytes, at + 1, end)
      if (at < 0) return -1
      at--
      boundary = false
    } else {
      boundary = byte === delim
    }
  }
  return -1
}

/** Behind the quote that closes the field that `from` is in, or -1. */
function closingQuote(machine: Machine, bytes: Uint8Array, from: number, end: number): number {
  const { quote, escape: sign } = machine
  for (let at = from; at < end; at++) {
    const byte = bytes[at]
    if (byte === sign && sign !== quote) at++
    else if (byte === quote) {
      if (sign !== quote || bytes[at + 1] !== quote) return at + 1
      at++
    }
  }
  return -1
}
