/** Genotypes (VCFv4.5, 6.3.3): alleles as integers, each with a bit that says whether it is phased with the one before. */

import { Scratch } from '../bam/scratch.ts'
import type { ColumnVector } from '../batch.ts'
import type { Allocate } from '../builders.ts'
import { columnFor as columnOfText, type ValueColumn } from '../vcf/columns.ts'
import { END_INTEGER, INT8, integerAt, isInteger, MISSING_INTEGER, textEnd, WIDTHS } from './typed.ts'
import type { BcfColumn } from './values.ts'

const DOT = 46
const SLASH = 47
const BAR = 124
/** Digits of an allele's number, and a sign between them. */
const ROOM = 12

/**
 * Their text, as htslib up to 1.21 prints it: `0/1`, `1|0`, `./.`, `0`. (The phase of a first allele, which VCFv4.4
 * knows, is not shown.)
 */
export class GenotypeColumn implements BcfColumn {
  readonly #texts: ValueColumn
  readonly #scratch = new Scratch()
  /** Texts of two alleles in a byte each, of which nearly all genotypes are, by both. */
  readonly #pairs: (Uint8Array | undefined)[] = new Array(1 << 16)

  constructor(allocate: Allocate) {
    this.#texts = columnOfText({ id: 'GT', name: 'GT', kind: 'text', list: false }, allocate)
  }

  get bytes(): number {
    return this.#texts.bytes
  }

  set(index: number, bytes: Uint8Array, type: number, count: number, at: number): void {
    if (type === INT8 && count === 2) {
      const pair = bytes[at]! | (bytes[at + 1]! << 8)
      let text = this.#pairs[pair]
      if (text === undefined) {
        this.#print(bytes, type, count, at)
        text = this.#scratch.bytes.slice(0, this.#scratch.length)
        this.#pairs[pair] = text
      }
      this.#texts.set(index, text, 0, text.length)
    } else if (isInteger(type)) {
      this.#print(bytes, type, count, at)
      this.#texts.set(index, this.#scratch.bytes, 0, this.#scratch.length)
    } else {
      // What old files declare as text.
      const end = textEnd(bytes, at, count)
      if (end > at) this.#texts.set(index, bytes, at, end)
    }
  }

  #print(bytes: Uint8Array, type: number, count: number, at: number): void {
    const scratch = this.#scratch
    scratch.begin(1)
    for (let i = 0; i < count; i++) {
      const value = integerAt(bytes, at + i * WIDTHS[type]!, type)
      if (value === END_INTEGER) break
      scratch.reserve(ROOM)
      if (i > 0) scratch.byte((value & 1) === 1 ? BAR : SLASH)
      const allele = value === MISSING_INTEGER ? -1 : (value >> 1) - 1
      if (allele < 0) scratch.byte(DOT)
      else scratch.integer(allele)
    }
    if (scratch.length === 0) scratch.byte(DOT)
  }

  take(length: number): ColumnVector {
    return this.#texts.take(length)
  }
}
