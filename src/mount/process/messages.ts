/** What the program and the process that serves a mount tell each other. */

import type { ErrorJson } from '../../errors.ts'

/** The first message, which says what to mount; all of it is checked by then. */
export interface MountOrder {
  readonly type: 'mount'
  readonly point: string
  readonly lake: string
  /** In the background: goes on when the program ends. */
  readonly daemon: boolean
  readonly log: string | null
  readonly jobs: number | undefined
}

export type ToProcess = MountOrder | { readonly type: 'stop' }

export type FromProcess =
  | { readonly type: 'mounted'; readonly pid: number; readonly lake: string }
  | { readonly type: 'failed'; readonly error: ErrorJson }
  /** Unmounted: because it was told to, or by somebody else. */
  | { readonly type: 'ended' }
