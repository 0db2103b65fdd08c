/** Folders as the kernel reads them: as many entries as fit, with their attributes where those are at hand. */

import type { Attributes, Vfs } from '../types.ts'
import { S_IF } from './constants.ts'
import { childPath, type Nodes } from './nodes.ts'
import { validSeconds } from './operations.ts'
import { direntSize, ENTRY_OUT, type Owner, putDirent, putEntry } from './wire.ts'

/** An open folder: its names as they were when it was opened, so that reading on never repeats or misses one. */
export interface Listing {
  readonly path: string
  readonly names: readonly string[]
}

export interface FolderPlace {
  /** Entries that were read before. */
  readonly from: number
  /** Bytes that the reply may have. */
  readonly size: number
  readonly plus: boolean
}

/** Stands for a number that is not at hand: readers skip entries whose number is 0. */
const UNKNOWN_INO = 2 ** 32 - 1

export function fillFolder(
  { path, names }: Listing,
  { from, size, plus }: FolderPlace,
  vfs: Vfs,
  nodes: Nodes,
  owner: Owner,
): Uint8Array {
  const out = Buffer.allocUnsafe(size)
  let at = 0
  for (let i = from; i < names.length + 2; i++) {
    const name = i === 0 ? '.' : i === 1 ? '..' : names[i - 2]!
    const bytes = Buffer.from(name)
    const length = direntSize(bytes.length) + (plus ? ENTRY_OUT : 0)
    if (at + length > size) break
    const own = i < 2 ? undefined : childPath(path, name)
    const attributes = own === undefined ? undefined : atHand(vfs, own)
    if (plus) {
      // Node 0: the kernel is told the name alone, and asks for the rest when it wants it.
      if (own === undefined || attributes === undefined) out.fill(0, at, at + ENTRY_OUT)
      else putEntry(out, at, nodes.remember(own), attributes, validSeconds(own, attributes), owner)
      at += ENTRY_OUT
    }
    const kind = i < 2 ? 'folder' : attributes?.kind
    const type = kind === undefined ? 0 : S_IF[kind] >> 12
    putDirent(out, at, { ino: attributes?.ino || UNKNOWN_INO, next: i + 1, name: bytes, type })
    at += direntSize(bytes.length)
  }
  return out.subarray(0, at)
}

function atHand(vfs: Vfs, path: string): Attributes | undefined {
  const attributes = vfs.getattr(path)
  if (!(attributes instanceof Promise)) return attributes
  // Whoever wants it asks again, and is told what went wrong.
  attributes.catch(() => undefined)
  return undefined
}
