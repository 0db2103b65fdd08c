/**
 * A slice: rows of one object as a small JSON value that any other process can evaluate, given only access to
 * the object (and, in a gzip file, to the index that holds its window). It never holds credentials.
 */

import { createHash } from 'node:crypto'
import { z } from 'zod'
import { VarveError } from '../errors.ts'
import type { Layout, Run } from '../formats/types.ts'
import { parseLayout } from './read.ts'
import { type RowRange, rowlessRun, runOf, segmentsOf } from './runs.ts'
import type { PartitionIndex } from './types.ts'

export interface SliceValue extends RowRange {
  readonly v: 1
  readonly uri: string
  readonly identity: string
  readonly size: number
  readonly layout: Layout
  /** The first slice of its file: its text begins with the file's header. */
  readonly first: boolean
  /** What to decode; null when there are no rows. Its window is found through `window`. */
  readonly run: Run | null
  /** Where the index keeps the window of the run's first segment. */
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
export function makeSlice(index: PartitionIndex, range: RowRange, first: boolean): SliceValue {
  const run = runOf(index, range, undefined) ?? (first ? rowlessRun(index) : undefined)
  const place = run && index.windowPlace(segmentsOf(index, range).from)
  const { uri, identity, size, layout } = index
  return {
    v: 1,
    uri,
    identity,
    size,
    layout,
    first,
    firstRow: range.firstRow,
    rows: range.rows,
    run: run === undefined ? null : { ...run, point: withoutWindow(run.point) },
    window: place
      ? { uri: index.location, identity: index.locationIdentity, size: index.bytes, ...place }
      : null,
  }
}

function withoutWindow({ source, bits, raw }: Run['point']): Run['point'] {
  return { source, bits, raw }
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
  return run === null ? { start: 0, end: 0 } : { start: run.point.source, end: run.end }
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
