/** The parts of a record: where its texts, INFO values and FORMAT values stand. */

import { isUtf8 } from 'node:buffer'
import { allelesOf, FIXED, formatsOf, infosOf, samplesOf, sharedEndOf, sizeOf } from './record.ts'
import { CHAR, INT8, INT32, integerAt, isInteger, MISSING, Typed, textEnd, WIDTHS } from './typed.ts'

/** Values of a key: of INFO, or of FORMAT, where each sample has `count`. */
export interface Keyed {
  /** The key's number. */
  key: number
  type: number
  count: number
  at: number
}

/** As far as a record is read. */
export const SHARED = 0
export const INFOS = 1
export const ALL = 2

export class Parts {
  readonly id = new Typed()
  readonly filters = new Typed()
  /** Begin and end of each allele, one behind the other. */
  readonly alleles: number[] = []
  infos = 0
  readonly info: Keyed[] = []
  formats = 0
  readonly format: Keyed[] = []
  samples = 0
  readonly #typed = new Typed()

  /** Reads the record at `at`, whose fixed fields fit, up to `depth`. Returns what is wrong with it. */
  read(bytes: Uint8Array, at: number, depth: number): string | undefined {
    const stop = sharedEndOf(bytes, at)
    const wrong = this.#readShared(bytes, at, stop, depth)
    if (wrong !== undefined || depth < ALL) return wrong
    return this.#readFormats(bytes, at, stop, at + sizeOf(bytes, at))
  }

  #readShared(bytes: Uint8Array, at: number, stop: number, depth: number): string | undefined {
    const { id, filters, alleles } = this
    const typed = this.#typed
    const isText = (one: Typed): boolean => one.type === CHAR || (one.type === MISSING && one.count === 0)
    if (!id.read(bytes, at + FIXED, stop) || !isText(id)) return 'has no text for an ID'
    let next = id.end
    const count = allelesOf(bytes, at)
    alleles.length = 2 * count
    for (let i = 0; i < count; i++) {
      if (!typed.read(bytes, next, stop) || !isText(typed)) return `has no text for allele ${i}`
      alleles[2 * i] = typed.at
      alleles[2 * i + 1] = textEnd(bytes, typed.at, typed.count)
      next = typed.end
    }
    if (!filters.read(bytes, next, stop) || (filters.count > 0 && !isInteger(filters.type)))
      return 'has no integers for its FILTER'
    if (depth < INFOS) return undefined
    next = filters.end
    this.infos = infosOf(bytes, at)
    for (let i = 0; i < this.infos; i++) {
      const one = keyed(this.info, i)
      next = this.#readKey(bytes, next, stop, one)
      if (next < 0 || !typed.read(bytes, next, stop)) return `has no value for its INFO ${i + 1}`
      keep(one, typed)
      next = typed.end
    }
    return undefined
  }

  #readFormats(bytes: Uint8Array, at: number, start: number, stop: number): string | undefined {
    const typed = this.#typed
    this.formats = formatsOf(bytes, at)
    this.samples = samplesOf(bytes, at)
    let next = start
    for (let i = 0; i < this.formats; i++) {
      const one = keyed(this.format, i)
      next = this.#readKey(bytes, next, stop, one)
      if (next < 0 || !typed.readDescriptor(bytes, next, stop)) return `has no values for its FORMAT ${i + 1}`
      keep(one, typed)
      next = typed.at + this.samples * typed.count * WIDTHS[typed.type]!
      if (next > stop) return `has no values for its FORMAT ${i + 1}`
    }
    return undefined
  }

  /** Whether all texts of a record that was read to its end are UTF-8. */
  areTexts(bytes: Uint8Array): boolean {
    const { id, alleles, info, format } = this
    if (!isText(bytes, id.at, textEnd(bytes, id.at, id.count))) return false
    for (let i = 0; i < alleles.length; i += 2) if (!isText(bytes, alleles[i]!, alleles[i + 1]!)) return false
    for (let i = 0; i < this.infos; i++) if (!areTexts(bytes, info[i]!, 1)) return false
    for (let i = 0; i < this.formats; i++) if (!areTexts(bytes, format[i]!, this.samples)) return false
    return true
  }

  /** Reads a key, which is one integer; returns its end, -1 when it is none. */
  #readKey(bytes: Uint8Array, at: number, stop: number, into: Keyed): number {
    const typed = this.#typed
    if (!typed.read(bytes, at, stop) || typed.count !== 1 || typed.type < INT8 || typed.type > INT32)
      return -1
    into.key = integerAt(bytes, typed.at, typed.type)
    return typed.end
  }
}

function keyed(list: Keyed[], i: number): Keyed {
  const known = list[i]
  if (known !== undefined) return known
  const made = { key: 0, type: MISSING, count: 0, at: 0 }
  list[i] = made
  return made
}

function keep(one: Keyed, { type, count, at }: Typed): void {
  one.type = type
  one.count = count
  one.at = at
}

/** Whether bytes[start, end) are UTF-8. */
export function isText(bytes: Uint8Array, start: number, end: number): boolean {
  return isAscii(bytes, start, end) || isUtf8(bytes.subarray(start, end))
}

/** Whether the texts of `items` samples are UTF-8, each for itself. */
export function areTexts(bytes: Uint8Array, { type, count, at }: Keyed, items: number): boolean {
  if (type !== CHAR) return true
  if (isAscii(bytes, at, at + items * count)) return true
  for (let i = 0; i < items; i++) {
    const start = at + i * count
    if (!isUtf8(bytes.subarray(start, textEnd(bytes, start, count)))) return false
  }
  return true
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  let bits = 0
  for (let i = start; i < end; i++) bits |= bytes[i]!
  return bits < 128
}
