/** L20 of the mount's bench: delay-proxy/main.go in a process of its own. */

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { run } from '../process.ts'
import { BenchError } from '../types.ts'

export interface Traffic {
  /** As `GET /bucket/key?query`, in the order of their coming. */
  readonly requests: readonly string[]
  /** Bytes of the bodies that clients were sent. */
  readonly read: number
}

export interface DelayProxy {
  readonly endpoint: string
  /** Milliseconds that a request waits before it is passed on. */
  setDelay(ms: number): Promise<void>
  /** What came through since this was last asked. */
  traffic(): Promise<Traffic>
  stop(): Promise<void>
}

/** Builds it, which takes a second, and starts it before `target`. Needs Go, as building MinIO does. */
export async function startDelayProxy(target: string): Promise<DelayProxy> {
  const program = join(process.cwd(), '.tools', 'bin', 'delay-proxy')
  mkdirSync(join(process.cwd(), '.tools', 'bin'), { recursive: true })
  const source = join(process.cwd(), 'bench', 'mount', 'delay-proxy', 'main.go')
  try {
    await run('go', ['build', '-o', program, source], { env: { GO111MODULE: 'off' } })
  } catch (error) {
    throw new BenchError(`L20 needs go, which builds its proxy: ${(error as Error).message}`)
  }
  const child = spawn(program, [new URL(target).host], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<string> => {
    const { value, done } = await lines.next()
    if (done) throw new BenchError('the proxy of L20 has ended')
    return value as string
  }
  const ask = async (command: string): Promise<string> => {
    child.stdin.write(`${command}\n`)
    return next()
  }
  const port = await next()
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async setDelay(ms) {
      await ask(`delay ${ms}`)
    },
    traffic: async () => JSON.parse(await ask('traffic')) as Traffic,
    stop: () => ended(child),
  }
}

/** It ends with its stdin. */
function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.stdin?.end()
  })
}
