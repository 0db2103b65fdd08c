/** Datasets that are a copy of what others publish: they follow it, and are not written to. */

import { VarveError } from '../../errors.ts'
import type { StoreOptions } from '../../store/index.ts'
import type { Lake } from '../types.ts'
import { readSettings } from '../versions/settings.ts'

/** Where an attached dataset comes from; undefined for the lake's own. */
export async function attachedTo(
  lake: Lake,
  dataset: string,
  options: StoreOptions = {},
): Promise<string | undefined> {
  const attached = (await readSettings(lake, dataset, options))?.attached
  return typeof attached === 'string' ? attached : undefined
}

/** Throws `read-only` for an attached dataset: asked by everything that writes, `attach` alone excepted. */
export async function refuseAttached(lake: Lake, dataset: string, options: StoreOptions = {}): Promise<void> {
  const url = await attachedTo(lake, dataset, options)
  if (url === undefined) return
  const message = `${dataset} is attached to ${url} and can only be read; fork it to change it`
  throw new VarveError('read-only', message, { dataset, url })
}
