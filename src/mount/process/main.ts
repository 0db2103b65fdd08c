/**
 * The process that serves a mount. Its own, because an open /dev/fuse keeps threads of Node's pool waiting, and because
 * whatever befalls it leaves the program that started it able to clean up.
 */

import { fstatSync } from 'node:fs'
import { errorToJson, toVarveError } from '../../errors.ts'
import { tidyLog } from './log.ts'
import type { FromProcess, MountOrder, ToProcess } from './messages.ts'
import { type Served, serveMount } from './serve.ts'

let serving: Promise<Served> | undefined
let daemon = false
let stopping = false

/** Tells the program, while it listens. */
function tell(message: FromProcess): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected || process.send === undefined) return resolve()
    process.send(message, undefined, undefined, () => resolve())
  })
}

/**
 * Ends by SIGKILL: `process.exit` joins the threads of the pool, one of which waits in /dev/fuse for as long as
 * somebody keeps a file of the unmounted tree open. Killed, the kernel gives those readers their error.
 */
async function end(message: FromProcess): Promise<never> {
  await tell(message)
  process.kill(process.pid, 'SIGKILL')
  return new Promise(() => undefined)
}

async function start(order: MountOrder): Promise<void> {
  daemon = order.daemon
  const logged = order.log === null ? 0 : fstatSync(process.stderr.fd).size
  serving = serveMount(order, (message) => process.stderr.write(`varve: ${message}\n`))
  try {
    const served = await serving
    if (order.log !== null) tidyLog(order.log, logged, process.stderr.fd)
    await tell({ type: 'mounted', pid: process.pid, lake: served.lake })
    await served.ended
    if (!stopping) await end({ type: 'ended' })
  } catch (error) {
    // The program prints it; without one, the log is all there is.
    if (daemon) process.stderr.write(`varve: ${toVarveError(error).message}\n`)
    await end({ type: 'failed', error: errorToJson(error) })
  }
}

async function stop(): Promise<void> {
  if (stopping) return
  stopping = true
  try {
    await (await serving)?.stop()
    await end({ type: 'ended' })
  } catch (error) {
    await end({ type: 'failed', error: errorToJson(error) })
  }
}

process.on('message', (message: ToProcess) => void (message.type === 'mount' ? start(message) : stop()))
process.on('disconnect', () => {
  // The program is gone without a word: what runs in its foreground goes with it.
  if (!daemon) void stop()
})
process.on('SIGTERM', () => void stop())
process.on('SIGINT', () => void stop())
process.on('SIGHUP', () => {
  if (!daemon) void stop()
})
