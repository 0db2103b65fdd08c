/** What can stand in the tree, and what the kernel is told of it. */

import type { Attributes, OpenFile } from '../types.ts'
import type { Maybe } from './maybe.ts'

export interface Folder {
  readonly kind: 'folder'
  /** Milliseconds since 1970, here and below. */
  readonly modified: number
  list(): Maybe<readonly string[]>
}

export interface Link {
  readonly kind: 'link'
  readonly modified: number
  /** Relative, of one name: it cannot leave the folder. */
  readonly target: string
}

export interface File {
  readonly kind: 'file'
  readonly modified: number
  readonly size: number
  open(): Promise<OpenFile>
}

export type Node = Folder | Link | File

/** A folder of names that are known. */
export function folder(modified: number, names: () => Maybe<readonly string[]>): Folder {
  return { kind: 'folder', modified, list: names }
}

const MODES = { file: 0o444, folder: 0o555, link: 0o777 } as const

export function attributesOf(path: string, node: Node): Attributes {
  const { kind, modified } = node
  const size = kind === 'file' ? node.size : kind === 'link' ? Buffer.byteLength(node.target) : 0
  return { kind, size, mode: MODES[kind], modified, ino: inodeOf(path) }
}

/**
 * A number for a path, the same in every mount, without remembering any: 53 bits of a hash (cyrb53, after
 * https://github.com/bryc/code/blob/master/jshash/experimental/cyrb53.js). 0 means "none" to some programs.
 */
export function inodeOf(path: string): number {
  let high = 0xdeadbeef
  let low = 0x41c6ce57
  for (let i = 0; i < path.length; i++) {
    const code = path.charCodeAt(i)
    high = Math.imul(high ^ code, 2654435761)
    low = Math.imul(low ^ code, 1597334677)
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909)
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909)
  return 4294967296 * (2097151 & low) + (high >>> 0) || 1
}
