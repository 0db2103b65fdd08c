import { readdirSync, readlinkSync } from 'node:fs'

/** How many descriptors of this process, its threads' too, are on files whose path `matches`, deleted ones as well. */
export function openFiles(matches: (path: string) => boolean): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return matches(readlinkSync(`/proc/self/fd/${fd}`))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false // closed since the listing
      throw error
    }
  }).length
}
