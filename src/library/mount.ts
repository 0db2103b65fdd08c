/** Mounts as verbs. */

import {
  listMounts,
  type Mounted,
  type MountInfo,
  startMount,
  stopMount,
  type UnmountOptions,
} from '../mount/process/index.ts'
import type { CallOptions } from './types.ts'

export type { Mounted, MountInfo, UnmountOptions }

export interface MountVerbOptions extends CallOptions {
  /** In the background: the mount stays when this process ends. */
  readonly daemon?: boolean | undefined
  /** Gets what the process that serves the mount says on its stderr. */
  readonly onOutput?: ((text: string) => void) | undefined
}

export interface MountVerbs {
  /**
   * Mounts the lake, read-only, on an empty folder, which is made when it is missing; resolves when it can be used.
   * `unsupported` where FUSE is missing, `conflict` where something is mounted already.
   */
  mount(folder: string, options?: MountVerbOptions): Promise<Mounted>
  /** `not-found` when varve has mounted nothing there, `conflict` while it is in use. */
  unmount(folder: string, options?: UnmountOptions): Promise<Pick<MountInfo, 'point'>>
  /** This user's mounts. */
  list(): Promise<readonly MountInfo[]>
}

export function createMountVerbs(lake: string, jobs: number | undefined): MountVerbs {
  return {
    mount: (folder, { daemon, signal, onOutput } = {}) =>
      startMount(folder, { lake, jobs, daemon, signal, onOutput }),
    unmount: stopMount,
    list: listMounts,
  }
}
