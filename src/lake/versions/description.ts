/** Version descriptions: `provenance/dataset_description.json`, read and checked. */

import { createHash } from 'node:crypto'
import * as z from 'zod'
import { VarveError } from '../../errors.ts'
import type { StoreOptions } from '../../store/index.ts'
import { type Kind, readJson } from '../json.ts'
import { descriptionKey, LAST_NUMBER } from '../layout.ts'
import { checkDatasetName } from '../names.ts'
import type { Lake, TableRef, VersionDescription } from '../types.ts'

const natural = z.number().int().nonnegative()
const number = z.number().int().min(1).max(LAST_NUMBER)
/** Hashes and datasets become parts of keys: nothing else may stand in them. */
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 in hexadecimal')
const dataset = z.string().refine(isDatasetName, 'expected the name of a dataset')
const time = z.iso.datetime({ offset: true })

const tableShape = z.looseObject({
  list: sha256,
  schema: sha256,
  home: dataset,
  rows: natural,
  parts: z.string(),
  content: z.string(),
})

const shape = z.looseObject({
  format: z.literal('varve-version'),
  version: z.literal(1),
  id: z.string().min(1),
  dataset,
  number,
  label: z.string().nullable(),
  parents: z.array(z.looseObject({ dataset, number, id: z.string().min(1) })),
  author: z.string(),
  message: z.string().nullable(),
  created_at: time,
  hash: z.string(),
  tables: z.record(z.string(), tableShape),
  files: natural,
  bytes: natural,
  deleted_at: time.optional(),
})

/** A description as it is stored; a deleted version leaves its own behind, without the tables. */
export interface StoredDescription extends VersionDescription {
  /** RFC 3339; set when the version was deleted. */
  readonly deleted_at?: string | undefined
}

export const DESCRIPTION: Kind<StoredDescription> = {
  format: 'varve-version',
  noun: 'a version of a dataset',
  shape,
}

/** A number that was committed: the version, and whether it was deleted since. */
export interface VersionRecord {
  readonly description: VersionDescription
  readonly deleted: boolean
}

/** What stands under a version's number; undefined for one that was never committed. */
export async function readRecord(
  lake: Lake,
  dataset: string,
  number: number,
  options: StoreOptions = {},
): Promise<VersionRecord | undefined> {
  const key = descriptionKey(dataset, number)
  const description = (await readJson(lake.store, key, DESCRIPTION, options))?.value
  if (description === undefined) return undefined
  if (description.dataset !== dataset || description.number !== number) {
    const uri = lake.url + key
    const message = `${uri} describes ${description.dataset}@${description.number}, expected ${dataset}@${number}`
    throw new VarveError('invalid-data', message, { uri })
  }
  // A table may be called `constructor`, which every other object has.
  const tables = Object.assign(Object.create(null) as object, description.tables)
  return { description: { ...description, tables }, deleted: description.deleted_at !== undefined }
}

/** A version by its number, in one request; undefined when there is none (any more). */
export async function readDescription(
  lake: Lake,
  dataset: string,
  number: number,
  options: StoreOptions = {},
): Promise<VersionDescription | undefined> {
  const record = await readRecord(lake, dataset, number, options)
  return record?.deleted === false ? record.description : undefined
}

/** SHA-256 of what the tables say: the same data has the same hash in every dataset and lake. */
export function contentHash(tables: Readonly<Record<string, TableRef>>): string {
  const contents = Object.entries(tables).map(([name, { content }]) => [name, content])
  const sorted = contents.sort(([a = ''], [b = '']) => (a < b ? -1 : 1))
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex')
}

function isDatasetName(name: string): boolean {
  try {
    checkDatasetName(name)
    return true
  } catch {
    return false
  }
}
