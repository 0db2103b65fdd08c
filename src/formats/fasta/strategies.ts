/** How FASTA is cut: by sequences, by residues, by ids. Pure: by the zone maps alone. */

import { VarveError } from '../../errors.ts'
import type { Zone } from '../text/types.ts'
import type { Cut, RowRange, Segment, SegmentList, Strategy, Within } from '../types.ts'
import { ZONES } from './columns.ts'

/** More slices than this are a mistake, and would not fit a list. */
const MOST = 10_000_000

const [ID, LENGTH, DESCRIPTION, OFFSET] = ['id', 'length', 'description', 'offset'].map((name) =>
  (ZONES as readonly string[]).indexOf(name),
) as [number, number, number, number]

export const strategies: Readonly<Record<string, Strategy>> = {
  sequences: {
    arguments: { n: 'count' },
    summary: 'slices of n sequences',
    cut: ({ rows }, { n }) => bySequences(rows, Number(n)),
  },
  residues: {
    arguments: { n: 'count' },
    summary: 'slices of at most n residues, which may begin and end inside a sequence',
    cut: (file, { n }) => byResidues(file, Number(n)),
  },
  ids: {
    arguments: { ids: 'text' },
    summary: 'a slice for each of these ids, with a comma between them',
    cut: (file, { ids }) => byIds(file, String(ids)),
  },
}

function bySequences(rows: number, size: number): RowRange[] {
  const count = Math.ceil(rows / size)
  if (count > MOST) throw tooMany('sequences', size)
  return Array.from({ length: count }, (_, i) => ({
    firstRow: i * size,
    rows: Math.min(size, rows - i * size),
  }))
}

/** Segments [at, behind) of one segment's rows: the segment, and those that its last record goes on in. */
interface Group {
  readonly at: number
  readonly behind: number
  readonly first: Segment
  /** Residues of its longest record, or what they cannot be more than. */
  readonly longest: number
  /** `longest` is the length of every record. */
  readonly exact: boolean
  /** Residues of all of its records are not more than this. */
  readonly most: number
}

function* groupsOf({ segments }: SegmentList): Generator<Group> {
  for (let at = 0; at < segments.length; ) {
    const first = segments[at]!
    let behind = at + 1
    while (first.rows > 0 && segments[behind]?.rows === 0) behind++
    if (first.rows > 0) {
      const raw = segments[behind - 1]!.rawEnd - first.raw
      const zone = first.zones[LENGTH]
      const known = zone !== undefined && zone.max !== null
      const longest = known ? Number(zone.max) : raw
      const exact = known && Number(zone.min) === longest
      yield { at, behind, first, longest, exact, most: Math.min(raw, longest * first.rows) }
    }
    at = behind
  }
}

/**
 * Slices of whole short records, and of parts of long ones. Of records that share a segment only the longest one's
 * length is known: where that one has to be cut, a slice of a shorter one may turn out empty.
 */
function byResidues(file: SegmentList, n: number): Cut[] {
  const cuts: Cut[] = []
  let firstRow = 0
  let rows = 0
  let held = 0
  const push = (cut: Cut): void => {
    if (cuts.length === MOST) throw tooMany('residues', n)
    cuts.push(cut)
  }
  const flush = (next: number): void => {
    if (rows > 0) push({ firstRow, rows })
    firstRow = next
    rows = held = 0
  }
  for (const group of groupsOf(file)) {
    const { first, longest, most } = group
    const end = first.firstRow + first.rows
    if (longest > n) {
      flush(first.firstRow)
      for (let row = first.firstRow; row < end; row++)
        for (const cut of partsOf(file, group, row, n)) push(cut)
      flush(end)
      continue
    }
    if (held + most <= n) {
      rows += first.rows
      held += most
      continue
    }
    for (let row = first.firstRow; row < end; row++) {
      if (held + longest > n) flush(row)
      rows++
      held += longest
    }
  }
  flush(file.rows)
  return cuts
}

function* partsOf({ segments }: SegmentList, group: Group, row: number, n: number): Generator<Cut> {
  const { at, behind, longest } = group
  const own = segments.slice(at, behind)
  const starts = own.map(({ zones }, i) => (i === 0 ? 0 : Number(zones[OFFSET]?.min ?? Number.NaN)))
  const values = titleOf(own[1])
  // Without the places in between, and without a title, everything begins at the record's own beginning.
  const usable = values !== undefined && starts.every((start) => !Number.isNaN(start))
  let begin = 0
  for (let from = 0; from === 0 || from < longest; from += n) {
    const to = Math.min(from + n, longest)
    while (usable && begin + 1 < starts.length && starts[begin + 1]! <= from) begin++
    let end = begin + 1
    while (end < own.length && !(usable && starts[end]! >= to)) end++
    const within: Within = {
      from,
      to,
      ...(begin > 0 && { resume: { at: starts[begin]!, values: values! } }),
    }
    yield { firstRow: row, rows: 1, within, segments: { from: at + begin, to: at + end } }
  }
}

/** Id and description of the record that a segment goes on with, where the index holds them whole. */
function titleOf(segment: Segment | undefined): Record<string, string | null> | undefined {
  const id = segment?.zones[ID]
  const description = segment?.zones[DESCRIPTION]
  if (id === undefined || description === undefined) return undefined
  const none = description.min === null && description.max === null && description.nulls
  if (!isText(id) || !(none || isText(description))) return undefined
  return { id: id.min as string, description: none ? null : (description.min as string) }
}

const isText = ({ min, max }: Zone): boolean => typeof min === 'string' && min === max

/** Rows of an id where its segment holds nothing else; else what of the file may hold it, to be filtered. */
function byIds(file: SegmentList, ids: string): Cut[] {
  return ids.split(',').map((id): Cut => {
    const found = file.segments.filter(({ rows, zones }) => rows > 0 && mayHold(zones[ID], id))
    if (found.length === 0) {
      const message = `strategy ids: no sequence of the file is called ${JSON.stringify(id)}`
      throw new VarveError('invalid-input', message, { strategy: 'ids', ids: id })
    }
    const [only] = found
    if (found.length === 1 && only!.zones[ID] !== undefined && isText(only!.zones[ID]))
      return { firstRow: only!.firstRow, rows: only!.rows }
    return { where: [{ column: 'id', op: '=', values: [id] }] }
  })
}

function mayHold(zone: Zone | undefined, id: string): boolean {
  if (zone === undefined) return true
  const { min, max } = zone
  if (typeof min !== 'string' || typeof max !== 'string') return false
  const text = Buffer.from(id)
  return Buffer.compare(Buffer.from(min), text) <= 0 && Buffer.compare(text, Buffer.from(max)) <= 0
}

function tooMany(strategy: string, n: number): VarveError {
  const message = `strategy ${strategy}: n is ${n}, which makes more than ${MOST} slices`
  return new VarveError('invalid-input', message, { strategy, n })
}
