/** What the command line asks of the library: its whole view of the rest of varve. */

import type { Session } from '../engine/types.ts'
import type { EngineOptions, Serving } from '../library/engine.ts'
import type { LakeReport, LakeVerbs } from '../library/lake-types.ts'
import type { MountVerbs } from '../library/mount.ts'
import type { CallOptions, FormatRow, OpenOptions, Slice, VarveFile, VarveOptions } from '../library/types.ts'

type MaybePromise<T> = T | Promise<T>

/** Totals since the verbs were made: requests to stores, retries included, and bytes received. */
export interface Meters {
  readonly requests: number
  readonly bytes: number
}

export interface Verbs {
  openFile(uri: string, options?: OpenOptions): Promise<VarveFile>
  /** The URIs that a pattern stands for, in order; `not-found` when it is a pattern that nothing matches. */
  expand(pattern: string, options?: CallOptions): Promise<readonly string[]>
  /** A slice from its JSON; `invalid-input` when it is none. */
  parseSlice(text: string): MaybePromise<Slice>
  session(): Promise<Session>
  formats(): MaybePromise<readonly FormatRow[]>
  /** Makes the lake at this URL, or finds it there. */
  initLake(url: string, options?: CallOptions): Promise<LakeReport>
  /** The verbs on the lake that the options name. */
  lake(): MaybePromise<LakeVerbs>
  /** Mounts of the lake that the options name, and of all others. */
  mounts(): MaybePromise<MountVerbs>
  /** Serves scans to other programs of this user. */
  engine(options: Omit<EngineOptions, 'lake' | 'jobs' | 'warn'>): Promise<Serving>
  readonly meters: Meters
  close(): Promise<void>
}

/** What a command will ask of its verbs first, so that it can be begun at once. */
export interface Needs {
  readonly session: boolean
}

/** Makes the verbs when a command first needs them. */
export type CreateVerbs = (options: VarveOptions, needs: Needs) => MaybePromise<Verbs>
