/** Reads an index file: its end first, windows when they are needed. */

import { crc32 } from 'node:zlib'
import { type AsyncBuffer, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import * as z from 'zod'
import type { ByteSource } from '../bytes/types.ts'
import { VarveError } from '../errors.ts'
import type { Layout, Segment } from '../formats/types.ts'
import { type Sealed, unseal } from './checksums.ts'
import { NUMBERS, type NumberColumn, readZones, zoneColumnNames } from './columns.ts'
import type { IndexFacts, PartitionIndex, WindowPlace } from './types.ts'
import { INDEX_VERSION, METADATA_KEY, samePoint } from './write.ts'

/** Holds footer and small columns of an index of some hundred segments. */
const TAIL = 64 * 1024

const layoutShape = z.looseObject({
  format: z.string(),
  container: z.enum(['plain', 'gzip', 'bgzf']),
  columns: z.array(z.looseObject({ name: z.string(), type: z.looseObject({ kind: z.string() }) })),
  zones: z.array(z.string()),
  dataStart: z.number(),
  ordinal: z.number().optional(),
  dialect: z.record(z.string(), z.unknown()),
})

const metadataShape = z.object({
  v: z.literal(INDEX_VERSION),
  uri: z.string(),
  identity: z.string(),
  size: z.number(),
  layout: layoutShape,
  rows: z.number(),
  raw: z.number(),
  segments: z.number(),
})

/** A layout that came from outside: an index file, a slice. */
export function parseLayout(value: unknown): Layout | undefined {
  const parsed = layoutShape.safeParse(value)
  return parsed.success ? (parsed.data as unknown as Layout) : undefined
}

/**
 * Opens an index file. `invalid-data` when it is damaged, or belongs to another source than `expected`.
 */
export async function readIndex(
  file: ByteSource,
  expected: Pick<IndexFacts, 'uri' | 'identity' | 'size'> & { readonly format: string },
  signal?: AbortSignal,
): Promise<PartitionIndex> {
  const from = Math.max(0, file.size - TAIL)
  const tail = await file.read(from, file.size, { signal })
  const damaged = (what: string, cause?: unknown): VarveError => {
    const message = `index ${file.uri}: ${what}, expected the index of ${expected.uri}; rebuild it with \`varve index --force\``
    return new VarveError('invalid-data', message, { index: file.uri, uri: expected.uri }, cause)
  }
  let parsed: {
    facts: z.infer<typeof metadataShape>
    segments: Segment[]
    places: (WindowPlace | undefined)[]
  }
  try {
    parsed = await parse(
      await unseal(tail, file.size, (start, end) => file.read(start, end, { signal })),
      file.size,
    )
  } catch (error) {
    if (error instanceof VarveError) throw error
    throw damaged(`damaged: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`, error)
  }
  const { facts, segments, places } = parsed
  for (const name of ['uri', 'identity', 'size'] as const) {
    if (facts[name] !== expected[name]) throw damaged(`foreign: made for ${name} ${facts[name]}`)
  }
  if (facts.layout.format !== expected.format)
    throw damaged(`foreign: made for format ${facts.layout.format}`)

  const windowPlace = (i: number): WindowPlace | undefined => places[i]
  return {
    ...facts,
    layout: facts.layout as unknown as Layout,
    location: file.uri,
    locationIdentity: file.identity,
    bytes: file.size,
    segments,
    windowPlace,
    ...readingWindows(file, segments.length, windowPlace),
  }
}

/** The index as it was read, by another handle of the same file. */
export function reopenIndex(index: PartitionIndex, file: ByteSource): PartitionIndex {
  return { ...index, ...readingWindows(file, index.segments.length, index.windowPlace) }
}

function readingWindows(
  file: ByteSource,
  segments: number,
  windowPlace: PartitionIndex['windowPlace'],
): Pick<PartitionIndex, 'windows' | 'close'> {
  return {
    async windows(from, to, signal) {
      const count = Math.max(0, Math.min(to, segments) - from)
      const wanted = Array.from({ length: count }, (_, i) => windowPlace(from + i))
      const held = wanted.filter((place) => place !== undefined)
      if (held.length === 0) return wanted.map(() => undefined)
      const first = held[0]!.start
      const bytes = await file.read(first, held.at(-1)!.end, { signal })
      return wanted.map((place) => place && windowAt(bytes, first, place, file.uri))
    },
    close: async () => file.close?.(),
  }
}

/** A window out of bytes of the index file that begin at `first`, checked. */
export function windowAt(bytes: Uint8Array, first: number, place: WindowPlace, uri: string): Uint8Array {
  const window = bytes.slice(place.start - first, place.end - first)
  if (crc32(window) === place.crc) return window
  const message = `index ${uri}: the window at byte ${place.start} is damaged; rebuild the index with \`varve index --force\``
  throw new VarveError('invalid-data', message, { index: uri, byte: place.start })
}

async function parse(end: Sealed, size: number) {
  const buffer = endBuffer(end, size)
  const metadata = await parquetMetadataAsync(buffer, { initialFetchSize: end.bytes.length })
  const value = metadata.key_value_metadata?.find((pair) => pair.key === METADATA_KEY)?.value
  if (value === undefined) throw new Error(`no ${METADATA_KEY} in its metadata`)
  const facts = metadataShape.parse(JSON.parse(value))
  const layout = facts.layout as unknown as Layout
  const columns = [...NUMBERS, ...(end.zones ? zoneColumnNames(layout) : [])]
  const rows = facts.segments === 0 ? [] : await parquetReadObjects({ file: buffer, metadata, columns })
  const segments = rows.map((row): Segment => {
    const number = (name: NumberColumn): number => Number(row[name])
    return {
      point: { source: number('source_start'), bits: number('point_bits'), raw: number('point_raw') },
      end: number('source_end'),
      raw: number('raw_start'),
      rawEnd: number('raw_end'),
      firstRow: number('first_row'),
      rows: number('rows'),
      crc: number('crc32'),
      zones: end.zones ? readZones(layout, row) : [],
    }
  })
  const own = places(metadata, rows)
  return { facts, segments, places: layout.blocks ? own : withShared(own, segments) }
}

/** Each segment's window, which stands with the first one of those that begin at its point. */
function withShared(
  own: readonly (WindowPlace | undefined)[],
  segments: readonly Segment[],
): (WindowPlace | undefined)[] {
  const places = [...own]
  segments.forEach(({ point }, i) => {
    if (places[i] === undefined && samePoint(point, segments[i - 1]?.point)) places[i] = places[i - 1]
  })
  return places
}

/** PLAIN byte arrays are 4 bytes of length and the value, one after the other, up to the column chunk's end. */
function places(
  metadata: Awaited<ReturnType<typeof parquetMetadataAsync>>,
  rows: readonly Record<string, unknown>[],
): (WindowPlace | undefined)[] {
  const chunk = metadata.row_groups[0]?.columns[0]?.meta_data
  if (chunk === undefined) return []
  const sizes = rows.map((row) => Number(row.window_bytes))
  const end = Number(chunk.data_page_offset) + Number(chunk.total_compressed_size)
  let at = end - sizes.reduce((sum, size) => sum + size + 4, 0)
  return rows.map((row, i) => {
    const start = at + 4
    at = start + sizes[i]!
    return sizes[i] === 0 ? undefined : { start, end: at, crc: Number(row.window_crc32) }
  })
}

/** The file for hyparquet, of which only the checked end is there. */
function endBuffer({ bytes, start }: Sealed, size: number): AsyncBuffer {
  return {
    byteLength: size,
    async slice(from, to = size) {
      if (from < start) throw new Error('it wants bytes that are not checked')
      return new Uint8Array(bytes.subarray(from - start, to - start)).buffer
    },
  }
}
