/** What a BAM file looks like: its columns, and the option that shows tags as columns. */

import { VarveError } from '../../errors.ts'
import type { Field } from '../batch.ts'
import { checkOptionNames } from '../text/options.ts'
import type { Options, TextLayout } from '../text/types.ts'
import { isBam, parseHeader } from './header.ts'
import { type PackedNames, packNames } from './references.ts'
import { seenTags } from './seen.ts'
import { TAG_LIST, TAG_TYPES, type TagType, typeOfTag } from './tag-columns.ts'

export const QNAME = 0
export const FLAG = 1
export const RNAME = 2
export const POS = 3
export const MAPQ = 4
export const CIGAR = 5
export const RNEXT = 6
export const PNEXT = 7
export const TLEN = 8
export const SEQ = 9
export const QUAL = 10
/** The first of the tags' columns; behind them `end_pos` and `record`. */
export const TAGS = 11

export const OPTION_NAMES = ['tags'] as const

/** A tag that is a column of its own. */
export interface ChosenTag {
  readonly tag: string
  readonly type: TagType
}

/** A layout's dialect: plain JSON. */
export interface BamDialect {
  readonly references: PackedNames
  /** Types of the tags in the file's first records. */
  readonly seen: Readonly<Record<string, TagType>>
  /** The tags that are columns; a list of all of them when missing. */
  readonly chosen?: readonly ChosenTag[] | undefined
}

export function dialectOf(layout: TextLayout): BamDialect {
  return layout.dialect as unknown as BamDialect
}

/** The standard tags that are no text: SAMtags.pdf, 1. */
const STANDARD: Readonly<Record<string, TagType>> = Object.fromEntries([
  ...'AM AS CM CP FI H0 H1 H2 HI IH MQ NH NM OP PQ SM TC UQ'.split(' ').map((tag) => [tag, 'i']),
  ...'CG FZ ML'.split(' ').map((tag) => [tag, 'B']),
  ['TS', 'A'],
] as [string, TagType][])

function layoutFor(dialect: BamDialect, dataStart: number): TextLayout {
  const { chosen } = dialect
  const tags: Field[] =
    chosen === undefined
      ? [{ name: 'tags', type: TAG_LIST }]
      : chosen.map(({ tag, type }) => ({ name: tag, type: typeOfTag(type) }))
  const columns: Field[] = [
    { name: 'qname', type: { kind: 'utf8' } },
    { name: 'flag', type: { kind: 'uint16' } },
    { name: 'rname', type: { kind: 'utf8' } },
    { name: 'pos', type: { kind: 'int64' } },
    { name: 'mapq', type: { kind: 'uint8' } },
    { name: 'cigar', type: { kind: 'utf8' } },
    { name: 'rnext', type: { kind: 'utf8' } },
    { name: 'pnext', type: { kind: 'int64' } },
    { name: 'tlen', type: { kind: 'int64' } },
    { name: 'seq', type: { kind: 'utf8' } },
    { name: 'qual', type: { kind: 'utf8' } },
    ...tags,
    { name: 'end_pos', type: { kind: 'int64' } },
    { name: 'record', type: { kind: 'int64' } },
  ]
  return {
    columns,
    zones: ['rname', 'pos', 'end_pos'],
    dataStart,
    ordinal: columns.length - 1,
    dialect: dialect as unknown as Options,
  }
}

export function bamLayout(head: Uint8Array, whole: boolean, options: Options): TextLayout | 'more' {
  checkOptionNames('bam', options, OPTION_NAMES)
  const header = parseHeader(head, whole)
  if (header === 'more') return 'more'
  const { references, end } = header
  const dialect: BamDialect = {
    references: packNames(references),
    seen: seenTags(head, end, references.length),
  }
  return viewLayout(layoutFor(dialect, end), options)
}

export function detectBam(_path: string, head: Uint8Array): boolean {
  return isBam(head)
}

/** The layout with tags as columns: the same records, the same index. */
export function viewLayout(layout: TextLayout, options: Options): TextLayout {
  checkOptionNames('bam', options, OPTION_NAMES)
  const given = options.tags
  if (given === undefined || given === null) return layout
  const dialect = dialectOf(layout)
  const names = typeof given === 'string' ? [given] : given
  if (!Array.isArray(names) || !names.every((name): name is string => typeof name === 'string'))
    throw wrongTag(`tags is ${JSON.stringify(given)}, expected a list of tags`)
  const chosen = names.map((name) => chosenTag(name, dialect))
  const columns = chosen.map(({ tag }) => tag.toLowerCase())
  // SQL does not tell XS from xs.
  const twice = chosen.find(({ tag }, i) => columns.indexOf(tag.toLowerCase()) !== i)
  if (twice !== undefined) throw wrongTag(`tags names "${twice.tag}" twice (SQL sees no difference of case)`)
  return layoutFor({ ...dialect, chosen }, layout.dataStart)
}

const TAG = /^([A-Za-z][A-Za-z0-9])(?::(.))?$/

function chosenTag(name: string, { seen }: BamDialect): ChosenTag {
  const [, tag, type] = TAG.exec(name) ?? []
  const isType = (one: string): one is TagType => (TAG_TYPES as readonly string[]).includes(one)
  if (tag === undefined || (type !== undefined && !isType(type))) {
    const expected =
      'expected two letters like "NM", with a type of A, i, f, Z, H or B like "XY:i" if need be'
    throw wrongTag(`tags has ${JSON.stringify(name)}, ${expected}`)
  }
  return { tag, type: type ?? seen[tag] ?? STANDARD[tag] ?? 'Z' }
}

function wrongTag(what: string): VarveError {
  return new VarveError('invalid-input', `bam: ${what}`, { option: 'tags' })
}
