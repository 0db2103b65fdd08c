/** Mounts, from the outside: each is served by a process of its own. */

export { listMounts, type MountInfo } from './registry.ts'
export { type Mounted, type MountOptions, startMount } from './start.ts'
export { stopMount, type UnmountOptions } from './stop.ts'
