/** `lake://D@v/path` for scans: which object a logical path stands for. */

import { VarveError } from '../errors.ts'
import { FILES } from '../lake/files.ts'
import { filesMatching } from '../lake/match.ts'
import { inLake } from '../lake/open.ts'
import { isLakeUri, parseLakeUri } from '../lake/reference.ts'
import { fileEntry, placeOf } from '../lake/retrieve/object.ts'
import { pathKey } from '../lake/table/key.ts'
import { findRows } from '../lake/table/read.ts'
import type { Lake, Row, Table, VersionDescription } from '../lake/types.ts'
import { resolveVersion } from '../lake/versions/resolve.ts'
import type { NamedObject, NameResolver } from '../scan/context.ts'
import { isGlob } from '../store/index.ts'
import { partsOf, tableOf } from './versions.ts'

/** The names of a lake's files. All that one call gives are of one version, whatever becomes the latest meanwhile. */
export function lakeNames(lake: Lake): NameResolver {
  return {
    owns: isLakeUri,
    async expand(name, signal) {
      const { reference, path } = parseLakeUri(name)
      const version = await inLake(lake, () => resolveVersion(lake, reference, { signal }), signal)
      const shown = `${version.dataset}@${version.number}`
      if (path === '') {
        const message = `${name} is a version, expected a file in it: files('${shown}') lists them`
        throw new VarveError('invalid-input', message, { uri: name })
      }
      const table = await partsOf(lake, tableOf(version, FILES), signal)
      const rows = table === undefined ? [] : await rowsOf(lake, table, path, signal)
      if (rows.length === 0) throw await missing(lake, version, table, name, path, signal)
      const base = name.slice(0, name.length - path.length)
      const objects: NamedObject[] = []
      for (const row of rows) objects.push(await objectOf(lake, base, row, signal))
      return objects
    },
  }
}

async function rowsOf(
  lake: Lake,
  table: Table,
  path: string,
  signal: AbortSignal | undefined,
): Promise<Row[]> {
  const rows: Row[] = []
  if (isGlob(path)) for await (const row of filesMatching(lake, table, path, signal)) rows.push(row)
  else {
    const row = (await findRows(lake, table, [pathKey(path)], { signal })).get(pathKey(path))
    if (row?.path === path) rows.push(row)
  }
  return rows
}

/** Registered objects must be what they were; uploaded ones are under their checksum, and cannot be anything else. */
async function objectOf(
  lake: Lake,
  base: string,
  row: Row,
  signal: AbortSignal | undefined,
): Promise<NamedObject> {
  const entry = fileEntry(row)
  const { store, key } = await placeOf(lake, entry, signal)
  return {
    name: base + entry.path,
    uri: store.url + key,
    size: entry.bytes,
    identity: entry.uri === undefined ? undefined : entry.etag,
  }
}

async function missing(
  lake: Lake,
  { dataset, number }: VersionDescription,
  table: Table | undefined,
  name: string,
  path: string,
  signal: AbortSignal | undefined,
): Promise<VarveError> {
  const version = `${dataset}@${number}`
  const details = { uri: name, dataset, number }
  if (isGlob(path)) return new VarveError('not-found', `no file of ${version} matches ${path}`, details)
  const key = pathKey(path)
  const like = table && (await findRows(lake, table, [key], { signal })).get(key)?.path
  const hint = typeof like === 'string' ? `it has ${like}` : `files('${version}') lists those it has`
  return new VarveError('not-found', `${version} has no file ${path}; ${hint}`, details)
}
