/** Mounting: fuse-native asks the kernel, or the set-uid fusermount, for a mount and its open /dev/fuse. */

import { readdirSync, readlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Binding } from 'fuse-native'
import { VarveError } from '../../errors.ts'

/** An option that libfuse does not know, and says so on stderr. */
const UNKNOWN_OPTION = 'varve_serves_by_itself'

/** What the binding writes to as long as the process lives: libuv holds a handle in it. */
const threads: Buffer[] = []

/**
 * Mounts on an empty folder and gives the descriptor of its /dev/fuse.
 *
 * libfuse mounts first and looks at its own options afterwards; one that it does not know makes it stop between the
 * two, with the mount made and no thread started. Rejected: mount(8) with an inherited descriptor, which only root
 * may use, and fusermount by ourselves, whose descriptor comes through a socket in a way that Node cannot receive.
 */
export function attachFuse(point: string, options: readonly string[]): number {
  const { fuse_native_mount, sizeof_fuse_thread_t } = loadBinding()
  const before = new Set(fuseDescriptors())
  const thread = Buffer.alloc(sizeof_fuse_thread_t)
  threads.push(thread)
  const words = `-o${[...options, UNKNOWN_OPTION].join(',')}`
  if (Buffer.byteLength(point) > 1000 || words.length > 1000)
    throw new VarveError('invalid-input', `the mount point ${point} is too long a path`, { path: point })
  let cause: unknown
  try {
    fuse_native_mount(point, words, thread, {}, () => Buffer.alloc(0), [], new Uint32Array(35))
  } catch (error) {
    cause = error
  }
  const device = fuseDescriptors().find((descriptor) => !before.has(descriptor))
  if (device === undefined)
    throw new VarveError('unavailable', `${point} could not be mounted`, { path: point }, cause)
  return device
}

function loadBinding(): Binding {
  const require = createRequire(import.meta.url)
  try {
    const gyp = require.resolve('node-gyp-build', { paths: [require.resolve('fuse-native')] })
    const folder = require.resolve('fuse-native/package.json').replace(/package\.json$/, '')
    return (require(gyp) as (folder: string) => Binding)(folder)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const message = `fuse-native cannot be loaded (${reason.split('\n')[0]}): install libfuse2, as by "apt-get install fuse libfuse2"`
    throw new VarveError('unsupported', message, {}, error)
  }
}

function fuseDescriptors(): number[] {
  return readdirSync('/proc/self/fd')
    .filter((name) => {
      try {
        return readlinkSync(`/proc/self/fd/${name}`) === '/dev/fuse'
      } catch (error) {
        // The descriptor that read the folder is closed by now.
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
        throw error
      }
    })
    .map(Number)
}
