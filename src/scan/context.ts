/** What every scan of a service shares. */

import type { IndexHome } from '../index/location.ts'
import type { ExpectedFiles } from './expected.ts'
import type { FileMemory } from './memory.ts'
import type { Reject } from './messages.ts'
import type { OpenedFiles } from './opened.ts'
import type { WorkerPool } from './pool.ts'

export interface ScanContext {
  readonly home: IndexHome
  readonly pool: WorkerPool
  readonly memory: FileMemory
  /** Files that are asked for before anyone binds them. */
  readonly expected?: ExpectedFiles | undefined
  /** Files that the statement has opened. */
  readonly opened?: OpenedFiles | undefined
  /** Records that scans with `ignore_errors` passed over, since it was emptied. */
  readonly rejects: Reject[]
  /** Something worth telling that is no failure: an index that could not be kept. */
  readonly warn: (message: string) => void
  /** Names that stand for objects somewhere else: `lake://…`. */
  readonly names?: NameResolver | undefined
}

/** The object that a name stands for. */
export interface NamedObject {
  /** The name, as it shall be shown. */
  readonly name: string
  /** Where its bytes are. */
  readonly uri: string
  readonly size: number
  /** What the object must be; undefined: its place says it, as that of an object under its checksum does. */
  readonly identity: string | undefined
}

/** Knows names that are no places, so that scans need not know what a lake is. */
export interface NameResolver {
  owns(name: string): boolean
  /** The objects that a name or pattern stands for, in order; `not-found` when there is none. */
  expand(pattern: string, signal: AbortSignal | undefined): Promise<readonly NamedObject[]>
}
