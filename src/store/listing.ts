import { throwIfAborted } from '../errors.ts'
import { compareKeys } from './keys.ts'
import type { ListEntry, ListOptions, ObjectInfo } from './types.ts'

/** Keys in order, as `list` gives them: those after `after`, deeper ones folded into their prefix. */
export function* groupByDelimiter(
  infos: Iterable<ObjectInfo>,
  prefix: string,
  { after, delimiter, signal }: ListOptions,
): Generator<ListEntry> {
  let last: string | undefined
  for (const info of infos) {
    throwIfAborted(signal)
    if (after !== undefined && compareKeys(info.key, after) <= 0) continue
    const slash = delimiter === undefined ? -1 : info.key.indexOf('/', prefix.length)
    if (slash < 0) {
      yield info
      continue
    }
    const folder = info.key.slice(0, slash + 1)
    if (folder !== last) yield { prefix: folder }
    last = folder
  }
}
