/** A partition index in memory: the segments of one object, read as one format. */

import type { Layout, Segment } from '../formats/types.ts'

/** What binds an index to its source, and the source's totals. */
export interface IndexFacts {
  readonly uri: string
  readonly identity: string
  /** Source bytes. */
  readonly size: number
  readonly layout: Layout
  readonly rows: number
  /** Decompressed bytes. */
  readonly raw: number
}

/** A byte range of the index file that holds one segment's window, deflated. */
export interface WindowPlace {
  readonly start: number
  readonly end: number
  readonly crc: number
}

export interface PartitionIndex extends IndexFacts {
  /** Where the index is stored, its identity and its size in bytes. */
  readonly location: string
  readonly locationIdentity: string
  readonly bytes: number
  /** In file order, without their windows. */
  readonly segments: readonly Segment[]
  /** Where segment i's window stands; undefined when it needs none. */
  windowPlace(i: number): WindowPlace | undefined
  /** The windows of segments [from, to), with one ranged read; undefined for those that need none. */
  windows(from: number, to: number, signal?: AbortSignal): Promise<(Uint8Array | undefined)[]>
  /** Lets go of the index file; no window can be read any more. */
  close?(): Promise<void>
}
