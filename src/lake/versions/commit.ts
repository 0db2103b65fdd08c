/**
 * Committing: whoever puts the description under the next number, where nothing may stand yet, has made the version.
 *
 * Everything it names is written before, under its hash; nothing else decides, so a writer that stops anywhere leaves
 * the version before whole, and the next one finds nothing in its way.
 */

import { randomUUID } from 'node:crypto'
import { sleep } from '../../bytes/retry.ts'
import { throwIfAborted, VarveError } from '../../errors.ts'
import { claimJson, isOutcomeUnknown } from '../json.ts'
import { descriptionKey, LAST_NUMBER } from '../layout.ts'
import { checkDatasetName } from '../names.ts'
import type { Lake, TableRef, VersionDescription, VersionParent } from '../types.ts'
import { contentHash, DESCRIPTION, readRecord } from './description.ts'
import { hasLapsed, releaseLabel, reserveLabel } from './labels.ts'
import { latestVersion, writeHint } from './list.ts'
import { apply, type MergeTable, rebase, sameTables, type TableChanges, type Tables } from './rebase.ts'
import type { LabelRef } from './refs.ts'

export interface Draft {
  readonly dataset: string
  /** The version that the writer saw; undefined: the dataset has none yet. */
  readonly base: VersionDescription | undefined
  /** Changed tables, as already written lists; null removes the table. Tables not named stay as in the base. */
  readonly tables: TableChanges
  readonly author: string
  readonly message?: string | undefined
  readonly label?: string | undefined
  /** More parents: a merge, or the version a new dataset was forked from. */
  readonly parents?: readonly VersionParent[]
  readonly signal?: AbortSignal | undefined
}

/** Rows of `files`, and the bytes of the objects they name. */
export interface Summary {
  readonly files: number
  readonly bytes: number
}

export interface CommitTools {
  readonly mergeTable: MergeTable
  summarize(tables: Record<string, TableRef>): Promise<Summary>
  /** How long a label's reservation holds, in ms; default seven days. */
  readonly labelGrace?: number | undefined
}

export interface Committed {
  readonly version: VersionDescription
  /** False: the draft changes nothing, and `version` is the one it would have followed. */
  readonly created: boolean
}

/** So many that only a store which lets nobody win gets there. */
const MOST_RACES = 1000
const FIRST_PAUSE_MS = 10
const LONGEST_PAUSE_MS = 2000

/**
 * Commits a draft behind whatever is the latest version by then. `conflict` when someone else changed the same keys
 * since the base (listed in the details), when the label is taken, or when the dataset that a fork was to make is
 * there. An error with `outcome: 'unknown'` in its details is the only one after which the version may be there.
 */
export async function commit(lake: Lake, draft: Draft, tools: CommitTools): Promise<Committed> {
  const { dataset, base, label, signal, parents = [] } = draft
  checkDatasetName(dataset)
  throwIfAborted(signal)
  const id = randomUUID()
  const after = await lastTime(lake, parents, signal)
  const reserved =
    label === undefined
      ? undefined
      : await reserveLabel(
          lake,
          dataset,
          label,
          { id, number: (base?.number ?? 0) + 1 },
          {
            grace: tools.labelGrace,
            signal,
          },
        )
  let committed: Committed
  try {
    committed = await race(lake, draft, tools, { id, after, reserved })
  } catch (error) {
    // A commit that may have been made keeps its label.
    if (reserved !== undefined && !isOutcomeUnknown(error)) await releaseLabel(lake, dataset, reserved)
    throw error
  }
  if (committed.created) await hint(lake, committed.version, signal)
  return committed
}

interface Own {
  readonly id: string
  /** No version may be older than this, in ms since 1970. */
  readonly after: number
  readonly reserved: LabelRef | undefined
}

