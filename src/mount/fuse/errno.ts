/** Errors as the kernel wants them: negative numbers, from the one table of codes. */

import { constants } from 'node:os'
import { CODES, toVarveError } from '../../errors.ts'

type Name = keyof typeof constants.errno

/** `-2` for `ENOENT`. */
export function errno(name: Name): number {
  return -constants.errno[name]
}

/**
 * The number of an error. EAGAIN would tell a reader to come back at once to a file that is not asked without
 * blocking, which programs take for a bug: what stays unavailable after all retries is EIO.
 */
export function errnoOf(error: unknown): number {
  const { code } = toVarveError(error)
  return code === 'unavailable' ? errno('EIO') : errno(CODES[code].errno)
}
