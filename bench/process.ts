/** Runs a program, with its time from spawn to exit and the memory its process tree reached. */

import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { BenchError } from './types.ts'

export interface Ran {
  readonly seconds: number
  readonly stdout: string
  readonly stderr: string
  /** Sum of the peak resident sizes of the process and its children, in bytes; only with `watchMemory`. */
  readonly peak: number
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>> | undefined
  readonly cwd?: string | undefined
  readonly input?: string | undefined
  readonly watchMemory?: boolean | undefined
  /** Exit statuses that are no failure. Default: 0. */
  readonly allow?: readonly number[] | undefined
}

const SAMPLE_MS = 10

/** VmHWM is the kernel's own high-water mark, so that sampling misses only what the last few ms added. */
function readPeaks(pid: number, peaks: Map<number, number>): void {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]
    if (kilobytes !== undefined) peaks.set(pid, Number(kilobytes) * 1024)
    for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')) {
      if (child !== '') readPeaks(Number(child), peaks)
    }
  } catch {
    // The process ended between two samples: its last reading stands.
  }
}

export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const began = process.hrtime.bigint()
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    })
    const out: Buffer[] = []
    const err: Buffer[] = []
    const peaks = new Map<number, number>()
    const watch = options.watchMemory
      ? setInterval(() => child.pid !== undefined && readPeaks(child.pid, peaks), SAMPLE_MS)
      : undefined
    child.stdout?.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr?.on('data', (chunk: Buffer) => err.push(chunk))
    child.stdin?.end(options.input)
    child.on('error', (error) => {
      clearInterval(watch)
      reject(new BenchError(`${program} does not start: ${error.message}`))
    })
    child.on('close', (code, signal) => {
      const elapsed = Number(process.hrtime.bigint() - began) / 1e9
      clearInterval(watch)
      const stdout = Buffer.concat(out).toString()
      const stderr = Buffer.concat(err).toString()
      if (code === null || !(options.allow ?? [0]).includes(code)) {
        const tail = (stderr || stdout).slice(-1000)
        reject(
          new BenchError(`${program} ${args.slice(0, 3).join(' ')} … ended with ${code ?? signal}: ${tail}`),
        )
        return
      }
      const peak = [...peaks.values()].reduce((sum, bytes) => sum + bytes, 0)
      resolve({ seconds: elapsed, stdout, stderr, peak })
    })
  })
}

/** A pipeline of the shell, for peers that are one. Values come as `$1`, `$2`, …, never inside the text. */
export function shell(pipeline: string, values: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return run('bash', ['-o', 'pipefail', '-c', pipeline, 'bench', ...values], options)
}
