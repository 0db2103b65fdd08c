/** A file that has its index needs not be looked into: cutting it anew reads no byte of it. */

import { formatAsked, formatOfName } from '../formats/registry.ts'
import type { Format } from '../formats/types.ts'
import type { IndexTarget } from '../index/location.ts'
import type { PartitionIndex } from '../index/types.ts'
import type { FileContext, OpenFileOptions } from './file.ts'
import { findIndex } from './index-search.ts'
import { targetOf } from './index-target.ts'
import { openSource } from './open.ts'

export interface Indexed {
  readonly index: PartitionIndex
  readonly format: Format
  readonly target: IndexTarget
}

/**
 * The index for the format that was given, or that the name speaks of, by the object's identity alone; `undefined`
 * where there is none: then the file's head tells. `invalid-data` when the index is damaged or foreign.
 */
export async function findIndexed(
  uri: string,
  context: FileContext,
  { format: name, options = {}, signal, object }: OpenFileOptions,
): Promise<Indexed | undefined> {
  const format = name === undefined ? formatOfName(uri) : formatAsked(name, uri)
  if (format === undefined) return undefined
  const { home } = context
  home.lake().catch(() => undefined)
  const opened = await openSource({ name: uri, object }, context, { signal })
  if (opened === undefined) return undefined
  const { source } = opened
  await source.close?.()
  const target = targetOf(source, format, options)
  const index = await findIndex(target, home, signal)
  return index && { index, format, target }
}
