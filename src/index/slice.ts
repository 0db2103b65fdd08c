/**
 * A slice: rows of one object as a small JSON value that any other process can evaluate, given only access to
 * the object (and, in a gzip file, to the index that holds its window). It never holds credentials.
 */

import { createHash } from 'node:crypto'
import * as z from 'zod'
import { VarveError } from '../errors.ts'
import type { Condition, Cut, Layout, Part, RowRange, Run, Stretch } from '../formats/types.ts'
import { pruneRows } from './prune.ts'
import { parseLayout } from './read.ts'
import { rowlessRun, runOf, runOver, segmentsOf } from './runs.ts'
import type { PartitionIndex, WindowPlace } from './types.ts'

/** A block of a slice; its window is found in the index. */
export interface SlicePart extends Omit<Part, 'window'> {
  readonly window?: WindowPlace | undefined
}

/** What to decode, without the windows. */
export interface SliceRun extends Omit<Run, 'parts' | 'measure'> {
  readonly parts?: readonly SlicePart[] | undefined
}

export interface SliceValue extends RowRange {
  readonly v: 1
  readonly uri: string
  readonly identity: string
  readonly size: number
  readonly layout: Layout
  /** The first slice of its file: its text begins with the file's header. */
  readonly first: boolean
  /** What to decode; null when there are no rows. Its window is found through `window`. */
  readonly run: SliceRun | null
  /** Only those of its rows that fulfil all of these. */
  readonly where?: readonly Condition[] | undefined
  /** Where the index keeps the window of the run's first segment; with blocks, all that their windows stand in. */
  readonly window: {
    readonly uri: string
    readonly identity: string
    readonly size: number
    readonly start: number
    readonly end: number
    readonly crc: number
  } | null
}

const natural = z.number().int().nonnegative()

const runShape = z.strictObject({
  kind: z.literal('run'),
  point: z.strictObject({ source: natural, bits: z.number().int().min(0).max(7), raw: natural }),
  end: natural,
  raw: natural,
  rawEnd: natural,
  firstRow: natural,
  skip: natural,
  rows: natural,
  toEnd: z.boolean(),
  checks: z.array(z.strictObject({ rawEnd: natural, crc: natural })),
  parts: z
    .array(
      z.strictObject({
        source: natural,
        end: natural,
        raw: natural,
        firstRow: natural,
        rows: natural,
        window: z.strictObject({ start: natural, end: natural, crc: natural }).optional(),
      }),
    )
    .optional(),
  within: z
    .strictObject({
      from: natural,
      to: natural,
      resume: z.strictObject({ at: natural, values: z.record(z.string(), z.string().nullable()) }).optional(),
    })
    .optional(),
})

const conditionShape = z.strictObject({
  column: z.string(),
  op: z.enum(['=', '<', '<=', '>', '>=', 'in', 'is null', 'starts with']),
  values: z.array(z.union([z.boolean(), z.number(), z.string()])),
})

const sliceShape = z.strictObject({
  v: z.literal(1),
  uri: z.string().min(1),
  identity: z.string(),
  size: natural,
  layout: z.unknown(),
  first: z.boolean(),
  firstRow: natural,
  rows: natural,
  run: runShape.nullable(),
  where: z.array(conditionShape).optional(),
  window: z
    .strictObject({
      uri: z.string(),
      identity: z.string(),
      size: natural,
      start: natural,
      end: natural,
      crc: natural,
    })
    .nullable(),
  check: z.string(),
})

/** The slice of these rows; `first` of the slices of its file. */
export function makeSlice(index: PartitionIndex, cut: Cut, first: boolean): SliceValue {
  const { uri, identity, size, layout } = index
  const ranges = 'where' in cut ? pruneRows(index, cut.where) : [cut]
  const found = 'within' in cut ? sliceStretch(index, cut) : sliceRun(index, ranges)
  const [run, window] = found ?? (first ? sliceRowless(index) : [null, null])
  const firstRow = ranges[0]?.firstRow ?? 0
  const end = ranges.at(-1)
  return {
    v: 1,
    uri,
    identity,
    size,
    layout,
    first,
    firstRow,
    rows: run === null ? 0 : 'where' in cut ? run.rows : end!.firstRow + end!.rows - firstRow,
    run,
    ...('where' in cut && { where: cut.where }),
    window,
  }
}

