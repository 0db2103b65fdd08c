/** Checks that labels and tags name versions, and that versions have the labels that they say they have. */

import type { StoreOptions } from '../../store/index.ts'
import { type Kind, readJson } from '../json.ts'
import { labelKey, labelsPrefix, tagsPrefix } from '../layout.ts'
import type { Lake, VersionDescription } from '../types.ts'
import { commitOf } from '../versions/labels.ts'
import { LABEL, TAG } from '../versions/refs.ts'
import { inOrder } from '../work/in-order.ts'
import { type Findings, type Trouble, troubleOf } from './findings.ts'

/** What is remembered of a version that was read. */
export type Known = Pick<VersionDescription, 'id' | 'number' | 'label'>

/** Asked after the dataset's versions were read: a label is there before its version. */
export async function checkRefs(
  lake: Lake,
  dataset: string,
  versions: readonly Known[],
  findings: Findings,
  options: StoreOptions,
): Promise<void> {
  const known = new Set(versions.map(({ id }) => id))
  const labels = new Map<string, string>()
  for await (const { found } of refsIn(lake, labelsPrefix(dataset), LABEL, options)) {
    // One that names nothing is a reservation: its commit is on its way, or never came.
    if ('status' in found) findings.add(dataset, 0, null, found)
    else labels.set(found.label, found.id)
  }
  for (const { id, number, label } of versions) {
    if (label === null || labels.get(label) === id) continue
    const object = lake.url + labelKey(dataset, label)
    const other = labels.get(label)
    const message =
      other === undefined
        ? `${object} is missing, expected the label of ${dataset}@${number}`
        : `${object} names the commit ${other}, expected ${id}, which is ${dataset}@${number}`
    findings.add(dataset, number, null, {
      object,
      status: other === undefined ? 'missing' : 'changed',
      message,
    })
  }
  for await (const { object, found } of refsIn(lake, tagsPrefix(dataset), TAG, options)) {
    if ('status' in found) findings.add(dataset, 0, null, found)
    else if (!known.has(found.id)) {
      // It may have been committed since the versions were read.
      const record = await commitOf(lake, dataset, found, options)
      const lack =
        record === undefined ? 'which is missing' : record.deleted ? 'which was deleted' : undefined
      if (lack === undefined) continue
      const message = `the tag ${found.tag} of ${dataset} names version ${found.number}, ${lack}`
      findings.add(dataset, found.number, null, { object, status: 'missing', message })
    }
  }
}

async function* refsIn<T extends object>(
  lake: Lake,
  prefix: string,
  kind: Kind<T>,
  options: StoreOptions,
): AsyncGenerator<{ object: string; found: T | Trouble }> {
  const refs = inOrder(lake.store.list(prefix, options), async (entry) => {
    if (!('key' in entry) || !entry.key.endsWith('.json')) return undefined
    const object = lake.url + entry.key
    const found = await readJson(lake.store, entry.key, kind, options).then(
      (held) => held?.value,
      (error: unknown) => troubleOf(object, error, { 'invalid-data': 'corrupt' }),
    )
    return found === undefined ? undefined : { object, found }
  })
  for await (const ref of refs) if (ref !== undefined) yield ref
}