async function race(lake: Lake, draft: Draft, tools: CommitTools, own: Own): Promise<Committed> {
  const { dataset, base, signal, parents = [] } = draft
  const before = base?.tables ?? {}
  let onto = base
  let tables = apply(before, draft.tables)
  let began = performance.now()
  for (let races = 0; races < MOST_RACES; races++) {
    throwIfAborted(signal)
    const isEmpty = onto !== undefined && sameTables(onto.tables, tables)
    if (onto !== undefined && isEmpty && own.reserved === undefined && parents.length === 0)
      return { version: onto, created: false }
    const version = describe(lake, draft, own, onto, tables, await tools.summarize({ ...tables }))
    if (own.reserved !== undefined && hasLapsed(lake, own.reserved, tools.labelGrace))
      throw new VarveError(
        'conflict',
        `the commit to ${dataset} took longer than its label ${own.reserved.label} was reserved for; nothing was committed`,
        { dataset, label: own.reserved.label },
      )
    const key = descriptionKey(dataset, version.number)
    const conditions = { ifNoneMatch: '*' as const, signal }
    const claim = await claimJson(
      lake.store,
      key,
      DESCRIPTION,
      version,
      conditions,
      (held) => held.id === own.id,
    )
    if (claim.won) return { version, created: true }
    if (base === undefined && parents.length > 0)
      throw new VarveError('conflict', `${dataset} is there already, expected a new dataset`, { dataset })
    // In tries, not in milliseconds: what everyone tries at once takes longer, and longer still the more there are.
    const tryMs = Math.max(FIRST_PAUSE_MS, performance.now() - began)
    await sleep(Math.random() * Math.min(LONGEST_PAUSE_MS, tryMs * 2 ** races), signal)
    began = performance.now()
    onto = await latestVersion(lake, dataset, { known: version.number, signal })
    if (onto === undefined)
      throw new VarveError('not-found', `${dataset} went away while it was committed to`, { dataset })
    tables = await rebase(dataset, draft.tables, before, onto, tools.mergeTable)
  }
  const message = `${dataset}: ${MOST_RACES} commits of others came first, one after the other; try again later`
  throw new VarveError('unavailable', message, { dataset })
}

function describe(
  lake: Lake,
  draft: Draft,
  { id, after, reserved }: Own,
  onto: VersionDescription | undefined,
  tables: Tables,
  { files, bytes }: Summary,
): VersionDescription {
  const { dataset, author, message = null, parents = [] } = draft
  const number = (onto?.number ?? 0) + 1
  if (number > LAST_NUMBER) {
    const text = `${dataset} has ${LAST_NUMBER} versions, which is as many as a dataset can have; fork it`
    throw new VarveError('unsupported', text, { dataset })
  }
  // Clocks of writers differ; time travel must not.
  const earliest = Math.max(after, onto === undefined ? 0 : Date.parse(onto.created_at) + 1)
  return {
    format: 'varve-version',
    version: 1,
    id,
    dataset,
    number,
    label: reserved?.label ?? null,
    parents: [...(onto === undefined ? [] : [parentOf(onto)]), ...parents],
    author,
    message,
    created_at: new Date(Math.max(lake.now(), earliest)).toISOString(),
    hash: contentHash(tables),
    tables,
    files,
    bytes,
  }
}

/** What a version that follows this one, merges it or is forked from it records. */
export function parentOf({ dataset, number, id }: VersionDescription): VersionParent {
  return { dataset, number, id }
}

/** A version is younger than its parents in other datasets, too. */
async function lastTime(
  lake: Lake,
  parents: readonly VersionParent[],
  signal: AbortSignal | undefined,
): Promise<number> {
  const records = await Promise.all(
    parents.map(({ dataset, number }) => readRecord(lake, dataset, number, { signal })),
  )
  const times = records.flatMap((record) =>
    record === undefined ? [] : [Date.parse(record.description.created_at) + 1],
  )
  return Math.max(0, ...times)
}

/** The version is made; whoever finds no hint, or an old one, takes one request more. */
async function hint(
  lake: Lake,
  { dataset, number }: VersionDescription,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await writeHint(lake, dataset, number, { signal })
  } catch {
    // Nothing depends on it.
  }
}
