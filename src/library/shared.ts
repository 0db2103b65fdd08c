/** The verbs without an object to hold on to. */

import type { RunOptions } from '../engine/types.ts'
import { createVarve } from './index.ts'
import type { OpenOptions } from './types.ts'
import type { Varve } from './varve.ts'

let shared: Varve | undefined

/** The one that `open` and `sql` share; whoever wants other options makes one with `createVarve`. */
const own = (): Varve => (shared ??= createVarve())

/** Opens one file; `not-found` when there is none. */
export const open = (uri: string, options?: OpenOptions) => own().openFile(uri, options)

/** Runs SQL; the result of its last statement. */
export const sql = (text: string, options?: RunOptions) => own().sql(text, options)

/** Ends the threads and connections of `open` and `sql`. */
export async function close(): Promise<void> {
  const closing = shared
  shared = undefined
  await closing?.close()
}
