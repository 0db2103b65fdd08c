/** What every scan of a service shares. */

import type { IndexHome } from '../index/location.ts'
import type { Reject } from './messages.ts'
import type { WorkerPool } from './pool.ts'

export interface ScanContext {
  readonly home: IndexHome
  readonly pool: WorkerPool
  /** Records that scans with `ignore_errors` passed over, since it was emptied. */
  readonly rejects: Reject[]
  /** Something worth telling that is no failure: an index that could not be kept. */
  readonly warn: (message: string) => void
}
