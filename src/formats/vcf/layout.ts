/** What a VCF file looks like: its columns, and the options that show less of it. */

import { VarveError } from '../../errors.ts'
import type { Field } from '../batch.ts'
import { checkOptionNames } from '../text/options.ts'
import type { Options, TextLayout } from '../text/types.ts'
import { fieldsOf, structOf, type VcfField } from './fields.ts'
import { parseHeader } from './header.ts'
import { undeclared } from './undeclared.ts'

export const CHROM = 0
export const POS = 1
export const ID = 2
export const REF = 3
export const ALT = 4
export const QUAL = 5
export const FILTER = 6
export const INFO = 7
export const SAMPLES = 8
export const END_POS = 9
export const RECORD = 10

export const OPTION_NAMES = ['samples', 'info', 'format_fields'] as const

/** More contigs than this are not worth to be carried around. */
const MOST_CONTIGS = 4096

/** A layout's dialect: plain JSON. */
export interface VcfDialect {
  /** The file's samples. */
  readonly samples: readonly string[]
  /** Which of them are shown, in this order; all when missing. */
  readonly chosen?: readonly number[] | undefined
  readonly info: readonly VcfField[]
  readonly format: readonly VcfField[]
  /** As far as the header declares them. */
  readonly contigs: readonly string[]
}

export function dialectOf(layout: TextLayout): VcfDialect {
  return layout.dialect as unknown as VcfDialect
}

const NAME: Field = { name: 'name', type: { kind: 'utf8' } }
const TEXTS = { kind: 'list', item: { kind: 'utf8' } } as const

/** The layout of a file with this dialect, its records beginning at `dataStart`. */
export function layoutFor(dialect: VcfDialect, dataStart: number): TextLayout {
  // SQL knows no struct without a field: where there is no key at all, `info` is the column's text.
  const info = dialect.info.length === 0 ? ({ kind: 'utf8' } as const) : structOf(dialect.info)
  return {
    columns: [
      { name: 'chrom', type: { kind: 'utf8' } },
      { name: 'pos', type: { kind: 'int64' } },
      { name: 'id', type: { kind: 'utf8' } },
      { name: 'ref', type: { kind: 'utf8' } },
      { name: 'alt', type: TEXTS },
      { name: 'qual', type: { kind: 'float64' } },
      { name: 'filter', type: TEXTS },
      { name: 'info', type: info },
      { name: 'samples', type: { kind: 'list', item: structOf(dialect.format, [NAME]) } },
      { name: 'end_pos', type: { kind: 'int64' } },
      { name: 'record', type: { kind: 'int64' } },
    ],
    zones: ['chrom', 'pos', 'end_pos'],
    dataStart,
    ordinal: RECORD,
    dialect: dialect as unknown as Options,
  }
}

export function vcfLayout(head: Uint8Array, whole: boolean, options: Options): TextLayout | 'more' {
  checkOptionNames('vcf', options, OPTION_NAMES)
  const header = parseHeader(head, whole)
  if (header === 'more') return 'more'
  const more = undeclared(head, whole, header)
  const dialect: VcfDialect = {
    samples: header.samples,
    info: fieldsOf([...header.info, ...more.info], false),
    format: fieldsOf([...header.format, ...more.format], true, ['name']),
    contigs: header.contigs.length > MOST_CONTIGS ? [] : header.contigs,
  }
  return viewLayout(layoutFor(dialect, header.end), options)
}

/** The layout with fewer samples, INFO or FORMAT fields: the same records, the same index. */
export function viewLayout(layout: TextLayout, options: Options): TextLayout {
  checkOptionNames('vcf', options, OPTION_NAMES)
  const given = Object.keys(options).filter((name) => (options[name] ?? null) !== null)
  if (given.length === 0) return layout
  const dialect = dialectOf(layout)
  const samples = namesOf('samples', options.samples)
  const info = namesOf('info', options.info)
  const format = namesOf('format_fields', options.format_fields)
  return layoutFor(
    {
      ...dialect,
      chosen: samples === undefined ? dialect.chosen : chooseSamples(dialect.samples, samples),
      info: info === undefined ? dialect.info : chooseFields('info', dialect.info, info),
      format: format === undefined ? dialect.format : chooseFields('format_fields', dialect.format, format),
    },
    layout.dataStart,
  )
}

/** A name, or a list of names. */
function namesOf(option: string, value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined
  const names = typeof value === 'string' ? [value] : value
  if (Array.isArray(names) && names.every((name) => typeof name === 'string')) {
    const twice = names.find((name, i) => names.indexOf(name) !== i)
    if (twice === undefined) return names
    throw new VarveError('invalid-input', `vcf: ${option} names "${twice}" twice`, { option })
  }
  const message = `vcf: ${option} is ${JSON.stringify(value)}, expected a list of names`
  throw new VarveError('invalid-input', message, { option })
}

function chooseSamples(samples: readonly string[], names: readonly string[]): number[] {
  return names.map((name) => {
    const at = samples.indexOf(name)
    if (at < 0) throw unknown('samples', name, samples)
    return at
  })
}

function chooseFields(option: string, fields: readonly VcfField[], names: readonly string[]): VcfField[] {
  return names.map((name) => {
    const field = fields.find((one) => one.id === name) ?? fields.find((one) => one.name === name)
    if (field === undefined)
      throw unknown(
        option,
        name,
        fields.map(({ id }) => id),
      )
    return field
  })
}

function unknown(option: string, name: string, there: readonly string[]): VarveError {
  const some = there.slice(0, 5).join(', ')
  const rest = there.length > 5 ? `, … (${there.length})` : ''
  const expected = there.length === 0 ? 'there are none' : `expected some of ${some}${rest}`
  return new VarveError('invalid-input', `vcf: ${option}: "${name}" is not in the file, ${expected}`, {
    option,
  })
}
