/** What the verbs on a lake share. */

import { userInfo } from 'node:os'
import type { VersionDescription } from '../../lake/types.ts'
import type { CommitFacts } from '../../lake/write.ts'
import type { CommitOptions, CommitReport } from '../lake-types.ts'

export function reportOf(
  { dataset, number, label, hash }: VersionDescription,
  created: boolean,
): CommitReport {
  return { dataset, version: number, created, label, hash }
}

export function factsOf({ author, message, label, signal }: CommitOptions): CommitFacts {
  return { author: author ?? process.env.VARVE_AUTHOR ?? userName(), message, label, signal }
}

/** A container may run under a number that nobody has named. */
function userName(): string {
  try {
    return userInfo().username
  } catch {
    return 'unknown'
  }
}
