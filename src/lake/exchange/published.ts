/**
 * The layout in which Flywheel's fw-dataset publishes:
 *
 *   latest_version.json
 *   versions/<latest|id>/provenance/dataset_description.json
 *   versions/<latest|id>/tables/<name>/<partitions>/<hash>.parquet
 *   versions/<latest|id>/schemas/<name>.schema.json        JSON Schema, draft-07
 */

import * as z from 'zod'
import { VarveError } from '../../errors.ts'
import type { ObjectStore, StoreOptions } from '../../store/index.ts'

export const LATEST = 'versions/latest/'
export const LATEST_FILE = 'latest_version.json'
export const DESCRIPTION_FILE = 'provenance/dataset_description.json'

export const archiveOf = (id: string): string => `versions/${id}/`
export const tablePrefix = (name: string): string => `tables/${name}/`
export const schemaFile = (name: string): string => `schemas/${name}.schema.json`

/** An id is a folder's name. */
const ID = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/

const shape = z.looseObject({
  id: z.string().regex(ID),
  name: z.string().optional(),
  version_label: z.string().nullish(),
  description: z.string().nullish(),
  dataset_info: z.unknown().optional(),
})

export type Published = z.infer<typeof shape>

/** What is published under a version's folder; undefined when it has no description, and so is not whole. */
export function readPublished(
  store: ObjectStore,
  folder: string,
  options: StoreOptions = {},
): Promise<Published | undefined> {
  return readDocument(store, folder + DESCRIPTION_FILE, options)
}

/** A document with the id of a version; `invalid-data` when it is none. */
export async function readDocument(
  store: ObjectStore,
  key: string,
  options: StoreOptions,
): Promise<Published | undefined> {
  const found = await store.get(key, options)
  if (found === undefined) return undefined
  const parsed = shape.safeParse(jsonOf(store.url + key, found.bytes))
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  const uri = store.url + key
  const message = `${uri} describes no published version: ${issue.path.join('.')}: ${issue.message}`
  throw new VarveError('invalid-data', message, { uri })
}

export function jsonOf(uri: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString())
  } catch (error) {
    throw new VarveError('invalid-data', `${uri} is not JSON: ${(error as Error).message}`, { uri }, error)
  }
}

/** A folder's name or URL with the slash that makes it one. */
export const withSlash = (url: string): string => (url.endsWith('/') ? url : `${url}/`)
