/**
 * `varve attach`: a published dataset as one of the lake's that can only be read.
 *
 * Its rows are imported as ordinary tables, so that versions, diff, time travel and SQL are those of every dataset;
 * its files stay where they are. Rejected: naming the foreign Parquet files as parts, which are sorted by key and
 * found by the hash of what they say, and foreign ones are neither. Attaching again follows what was published since.
 */

import { VarveError } from '../../errors.ts'
import { type ObjectStore, openStore } from '../../store/index.ts'
import { FILES, filesSchema } from '../files.ts'
import { checkDatasetName } from '../names.ts'
import { requireLake } from '../open.ts'
import { rewriteTable } from '../table/rewrite.ts'
import type { Lake, Table } from '../types.ts'
import { latestVersion } from '../versions/list.ts'
import { updateSettings } from '../versions/settings.ts'
import { type CommitFacts, type Committed, commitTables } from '../write.ts'
import { attachTable, tableFiles } from './attach-table.ts'
import { attachedTo } from './attached.ts'
import {
  archiveOf,
  LATEST,
  LATEST_FILE,
  type Published,
  readDocument,
  readPublished,
  withSlash,
} from './published.ts'

export interface AttachOptions extends CommitFacts {
  /** Default the name it was published under. */
  readonly name?: string | undefined
}

/** Its table `files`, if it is not of the kind that varve publishes, is called so: every dataset has its own. */
const THEIR_FILES = 'attached_files'

/**
 * Attaches the latest version published at a URL. `not-found` when nothing is, `conflict` when the lake has a dataset
 * of that name that is not attached to this URL.
 */
export async function attach(lake: Lake, url: string, options: AttachOptions): Promise<Committed> {
  const { signal } = options
  await requireLake(lake, signal)
  const store = openStore(withSlash(url))
  const { folder, published } = await findLatest(store, signal)
  const dataset = checkDatasetName(options.name ?? defaultName(store, published))
  const base = await latestVersion(lake, dataset, { signal })
  const attached = await attachedTo(lake, dataset, { signal })
  if (attached !== store.url && (attached !== undefined || base !== undefined)) {
    const other = attached === undefined ? 'is a dataset of this lake' : `is attached to ${attached}`
    throw new VarveError('conflict', `${dataset} ${other}; attach ${store.url} under another name`, {
      dataset,
      url: store.url,
    })
  }
  const files = await tableFiles(store, folder, signal)
  if (files.size === 0)
    throw new VarveError('invalid-data', `${store.url}${folder} has no tables`, { uri: store.url + folder })
  const tables: Record<string, Table | null> = {}
  for (const name of Object.keys(base?.tables ?? {})) tables[name] = null
  for (const [name, keys] of files) {
    const table = await attachTable(lake, dataset, store, { folder, name, keys }, signal)
    const isTheirs = name === FILES && table.schema.keyKind !== 'path'
    tables[isTheirs ? THEIR_FILES : name] = table
  }
  tables[FILES] ??= (await rewriteTable(lake, dataset, undefined, filesSchema([]), [], { signal })).table
  // The flag first: a dataset that is there without it would be one of the lake's own.
  await updateSettings(lake, dataset, { attached: store.url }, { signal })
  const message = options.message ?? published?.description ?? undefined
  return commitTables(lake, { ...options, message, dataset, base, tables })
}

interface Latest {
  /** Of the version, in the store. */
  readonly folder: string
  readonly published: Published | undefined
}

/** `versions/latest`, else the version that the pointer names. */
async function findLatest(store: ObjectStore, signal: AbortSignal | undefined): Promise<Latest> {
  const latest = await readPublished(store, LATEST, { signal })
  if (latest !== undefined) return { folder: LATEST, published: latest }
  const pointer = await readDocument(store, LATEST_FILE, { signal })
  if (pointer !== undefined) {
    const folder = archiveOf(pointer.id)
    const published = await readPublished(store, folder, { signal })
    if (published !== undefined) return { folder, published }
  }
  const problem = pointer === undefined ? `it has no ${LATEST_FILE}` : `version ${pointer.id} is not whole`
  throw new VarveError('not-found', `${store.url} is no published dataset: ${problem}`, { uri: store.url })
}

/** The published name as a dataset's, else the folder's. */
function defaultName(store: ObjectStore, published: Published | undefined): string {
  const name = published?.name ?? store.url.split('/').at(-2) ?? ''
  return name.replace(/[^A-Za-z0-9._-]+/g, '_').replace(/^[.-]+/, '')
}