/** The run over a stretch of one row: as much of the row's segments as the stretch needs. */
function sliceStretch(
  index: PartitionIndex,
  { firstRow, rows, within, segments }: Stretch,
): readonly [SliceRun, SliceValue['window']] {
  const run = runOver(index, { firstRow, rows }, segments)
  const place = index.windowPlace(segments.from)
  const location = { uri: index.location, identity: index.locationIdentity, size: index.bytes }
  return [
    // Segments inside of a row begin behind its beginning, and so behind its ordinal.
    {
      ...withoutWindows(run),
      firstRow: firstRow - Math.max(0, run.skip),
      skip: Math.max(0, run.skip),
      within,
    },
    place === undefined ? null : { ...location, ...place },
  ]
}

function sliceRowless(index: PartitionIndex): readonly [SliceRun, null] | [null, null] {
  const run = rowlessRun(index)
  return run === undefined ? [null, null] : [withoutWindows(run), null]
}

/** The run over these ranges of rows: of text from the first row to the last, of blocks those that are needed. */
function sliceRun(
  index: PartitionIndex,
  ranges: readonly RowRange[],
): readonly [SliceRun, SliceValue['window']] | undefined {
  const last = ranges.at(-1)
  if (last === undefined) return undefined
  const firstRow = ranges[0]!.firstRow
  const run = runOf(index, { firstRow, rows: last.firstRow + last.rows - firstRow })
  if (run === undefined) return undefined
  const places = index.layout.blocks
    ? ranges.flatMap((range) => {
        const { from, to } = segmentsOf(index, range)
        return Array.from({ length: to - from }, (_, i) => from + i)
      })
    : [segmentsOf(index, ranges[0]!).from]
  const windows = places.map((segment) => index.windowPlace(segment))
  const held = windows.filter((window) => window !== undefined)
  const location = { uri: index.location, identity: index.locationIdentity, size: index.bytes }
  if (!index.layout.blocks)
    return [withoutWindows(run), held[0] === undefined ? null : { ...location, ...held[0] }]
  const first = segmentsOf(index, { firstRow, rows: 1 }).from
  const parts = places.map((segment, i): SlicePart => {
    const { window: _, ...part } = run.parts![segment - first]!
    return windows[i] === undefined ? part : { ...part, window: windows[i] }
  })
  const rows = ranges.reduce((sum, range) => sum + range.rows, 0)
  const start = Math.min(...held.map((place) => place.start))
  const around = held.length === 0 ? null : { ...location, start, end: held.at(-1)!.end, crc: 0 }
  return [{ ...withoutWindows(run), parts, rows }, around]
}

function withoutWindows({ parts: _, measure: __, ...run }: Run): SliceRun {
  const { source, bits, raw } = run.point
  return { ...run, point: { source, bits, raw } }
}

/** What notices an edited slice. Not a signature: whoever wants to forge one can. */
function check(value: SliceValue): string {
  return createHash('sha256').update(JSON.stringify(value, sorted)).digest('hex').slice(0, 16)
}

/** The keys of every object in one order, whatever order a JSON tool left them in. */
function sorted(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** One line of JSON. */
export function sliceToJson(value: SliceValue): string {
  return JSON.stringify({ ...value, check: check(value) })
}

/** Source bytes that reading the slice touches at most: [start, end). */
export function sliceBytes({ run }: SliceValue): { readonly start: number; readonly end: number } {
  if (run === null) return { start: 0, end: 0 }
  const { point, end, parts = [] } = run
  return {
    start: parts.reduce((least, part) => Math.min(least, part.source), point.source),
    end: parts.reduce((most, part) => Math.max(most, part.end), end),
  }
}

/** Reads a slice's JSON; `invalid-input` when it is none, was edited, or is of a later version. */
export function parseSlice(text: string): SliceValue {
  const refuse = (what: string, cause?: unknown): VarveError =>
    new VarveError(
      'invalid-input',
      `slice: ${what}, expected a line as \`varve slices\` prints it`,
      {},
      cause,
    )
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw refuse(`not JSON: ${(error as Error).message}`, error)
  }
  const version = (json as { v?: unknown } | null)?.v
  if (version !== 1) {
    throw refuse(version === undefined ? 'without a version' : `of version ${JSON.stringify(version)}, not 1`)
  }
  const parsed = sliceShape.safeParse(json)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    throw refuse(`${issue.path.join('.') || 'value'}: ${issue.message}`)
  }
  const { check: given, ...rest } = parsed.data
  const layout = parseLayout(rest.layout)
  if (layout === undefined) throw refuse('layout: not one')
  const value = { ...rest, layout: rest.layout as Layout } as SliceValue
  if (check(value) !== given) throw refuse('edited: its checksum does not fit')
  return value
}
