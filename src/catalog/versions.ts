/** Versions and their tables, as functions name them. */

import { VarveError } from '../errors.ts'
import { FILES, filesSchema } from '../lake/files.ts'
import { inLake } from '../lake/open.ts'
import { parseReference } from '../lake/reference.ts'
import { openSchema, openTable } from '../lake/table/list.ts'
import type { Lake, Table, TableRef, TableSchema, VersionDescription } from '../lake/types.ts'
import { resolveVersion } from '../lake/versions/resolve.ts'

/** A table that a version may have; one that it has not, has no rows. */
export interface NamedTable {
  readonly name: string
  readonly version: VersionDescription
  readonly ref: TableRef | undefined
}

/** The version that `D@v` means. */
export function versionOf(
  lake: Lake,
  reference: string,
  signal: AbortSignal | undefined,
): Promise<VersionDescription> {
  return inLake(lake, () => resolveVersion(lake, parseReference(reference), { signal }), signal)
}

/** A version's table; `not-found` with those there are. Every version has `files`. */
export function tableOf(version: VersionDescription, name: string): NamedTable {
  const ref = version.tables[name]
  if (ref !== undefined || name === FILES) return { name, version, ref }
  throw noSuchTable(name, [version])
}

export function noSuchTable(name: string, versions: readonly VersionDescription[]): VarveError {
  const names = new Set([FILES, ...versions.flatMap(({ tables }) => Object.keys(tables))])
  const where = versions.map(({ dataset, number }) => `${dataset}@${number}`).join(' and ')
  const verb = versions.length === 1 ? 'has' : 'have'
  const message = `${where} ${verb} no table "${name}"; there ${names.size === 1 ? 'is' : 'are'} ${[...names].join(', ')}`
  return new VarveError('not-found', message, { table: name })
}

const NO_FILES: TableSchema = filesSchema([])

export async function schemaOf(
  lake: Lake,
  { name, ref }: NamedTable,
  signal: AbortSignal | undefined,
): Promise<TableSchema | undefined> {
  if (ref !== undefined) return openSchema(lake, ref, signal)
  return name === FILES ? NO_FILES : undefined
}

export async function partsOf(
  lake: Lake,
  { ref }: NamedTable,
  signal: AbortSignal | undefined,
): Promise<Table | undefined> {
  return ref && openTable(lake, ref, signal)
}

/** RFC 3339 as microseconds since 1970. */
export function microsOf(time: string): bigint {
  return BigInt(Date.parse(time)) * 1000n
}
