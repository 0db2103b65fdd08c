/** Unmounting, by fusermount: the one program that may do it for every user. */

import { execFile } from 'node:child_process'
import { VarveError } from '../../errors.ts'

/** How `fusermount -u` went. */
export type Detached = 'done' | 'busy'

/**
 * Unmounts a path; `lazy` also one that is in use, or whose process is gone.
 *
 * Not by fuse-native's own `unmount`, which gives the path to a shell.
 */
export function detach(point: string, { lazy = false }: { readonly lazy?: boolean } = {}): Promise<Detached> {
  // An absolute path cannot be taken for an option.
  const words = ['-u', ...(lazy ? ['-z'] : []), point]
  return new Promise((resolve, reject) =>
    execFile('fusermount', words, { timeout: 20_000 }, (error, _out, errors) => {
      if (error === null) return resolve('done')
      if (/busy/i.test(errors)) return resolve('busy')
      if (/not found in \/etc\/mtab|not permitted|permission denied/i.test(errors)) {
        // Of the mounts of others it says that there are none.
        const denied = `${point} was mounted by somebody else, who alone may unmount it: ${errors.trim()}`
        return reject(new VarveError('denied', denied, { path: point }, error))
      }
      const message = `${point} could not be unmounted: ${errors.trim() || error.message}`
      reject(new VarveError('unavailable', message, { path: point }, error))
    }),
  )
}
