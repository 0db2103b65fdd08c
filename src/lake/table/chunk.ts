/**
 * The rule that cuts a table's rows into parts, by their keys alone (content-defined chunking: Xia et al., FastCDC,
 * USENIX ATC 2016; for sorted tables, https://www.dolthub.com/blog/2020-04-01-how-dolt-stores-table-data/).
 *
 * Equal rows fall into equal parts, whatever the history that led to them, so two versions, two forks, two lakes
 * share parts without asking; and a change moves only the cuts near it. Rejected: parts of a fixed number of
 * rows, where a row added at the beginning moves every cut behind it, and parts that are split and joined as they
 * grow and shrink, where equal tables have unequal parts.
 */

import type { Chunking } from '../types.ts'

/** Some 500 parts for a million rows: a change rewrites a few hundred KiB, a list of parts stays small. */
export const CHUNKING: Chunking = { min: 512, normal: 2048, max: 8192 }

/** Estimated bytes of a part's rows, after which it is cut whatever its keys: cells may be large. */
export const MOST_BYTES = 32 * 1024 * 1024

/** Whether a part of `rows` rows and about `bytes` bytes ends with the row of this key. */
export function endsPart({ min, normal, max }: Chunking, key: string, rows: number, bytes: number): boolean {
  if (rows >= max || bytes >= MOST_BYTES) return true
  if (rows < min) return false
  // Rarely before the normal size, often after it: sizes stay near it.
  const odds = rows < normal ? normal * 4 : normal / 4
  return hashOf(key) % Math.max(1, Math.round(odds)) === 0
}

/** FNV-1a with a final mix, 32 bits: http://www.isthe.com/chongo/tech/comp/fnv/ and MurmurHash3's finalizer. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
