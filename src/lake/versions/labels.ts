/**
 * Labels: names that stay with their version for good.
 *
 * Putting the label's document if none is there gives the name to one commit, before anything is committed. What it
 * names is found by the commit's id, so nothing needs to be written when the commit comes; one that never came
 * leaves a reservation, which lapses. The label of a deleted version stays taken: whoever wrote it down must not be
 * led to other data.
 */

import { VarveError } from '../../errors.ts'
import type { PutOptions, StoreOptions } from '../../store/index.ts'
import { claimJson } from '../json.ts'
import { labelKey } from '../layout.ts'
import { checkRefName } from '../names.ts'
import type { Lake, VersionDescription } from '../types.ts'
import { readRecord, type VersionRecord } from './description.ts'
import { recordsAfter } from './list.ts'
import { LABEL, type LabelRef, listLabels, readLabel, readTag } from './refs.ts'

/** After this long a label's commit is not expected to come any more. */
export const LABEL_GRACE_MS = 7 * 24 * 60 * 60 * 1000

const RELEASE_MS = 10_000

export interface LabelOptions extends StoreOptions {
  /** How long a reservation holds, in ms; default seven days. */
  readonly grace?: number | undefined
}

/** What a label or tag names; undefined when its commit has not come. */
export async function commitOf(
  lake: Lake,
  dataset: string,
  { id, number }: Pick<LabelRef, 'id' | 'number'>,
  options: StoreOptions = {},
): Promise<VersionRecord | undefined> {
  const expected = await readRecord(lake, dataset, number, options)
  // Numbers are given in their order: where there is none, there is none behind it.
  if (expected === undefined || expected.description.id === id) return expected
  for await (const record of recordsAfter(lake, dataset, number, options))
    if (record.description.id === id) return record
  return undefined
}

/** Takes a label for a commit that is on its way; `conflict` when it is taken, or is a tag. */
export async function reserveLabel(
  lake: Lake,
  dataset: string,
  name: string,
  commit: Pick<LabelRef, 'id' | 'number'>,
  options: LabelOptions = {},
): Promise<LabelRef> {
  const { signal } = options
  const label = checkRefName('label', name)
  const { id, number } = commit
  const ref: LabelRef = { label, id, number, reserved_at: new Date(lake.now()).toISOString() }
  const isOurs = (held: LabelRef): boolean => held.id === id
  let condition: PutOptions = { ifNoneMatch: '*' }
  for (;;) {
    const conditions = { ...condition, signal }
    const claim = await claimJson(lake.store, labelKey(dataset, label), LABEL, ref, conditions, isOurs)
    if (claim.won) break
    if (claim.held === undefined) condition = { ifNoneMatch: '*' }
    else {
      await refuseTaken(lake, dataset, claim.held.value, options)
      condition = { ifMatch: claim.held.identity }
    }
  }
  try {
    // Whoever makes a tag looks for a label when it is made, so one of two at the same time sees the other.
    if ((await readTag(lake, dataset, label, { signal })) !== undefined)
      throw new VarveError('conflict', `${label} is a tag of ${dataset}, expected a name for a label`, {
        dataset,
        label,
      })
  } catch (error) {
    await releaseLabel(lake, dataset, ref)
    throw error
  }
  return ref
}

/** Whether a reservation is too old to commit under: someone else may have taken the label. */
export function hasLapsed(lake: Lake, ref: LabelRef, grace: number = LABEL_GRACE_MS): boolean {
  return lake.now() - Date.parse(ref.reserved_at) >= grace
}

/** Gives a label back whose commit will certainly not come. Not getting through is no failure: it lapses. */
export async function releaseLabel(lake: Lake, dataset: string, ref: LabelRef): Promise<void> {
  // Without the caller's signal: a cancelled commit gives it back, too.
  const signal = AbortSignal.timeout(RELEASE_MS)
  try {
    const held = await readLabel(lake, dataset, ref.label, { signal })
    if (held?.value.id === ref.id) await lake.store.delete(labelKey(dataset, ref.label), { signal })
  } catch {
    // The error that led here is the one to report.
  }
}

/** Labels a version that has no label; `conflict` when it has one, or the name is taken. */
export async function labelVersion(
  lake: Lake,
  version: VersionDescription,
  name: string,
  options: LabelOptions = {},
): Promise<void> {
  const label = checkRefName('label', name)
  const { dataset } = version
  const present = await labelsOf(lake, version, options)
  if (present.includes(label)) return
  if (present[0] !== undefined) throw secondLabel(version, present[0])
  const ref = await reserveLabel(lake, dataset, label, version, options)
  // Of two at the same time at least one sees the other; when both do, neither stays.
  const other = (await labelsOf(lake, version, options)).find((known) => known !== label)
  if (other === undefined) return
  await releaseLabel(lake, dataset, ref)
  throw secondLabel(version, other)
}

/** Throws `conflict` when `label` names a version, named one, or is reserved. */
export async function refuseLabel(
  lake: Lake,
  dataset: string,
  label: string,
  options: LabelOptions = {},
): Promise<void> {
  const held = await readLabel(lake, dataset, label, options)
  if (held !== undefined) await refuseTaken(lake, dataset, held.value, options)
}

/** Returns when the label is a reservation that has lapsed. */
async function refuseTaken(
  lake: Lake,
  dataset: string,
  ref: LabelRef,
  { grace = LABEL_GRACE_MS, signal }: LabelOptions,
): Promise<void> {
  const record = await commitOf(lake, dataset, ref, { signal })
  if (record === undefined && hasLapsed(lake, ref, grace)) return
  const { label } = ref
  const free = new Date(Date.parse(ref.reserved_at) + grace).toISOString()
  const reason =
    record === undefined
      ? `reserved by a commit that has not come yet; if it never does, it is free after ${free}`
      : record.deleted
        ? `taken: it named version ${record.description.number}, which was deleted, and labels are never moved`
        : `taken: it names version ${record.description.number}, and labels are never moved`
  throw new VarveError('conflict', `the label ${label} of ${dataset} is ${reason}`, { dataset, label })
}

async function labelsOf(lake: Lake, version: VersionDescription, options: StoreOptions): Promise<string[]> {
  if (version.label !== null) return [version.label]
  const labels: string[] = []
  const { signal } = options
  for await (const { id, label } of listLabels(lake, version.dataset, { signal }))
    if (id === version.id) labels.push(label)
  return labels
}

function secondLabel({ dataset, number }: VersionDescription, label: string): VarveError {
  const message = `${dataset}@${number} has the label ${label} already; a version has at most one, and it is never moved`
  return new VarveError('conflict', message, { dataset, number, label })
}
