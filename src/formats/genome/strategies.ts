/** Slices by reference (chromosome, contig), and the slice of a region: of records with a name, a first and a last base. */

import { VarveError } from '../../errors.ts'
import type { Cut, Layout, SegmentList, Strategy } from '../types.ts'
import { parseRegion } from './region.ts'

/** The columns that say where a record lies; the first zone is that of `name`. */
export interface PlaceColumns {
  /** What a reference is called in messages. */
  readonly kind: string
  readonly name: string
  readonly from: string
  readonly to: string
}

/** A segment's only reference; undefined where it holds several, or none. */
function nameOf({ zones: [zone] }: SegmentList['segments'][number]): string | undefined {
  const isOne = zone !== undefined && !zone.nulls && typeof zone.min === 'string' && zone.min === zone.max
  return isOne ? (zone.min as string) : undefined
}

/** Runs of segments with the same reference: segments end where references do. */
export function byReference({ segments }: SegmentList): Cut[] {
  const cuts: { firstRow: number; rows: number }[] = []
  let before: string | undefined
  for (const segment of segments) {
    const { firstRow, rows } = segment
    if (rows === 0) continue
    const name = nameOf(segment)
    const last = cuts.at(-1)
    if (last !== undefined && name !== undefined && name === before) last.rows += rows
    else cuts.push({ firstRow, rows })
    before = name
  }
  return cuts
}

/** The references that a header declares; `all`: no record may have another one. */
export interface Declared {
  readonly names: readonly string[]
  readonly all: boolean
}

/** `tool`: the command whose answer is the same. */
export function regionStrategy(
  tool: string,
  columns: PlaceColumns,
  declared: (layout: Layout) => Declared,
): Strategy {
  return {
    arguments: { region: 'text' },
    summary: `the records that overlap ${columns.name.toUpperCase()}:FROM-TO, as in \`${tool}\``,
    cut: (file, { region }) => byRegion(file, String(region), columns, declared(file.layout)),
  }
}

function byRegion(file: SegmentList, text: string, columns: PlaceColumns, declared: Declared): Cut[] {
  const found = declared.all ? [] : file.segments.flatMap((segment) => nameOf(segment) ?? [])
  const there = [...new Set([...found, ...declared.names])]
  const { chrom, from, to } = parseRegion(text, there)
  const mixed =
    !declared.all && file.segments.some((segment) => segment.rows > 0 && nameOf(segment) === undefined)
  if (!mixed && !there.includes(chrom)) {
    const some = there.slice(0, 5).join(', ')
    const message = `strategy region: ${columns.kind} "${chrom}" is not in the file, expected one of ${some}${there.length > 5 ? ', …' : ''}`
    throw new VarveError('invalid-input', message, { region: text })
  }
  return [
    {
      where: [
        { column: columns.name, op: '=', values: [chrom] },
        ...(to === undefined ? [] : [{ column: columns.from, op: '<=', values: [to] } as const]),
        ...(from === undefined ? [] : [{ column: columns.to, op: '>=', values: [from] } as const]),
      ],
    },
  ]
}
