/** The contracts of the mount: a read-only tree, which any adapter can serve, and how the bytes of a file are read. */

import type { ByteSource } from '../bytes/types.ts'

export interface Attributes {
  readonly kind: 'file' | 'folder' | 'link'
  /** In bytes; of a link, its target's; of a folder, 0. */
  readonly size: number
  /** Permission bits without the kind: 0o444 of files, 0o555 of folders, 0o777 of links. */
  readonly mode: number
  /** Milliseconds since 1970. */
  readonly modified: number
  /** The same for the same path as long as the tree is open; below 2^53. */
  readonly ino: number
}

/**
 * A read-only tree. Paths are absolute within it, `/` is its root, and none ends in a slash. Missing is `undefined`.
 *
 * What can be answered from memory is answered at once, with a value and not a promise: the kernel waits for each. So
 * a failure is thrown, or rejects the promise. What is below a link is missing: the kernel follows links.
 */
export interface Vfs {
  getattr(path: string): Attributes | undefined | Promise<Attributes | undefined>
  /** Names without `.` and `..`; undefined also for what is no folder. */
  readdir(path: string): readonly string[] | undefined | Promise<readonly string[] | undefined>
  /** Undefined also for what is no link. */
  readlink(path: string): string | undefined | Promise<string | undefined>
  /** Opens a file: `not-found` when it is missing, `invalid-input` when it is no file. The handle is closed once. */
  open(path: string): Promise<OpenFile>
  statfs(): { readonly files: number; readonly bytes: number }
  /** Stops what is on its way. The lake and the readers are closed by whoever opened them. */
  close(): Promise<void>
}

export interface OpenFile {
  readonly size: number
  /** Reads [start, start + target.length), as far as the file goes, into `target`; gives the number of bytes read. */
  read(target: Uint8Array, start: number): Promise<number>
  close(): Promise<void>
}

/** What was asked for and what was fetched for it, since the factory was made. */
export interface ReaderStats {
  /** Requests to a source, and the bytes that they brought. */
  readonly requests: number
  readonly fetched: number
  /** Bytes given to readers. */
  readonly delivered: number
  /** Bytes held in memory now. */
  readonly held: number
}

/** How the bytes of an object are read, through prefetch and cache. */
export interface ReaderFactory {
  /** Takes the source over: closing the file closes it. `sha256`: what its whole has, where that is known. */
  open(source: ByteSource, sha256?: string): OpenFile
  readonly stats: ReaderStats
  close(): Promise<void>
}
