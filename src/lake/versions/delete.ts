/** Deleting a version. */

import { VarveError } from '../../errors.ts'
import type { StoreOptions } from '../../store/index.ts'
import { writeJson } from '../json.ts'
import { descriptionKey } from '../layout.ts'
import type { Lake } from '../types.ts'
import { DESCRIPTION, readDescription } from './description.ts'
import { latestVersion } from './list.ts'
import { noSuchVersion } from './missing.ts'
import { tagsOf } from './tags.ts'

/**
 * Deletes a version that is neither the latest nor tagged (`conflict`). Its data goes with the next garbage
 * collection, unless other versions have it too: a fork names what it shares as its own. Its label, if it has one,
 * stays taken for good.
 *
 * The description without its tables stays under the number. Rejected: removing the object, after which a writer who
 * began long ago could commit under that number, before versions that it never saw.
 */
export async function deleteVersion(
  lake: Lake,
  dataset: string,
  number: number,
  options: StoreOptions = {},
): Promise<void> {
  const [version, latest] = await Promise.all([
    readDescription(lake, dataset, number, options),
    latestVersion(lake, dataset, options),
  ])
  if (version === undefined || latest === undefined)
    throw await noSuchVersion(lake, dataset, { kind: 'number', number }, options)
  const refuse = (reason: string): VarveError =>
    new VarveError('conflict', `${dataset}@${number} ${reason}`, { dataset, number })
  if (latest.number === number) throw refuse('is the latest version, which cannot be deleted')
  const tagged = ([tag]: readonly string[]): void => {
    if (tag !== undefined) throw refuse(`has the tag ${tag}, expected none; see \`varve untag\``)
  }
  tagged(await tagsOf(lake, version, options))
  const key = descriptionKey(dataset, number)
  const deleted = { ...version, tables: {}, deleted_at: new Date(lake.now()).toISOString() }
  await writeJson(lake.store, key, DESCRIPTION, deleted, options)
  try {
    // Whoever tags looks for the version again, so one of two at the same time sees the other.
    tagged(await tagsOf(lake, version, options))
  } catch (error) {
    await writeJson(lake.store, key, DESCRIPTION, version, options)
    throw error
  }
}
