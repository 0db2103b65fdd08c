/** Tags: names that can be moved from version to version. */

import { randomUUID } from 'node:crypto'
import { VarveError } from '../../errors.ts'
import type { StoreOptions } from '../../store/index.ts'
import { claimJson, type Held, writeJson } from '../json.ts'
import { tagKey } from '../layout.ts'
import { checkRefName } from '../names.ts'
import type { Lake, VersionDescription } from '../types.ts'
import { readDescription } from './description.ts'
import { type LabelOptions, refuseLabel } from './labels.ts'
import { datasetExists } from './list.ts'
import { noSuchVersion } from './missing.ts'
import { listTags, readTag, TAG, type TagRef } from './refs.ts'

/** Writers that move one tag at the same moment before one of them gives up. */
const MOST_TRIES = 100

/** Makes a tag, or moves it to this version; `conflict` when a label has the name. */
export async function tagVersion(
  lake: Lake,
  version: VersionDescription,
  name: string,
  options: LabelOptions = {},
): Promise<void> {
  const tag = checkRefName('tag', name)
  const { dataset, id, number } = version
  const { signal } = options
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const before = await readTag(lake, dataset, tag, { signal })
    if (before?.value.id === id) return
    if (before === undefined) await refuseLabel(lake, dataset, tag, options)
    const ref: TagRef = { tag, id, number, write: randomUUID() }
    const condition =
      before === undefined ? { ifNoneMatch: '*' as const, signal } : { ifMatch: before.identity, signal }
    const isOurs = (held: TagRef): boolean => held.write === ref.write
    const claim = await claimJson(lake.store, tagKey(dataset, tag), TAG, ref, condition, isOurs)
    if (!claim.won) continue
    try {
      // Whoever reserves a label looks for a tag, whoever deletes looks for one again: one of two sees the other.
      if (before === undefined) await refuseLabel(lake, dataset, tag, options)
      if ((await readDescription(lake, dataset, number, { signal })) === undefined)
        throw new VarveError('not-found', `${dataset}@${number} was deleted`, { dataset, number })
    } catch (error) {
      await undo(lake, dataset, ref, before, signal)
      throw error
    }
    return
  }
  const message = `the tag ${tag} of ${dataset} was moved by others ${MOST_TRIES} times while it was to be moved`
  throw new VarveError('unavailable', message, { dataset, tag })
}

/** Removes a tag; `not-found` when there is none. */
export async function untag(
  lake: Lake,
  dataset: string,
  name: string,
  options: StoreOptions = {},
): Promise<void> {
  const tag = checkRefName('tag', name)
  if ((await readTag(lake, dataset, tag, options)) === undefined) {
    if (!(await datasetExists(lake, dataset, options)))
      throw await noSuchVersion(lake, dataset, { kind: 'name', name: tag }, options)
    const tags: string[] = []
    for await (const ref of listTags(lake, dataset, options)) tags.push(ref.tag)
    const there = tags.length === 0 ? 'it has none' : `it has ${tags.join(', ')}`
    throw new VarveError('not-found', `${dataset} has no tag ${tag}; ${there}`, { dataset, tag })
  }
  await lake.store.delete(tagKey(dataset, tag), options)
}

/** The tags of a version, in order. */
export async function tagsOf(
  lake: Lake,
  version: VersionDescription,
  options: StoreOptions = {},
): Promise<string[]> {
  const tags: string[] = []
  for await (const { id, tag } of listTags(lake, version.dataset, options))
    if (id === version.id) tags.push(tag)
  return tags
}

/** Puts back what stood there, unless someone else has moved it on. */
async function undo(
  lake: Lake,
  dataset: string,
  ref: TagRef,
  before: Held<TagRef> | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  const key = tagKey(dataset, ref.tag)
  const now = await readTag(lake, dataset, ref.tag, { signal })
  if (now?.value.write !== ref.write) return
  if (before === undefined) await lake.store.delete(key, { signal })
  else await writeJson(lake.store, key, TAG, before.value, { ifMatch: now.identity, signal })
}
