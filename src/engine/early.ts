/** The engine thread of a program that will need one: it loads DuckDB while the program still loads varve. */

import { Worker } from 'node:worker_threads'
import { threadUrl } from '../threads.ts'

let early: Worker | undefined

/** Starts the thread of the next session. */
export function startEarly(): void {
  if (early !== undefined) return
  const worker = newThread()
  early = worker
  // Whoever opens a session starts another one, and is told what is wrong.
  worker.once('error', () => {
    if (early === worker) early = undefined
  })
}

/** The thread that was started early, else a new one; it waits for the message `open`. */
export function takeThread(): Worker {
  const worker = early ?? newThread()
  early = undefined
  return worker
}

function newThread(): Worker {
  const worker = new Worker(threadUrl('engine-thread'))
  worker.unref()
  return worker
}
