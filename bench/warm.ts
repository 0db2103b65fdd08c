/** The bench's side of `host.ts`: a varve session in another process, and the bytes it asked the store for. */

import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import type { Call, Reply } from './host.ts'
import { parseTrace, type Traced } from './trace.ts'
import { BenchError } from './types.ts'

export interface Warm {
  /** Seconds from the call to its last row. */
  call(call: Call): Promise<number>
  /** The requests since the last time this was asked. */
  requests(): Traced[]
  stop(): Promise<void>
}

function reply(child: ChildProcess): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) =>
      reject(new BenchError(`the varve session ended with status ${code}`))
    child.once('exit', ended)
    child.once('message', (message) => {
      child.off('exit', ended)
      resolve(message as Reply)
    })
  })
}

/** `built`: the folder of the bundled bench, where host.js is. */
export async function startWarm(built: string, env: Readonly<Record<string, string>>): Promise<Warm> {
  const child = fork(join(built, 'host.js'), [], {
    env: { ...process.env, ...env, VARVE_TRACE: '1' },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let stderr = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  await reply(child)
  return {
    async call(call) {
      const answered = reply(child)
      child.send(call)
      const { seconds, error } = await answered
      if (seconds === undefined) throw new BenchError(`varve session: ${error}`)
      return seconds
    },
    requests() {
      const traced = parseTrace(stderr)
      stderr = ''
      return traced
    },
    stop() {
      return new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve()
        child.once('exit', () => resolve())
        child.kill('SIGKILL')
      })
    },
  }
}
