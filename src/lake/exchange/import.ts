/** `varve import`: a version from a bundle becomes the next version of a dataset. */

import { isVarveError } from '../../errors.ts'
import { checkDatasetName, checkRefName } from '../names.ts'
import { requireLake } from '../open.ts'
import type { FileEntry } from '../retrieve/object.ts'
import type { Lake, TableRef, VersionDescription } from '../types.ts'
import { contentHash } from '../versions/description.ts'
import { refuseLabel } from '../versions/labels.ts'
import { latestVersion, listVersions } from '../versions/list.ts'
import { readTag } from '../versions/refs.ts'
import { type CommitFacts, commitTables } from '../write.ts'
import { refuseAttached } from './attached.ts'
import { writePayloads } from './import-payloads.ts'
import { importTable } from './import-table.ts'
import { inBundle, notWhole, type OpenBundle, openBundle } from './open-bundle.ts'
import {
  carriesPayloads,
  lookFor,
  namesOf,
  payloadsOf,
  refuseMissing,
  type TransferPlan,
  type TransferPolicy,
} from './plan.ts'

export interface ImportOptions extends Partial<CommitFacts> {
  /** The dataset to import into; default the one of the bundle. */
  readonly as?: string | undefined
  /** Default the bundle's. */
  readonly policy?: TransferPolicy | undefined
  /** Only the plan: nothing is written. */
  readonly plan?: boolean | undefined
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined
}

export interface ImportReport {
  readonly dataset: string
  readonly version: number
  /** False: the dataset has a version of this content already, or it was only planned. */
  readonly created: boolean
  readonly label: string | null
  readonly hash: string
  readonly plan: TransferPlan
}

/** The garbage collector goes by age: what is older than this is written again, unless a version has it. */
const YOUNG_MS = 24 * 3600_000

/**
 * Imports a bundle. Its tables replace those of the dataset's latest version, if it has one: the bundle's version is
 * the next one, with the same content hash as it had where it comes from. A dataset that has that content in some
 * version already gets none. The label goes along where it is free.
 *
 * Files whose bytes the bundle brings are the lake's own from then on, wherever they were registered before. Nothing
 * is committed unless all that the bundle says was found and checked; what was written until then is found again by
 * the next try. `not-found` lists the files whose bytes are missing, before anything is written.
 */
export async function importBundle(
  lake: Lake,
  file: string,
  options: ImportOptions = {},
): Promise<ImportReport> {
  const { signal } = options
  const bundle = await openBundle(file, lake.chunking, signal)
  try {
    const { description } = bundle.facts
    const dataset = checkDatasetName(options.as ?? description.dataset)
    const known = await versionOf(lake, dataset, description.hash, signal)
    const { plan, wanted } = await planImport(lake, bundle, dataset, file, known, options)
    const report = { dataset, hash: description.hash, plan }
    if (options.plan === true) {
      const standing = known ?? (await latestVersion(lake, dataset, { signal }))
      return { ...report, version: standing?.number ?? 0, created: false, label: standing?.label ?? null }
    }
    await requireLake(lake, signal)
    await refuseAttached(lake, dataset, { signal })
    refuseMissing(plan, file)
    await writePayloads(lake, bundle, file, wanted, plan, options)
    if (known !== undefined) return { ...report, version: known.number, created: false, label: known.label }
    const { version, created } = await commitBundle(lake, bundle, dataset, file, plan.policy, options)
    return { ...report, version: version.number, created, label: version.label, hash: version.hash }
  } finally {
    await bundle.close()
  }
}

/** A version of the dataset that says what the bundle says. */
async function versionOf(
  lake: Lake,
  dataset: string,
  hash: string,
  signal: AbortSignal | undefined,
): Promise<VersionDescription | undefined> {
  let found: VersionDescription | undefined
  for await (const version of listVersions(lake, dataset, signal)) if (version.hash === hash) found = version
  return found
}

async function planImport(
  lake: Lake,
  bundle: OpenBundle,
  dataset: string,
  file: string,
  known: VersionDescription | undefined,
  options: ImportOptions,
): Promise<{ plan: TransferPlan; wanted: readonly FileEntry[] }> {
  const { facts } = bundle
  const { signal, policy = facts.policy } = options
  const payloads = await payloadsOf(bundle.lake, facts.description, signal).catch((error: unknown) => {
    throw inBundle(file, error)
  })
  const isBrought = carriesPayloads(facts.policy) && carriesPayloads(policy)
  // What the bundle brings belongs to the lake; else it is where the lake of the bundle had it.
  const own = isBrought ? payloads.known.map((entry) => ({ ...entry, uri: undefined })) : payloads.known
  const now = lake.now()
  const isSafe = (modified: number): boolean => known !== undefined || now - modified <= YOUNG_MS
  const found = await lookFor(lake, own, signal, isBrought ? isSafe : undefined)
  const wanted = !isBrought ? [] : policy === 'copy' ? own : found.lacking
  const inPlace = await lookFor(lake, payloads.inPlace, signal)
  const plan = {
    dataset,
    version: facts.description.number,
    policy,
    files: payloads.files,
    bytes: payloads.bytes,
    transfers: wanted.length,
    transfer_bytes: wanted.reduce((sum, { bytes }) => sum + bytes, 0),
    present: own.length - wanted.length - (isBrought ? 0 : found.lacking.length) + inPlace.there.length,
    missing: [...(isBrought ? [] : namesOf(found.lacking)), ...namesOf(inPlace.lacking)],
  }
  return { plan, wanted }
}

async function commitBundle(
  lake: Lake,
  bundle: OpenBundle,
  dataset: string,
  file: string,
  policy: TransferPolicy,
  options: ImportOptions,
): ReturnType<typeof commitTables> {
  const { facts } = bundle
  const { description } = facts
  const { signal } = options
  const isBrought = carriesPayloads(facts.policy) && carriesPayloads(policy)
  const tables: Record<string, TableRef> = {}
  for (const [name, ref] of Object.entries(description.tables))
    tables[name] = await importTable(lake, bundle.lake, dataset, name, ref, { file, isBrought, signal })
  const hash = contentHash(tables)
  if (hash !== description.hash)
    throw notWhole(file, `its tables have the hash ${hash}, expected ${description.hash}`)
  const base = await latestVersion(lake, dataset, { signal })
  const removed = Object.keys(base?.tables ?? {}).filter((name) => tables[name] === undefined)
  return commitTables(lake, {
    author: options.author ?? description.author,
    message: options.message ?? description.message ?? undefined,
    label: options.label ?? (await freeLabel(lake, dataset, file, description.label, signal)),
    signal,
    dataset,
    base,
    tables: { ...Object.fromEntries(removed.map((name) => [name, null])), ...tables },
  })
}

/** The bundle's label, unless the name is taken. */
async function freeLabel(
  lake: Lake,
  dataset: string,
  file: string,
  label: string | null,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  if (label === null) return undefined
  try {
    checkRefName('label', label)
  } catch (error) {
    throw inBundle(file, error)
  }
  try {
    await refuseLabel(lake, dataset, label, { signal })
  } catch (error) {
    if (isVarveError(error, 'conflict')) return undefined
    throw error
  }
  return (await readTag(lake, dataset, label, { signal })) === undefined ? label : undefined
}
