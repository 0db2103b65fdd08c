/** What the versions of a lake name: everything that garbage collection must leave. */

import { VarveError } from '../../errors.ts'
import {
  DATASETS,
  datasetOfPrefix,
  descriptionKey,
  hashOfKey,
  listKey,
  objectKey,
  partKey,
  schemaKey,
} from '../layout.ts'
import { type Block, valueAt } from '../table/block.ts'
import { openTable } from '../table/list.ts'
import { loadPart } from '../table/read.ts'
import type { Lake, Part, Table, VersionDescription } from '../types.ts'
import { recordsAfter } from '../versions/list.ts'
import { mapInOrder } from '../work/in-order.ts'

/** Parts read at a time. */
const TOGETHER = 8

const PAYLOAD: ReadonlySet<string> = new Set(['sha256', 'uri'])

/** Whether a key is one of the content-addressed objects that varve writes: a payload, part, list or schema. */
export function isContentKey(key: string): boolean {
  const hash = hashOfKey(key)
  if (hash === undefined) return false
  const [, home = ''] = key.split('/')
  return [objectKey(hash), partKey(home, hash), listKey(home, hash), schemaKey(home, hash)].includes(key)
}

/** Every folder below `datasets/`, also those of which no commit ever came. */
export async function* datasetFolders(lake: Lake, signal: AbortSignal | undefined): AsyncGenerator<string> {
  for await (const entry of lake.store.list(DATASETS, { delimiter: '/', signal }))
    if ('prefix' in entry) yield datasetOfPrefix(entry.prefix)
}

/**
 * Keys of the content-addressed objects that versions name; one may come more than once. `invalid-data` when a
 * description, list, schema or part of files is missing or damaged: then nobody can say what is garbage.
 *
 * @param lake one that remembers nothing, so that what is missing is missed
 */
export async function* namedKeys(
  lake: Lake,
  onVersion: () => void,
  signal: AbortSignal | undefined,
): AsyncGenerator<string> {
  const last = new Map<string, number>()
  const seen = new Set<string>()
  // Twice: a merge may have brought to a dataset that was read early what one that was read late has lost since.
  for (let pass = 0; pass < 2; pass++)
    for await (const dataset of datasetFolders(lake, signal))
      for await (const version of versionsSince(lake, dataset, last, signal)) {
        onVersion()
        yield* namedBy(lake, version, seen, signal)
      }
}

/**
 * The versions behind `last`, which is moved on. What was listed as the latest may be deleted once it is read, and
 * then what it had in common with a newer one is named by that one alone: so reading ends with one that is there.
 */
async function* versionsSince(
  lake: Lake,
  dataset: string,
  last: Map<string, number>,
  signal: AbortSignal | undefined,
): AsyncGenerator<VersionDescription> {
  for (let isCurrent = false; !isCurrent; ) {
    isCurrent = true
    for await (const { description, deleted } of recordsAfter(lake, dataset, last.get(dataset) ?? 0, {
      signal,
    })) {
      checkNext(lake, dataset, last.get(dataset) ?? 0, description.number)
      last.set(dataset, description.number)
      isCurrent = !deleted
      if (!deleted) yield description
    }
  }
}

/** Numbers have no gaps, since deleted versions keep theirs: what a missing description named is not known. */
function checkNext(lake: Lake, dataset: string, last: number, number: number): void {
  if (number === last + 1) return
  const uri = lake.url + descriptionKey(dataset, last + 1)
  throw new VarveError('invalid-data', `${uri} is missing, expected the description of a version`, { uri })
}

async function* namedBy(
  lake: Lake,
  { tables }: VersionDescription,
  seen: Set<string>,
  signal: AbortSignal | undefined,
): AsyncGenerator<string> {
  for (const ref of Object.values(tables)) {
    const keys = [listKey(ref.home, ref.list), schemaKey(ref.home, ref.schema)]
    if (isSeen(seen, keys.join(' '))) continue
    yield* keys
    const table = await openTable(lake, ref, signal)
    for (const { home, hash } of table.parts) {
      const key = partKey(home, hash)
      if (!isSeen(seen, key)) yield key
    }
    if (table.schema.keyKind === 'path') yield* payloadsOf(lake, table, seen, signal)
  }
}

/** The lake's own objects in the rows of parts that were not read yet. */
async function* payloadsOf(
  lake: Lake,
  table: Table,
  seen: Set<string>,
  signal: AbortSignal | undefined,
): AsyncGenerator<string> {
  const unread = async function* (): AsyncGenerator<Part> {
    for (const part of table.parts) if (!isSeen(seen, `rows ${partKey(part.home, part.hash)}`)) yield part
  }
  const blocks = mapInOrder(unread(), TOGETHER, (part) => loadPart(lake, table, part, PAYLOAD, signal))
  for await (const block of blocks) yield* objectsIn(block)
}

function* objectsIn(block: Block): Generator<string> {
  for (let row = 0; row < block.rows; row++) {
    const sha256 = valueAt(block, 'sha256', row)
    if (typeof sha256 === 'string' && valueAt(block, 'uri', row) === null) yield objectKey(sha256)
  }
}

function isSeen(seen: Set<string>, key: string): boolean {
  if (seen.has(key)) return true
  seen.add(key)
  return false
}
