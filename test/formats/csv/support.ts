/** DuckDB's own read_csv, and ours under all the ways a caller may feed it. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import type { ColumnBatch, ColumnVector, DataType, Field } from '../../../src/formats/batch.ts'
import { csv } from '../../../src/formats/csv/index.ts'
import { sqlName } from '../../../src/formats/sql-names.ts'
import type { BadRecord, Options, TextLayout, Zone } from '../../../src/formats/text/types.ts'

export type Value = null | boolean | number | bigint | string

export interface Table {
  readonly names: readonly string[]
  readonly types: readonly string[]
  readonly rows: readonly (readonly Value[])[]
}

let connected: Promise<DuckDBConnection> | undefined

async function connect(): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run("set TimeZone = 'UTC'")
  return connection
}

function plain(value: unknown): Value {
  if (value === null || typeof value !== 'object') return value as Value
  if ('days' in value) return value.days as number
  if ('micros' in value) return value.micros as bigint
  throw new Error(`no plain value for ${String(value)}`)
}

/** An option's value as SQL. */
function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value).map(([name, item]) => `${literal(name)}: ${literal(item)}`)}}`
  }
  return typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value)
}

/** What DuckDB reads; its message when it refuses. */
export async function duckdb(content: string | Uint8Array, options: Options = {}): Promise<Table | string> {
  const folder = mkdtempSync(join(tmpdir(), 'varve-csv-'))
  const path = join(folder, 'given.csv')
  writeFileSync(path, content)
  const given = Object.entries(options).map(([name, value]) => `, ${name} = ${literal(value)}`)
  connected ??= connect()
  try {
    const reader = await (await connected).runAndReadAll(`from read_csv('${path}'${given.join('')})`)
    return {
      names: reader.columnNames(),
      types: reader.columnTypes().map(String),
      rows: reader.getRows().map((row) => row.map(plain)),
    }
  } catch (error) {
    return (error as Error).message
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function valueAt(vector: ColumnVector, type: DataType, row: number): Value {
  if (vector.validity !== undefined && (vector.validity[row >> 3]! & (1 << (row & 7))) === 0) return null
  if (type.kind === 'bool') return ((vector.values as Uint8Array)[row >> 3]! & (1 << (row & 7))) !== 0
  if (type.kind === 'utf8') {
    const { offsets, values } = vector
    const bytes = (values as Uint8Array).subarray(offsets![row], offsets![row + 1])
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  }
  return vector.values![row]!
}

export function batchRows(batch: ColumnBatch, fields: readonly Field[]): Value[][] {
  return Array.from({ length: batch.rows }, (_, row) =>
    batch.columns.map((vector, i) => valueAt(vector, fields[i]!.type, row)),
  )
}

export const encode = (content: string | Uint8Array): Uint8Array =>
  typeof content === 'string' ? new TextEncoder().encode(content) : content

/** How a caller feeds a reader: the end of the bytes that are there grows by `grow()`. */
export interface Feeding {
  readonly grow: () => number
  readonly maxRows: () => number
  /** Where the reading of one range ends and the next one's begins. */
  readonly until?: () => number
  readonly projection?: readonly number[]
  readonly zones?: boolean
  readonly ignoreErrors?: boolean
}

export const WHOLE: Feeding = { grow: () => Number.POSITIVE_INFINITY, maxRows: () => 1 << 20 }

export interface Reading {
  readonly rows: Value[][]
  readonly zones: Zone[][]
  readonly rejects: BadRecord[]
  /** Where each `read` stopped. */
  readonly stops: number[]
}

/** A reused buffer that is larger than needed and full of rubbish, as the caller's may be. */
function allocate(bytes: number): ArrayBuffer {
  const buffer = new ArrayBuffer(bytes + 24)
  new Uint8Array(buffer).fill(0xa5)
  return buffer
}

export function readLayout(
  layout: TextLayout,
  bytes: Uint8Array,
  feeding: Feeding,
  from = layout.dataStart,
): Reading {
  const projection = feeding.projection ?? layout.columns.map((_, i) => i)
  const fields = projection.map((i) => layout.columns[i]!)
  const reader = csv.reader(JSON.parse(JSON.stringify(layout)), projection, {
    zones: feeding.zones ?? false,
    ignoreErrors: feeding.ignoreErrors ?? false,
    firstRecord: 0,
    allocate,
  })
  const rows: Value[][] = []
  const rejects: BadRecord[] = []
  const zones: Zone[][] = []
  const stops: number[] = []
  let at = from
  let end = Math.min(bytes.length, from + feeding.grow())
  let until = 0
  while (at < bytes.length) {
    if (at >= until) until = Math.min(bytes.length, at + Math.max(1, feeding.until?.() ?? bytes.length))
    const final = end >= bytes.length
    // Bytes behind `end` are not there yet, whatever they look like.
    const there = bytes.slice(0, end)
    const stop = reader.read(there, at, Math.min(until, end), end, final, feeding.maxRows())
    stops.push(stop)
    rejects.push(...reader.takeRejects())
    const moved = stop > at || reader.rows > 0
    if (reader.rows > 0) {
      rows.push(...batchRows(reader.take(), fields))
      if (feeding.zones) zones.push(reader.takeZones())
    }
    at = stop
    if (!moved && final) throw new Error(`stuck at ${at} of ${bytes.length}`)
    if (!moved || at >= end) end = Math.min(bytes.length, end + feeding.grow())
  }
  return { rows, zones, rejects, stops }
}

/** What we read; the message when we refuse. */
export function ours(
  content: string | Uint8Array,
  options: Options = {},
  feeding: Feeding = WHOLE,
): Table | string {
  const bytes = encode(content)
  try {
    const layout = csv.layout(bytes, true, options)
    return {
      names: layout.columns.map(({ name }) => name),
      types: layout.columns.map(({ type }) => sqlName(type)),
      rows: readLayout(layout, bytes, { ignoreErrors: options.ignore_errors === true, ...feeding }).rows,
    }
  } catch (error) {
    return (error as Error).message
  }
}
