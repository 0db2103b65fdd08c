/**
 * Where the objects that a lake names may be.
 *
 * Whoever can write to a lake in a bucket could otherwise register `file:///home/you/.ssh/id_ed25519`, and have it
 * read by whoever reads the lake. So files of the machine are read only for lakes on that machine.
 */

import { VarveError } from '../errors.ts'
import { parseUri } from '../store/index.ts'
import type { Lake } from './types.ts'

/** Prefixes of URLs under which objects may be, whatever the lake: `file:///data/:s3://other/`. */
const ALLOW = 'VARVE_ALLOW'

/** Throws `denied` when an object at this URI is not to be read for this lake; also asked when one is registered. */
export function checkPlace(lake: Pick<Lake, 'url'>, uri: string): void {
  const place = placeOf(uri)
  if (!isLocal(place) || isLocal(lake.url)) return
  if (allowedPrefixes().some((prefix) => isBelow(place, prefix))) return
  const message = `${uri} is a file of this machine, and the lake ${lake.url} is not; list it in ${ALLOW} to allow it`
  throw new VarveError('denied', message, { uri, lake: lake.url })
}

const isLocal = (url: string): boolean => url.startsWith('file://')

/** With `..` and the like resolved. */
function placeOf(uri: string): string {
  const { store, key } = parseUri(uri)
  return store + key
}

/** Separated by colons, of which each URL has one itself. */
function allowedPrefixes(): string[] {
  const given = (process.env[ALLOW] ?? '').split(/:(?!\/\/)/)
  return given.filter((prefix) => prefix !== '').map(placeOf)
}

function isBelow(place: string, prefix: string): boolean {
  return place === prefix || place.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`)
}
