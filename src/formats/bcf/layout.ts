/** What a BCF file looks like: a VCF's columns, and the names that its records have numbers for. */

import { NameTable, type PackedNames, packNames, unpackNames } from '../bam/references.ts'
import { checkOptionNames } from '../text/options.ts'
import type { Options, TextLayout } from '../text/types.ts'
import { fieldsOf } from '../vcf/fields.ts'
import {
  layoutFor,
  OPTION_NAMES,
  type VcfDialect,
  dialectOf as vcfDialectOf,
  viewLayout as viewVcf,
} from '../vcf/layout.ts'
import { type Names, parseBcfHeader } from './header.ts'

/** Names and, unless they are 0, 1, 2, …, their numbers. */
interface PackedDictionary {
  readonly names: PackedNames
  readonly numbers?: readonly number[] | undefined
}

/** A layout's dialect: plain JSON. */
export interface BcfDialect extends VcfDialect {
  readonly contigNames: PackedDictionary
  readonly strings: PackedDictionary
}

export function dialectOf(layout: TextLayout): BcfDialect {
  return vcfDialectOf(layout) as BcfDialect
}

export function bcfLayout(head: Uint8Array, whole: boolean, options: Options): TextLayout | 'more' {
  checkOptionNames('bcf', options, OPTION_NAMES)
  const header = parseBcfHeader(head, whole)
  if (header === 'more') return 'more'
  const { vcf, contigs, strings, end } = header
  const dialect: BcfDialect = {
    samples: vcf.samples,
    info: fieldsOf(vcf.info, false),
    format: fieldsOf(vcf.format, true, ['name']),
    // All of them stand in `contigNames`.
    contigs: [],
    contigNames: packed(contigs),
    strings: packed(strings),
  }
  return viewLayout(layoutFor(dialect, end), options)
}

/** The layout with fewer samples, INFO or FORMAT fields: the same records, the same index. */
export const viewLayout = (layout: TextLayout, options: Options): TextLayout => viewVcf(layout, options)

function packed(names: Names): PackedDictionary {
  const numbers = [...names.keys()]
  return {
    names: packNames([...names.values()]),
    ...(numbers.some((number, i) => number !== i) && { numbers }),
  }
}

/** Names by the numbers that records have for them; the table counts them by their places in the header. */
export class Dictionary {
  readonly table: NameTable
  /** One more than the largest number. */
  readonly size: number
  readonly #places: ReadonlyMap<number, number> | undefined

  constructor({ names, numbers }: PackedDictionary) {
    this.table = new NameTable(unpackNames(names))
    this.#places = numbers && new Map(numbers.map((number, place) => [number, place]))
    this.size = numbers?.reduce((most, number) => Math.max(most, number + 1), 0) ?? this.table.names.length
  }

  /** The name's place in the table; -1: no name has this number. */
  placeOf(number: number): number {
    if (this.#places !== undefined) return this.#places.get(number) ?? -1
    return number >= 0 && number < this.size ? number : -1
  }

  nameOf(number: number): string | undefined {
    return this.table.names[this.placeOf(number)]
  }
}

const dictionaries = new WeakMap<object, Dictionary>()

/** The contigs of a layout; looking for records asks for them again and again. */
export function contigsOf(layout: TextLayout): Dictionary {
  const { contigNames } = dialectOf(layout)
  const known = dictionaries.get(contigNames)
  if (known !== undefined) return known
  const contigs = new Dictionary(contigNames)
  dictionaries.set(contigNames, contigs)
  return contigs
}
