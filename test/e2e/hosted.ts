/** Commands without a process for each: what tables of many short commands run in. */

import { type ChildProcess, fork } from 'node:child_process'
import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Ended, type RunOptions, Workplace } from './program.ts'

/** At once, as many as there are threads to feed; each holds a DuckDB while it runs a command. */
const MOST = 2

/** Modules that were evaluated once stay in memory: after so many commands a host is followed by a new one. */
const COMMANDS = 60

interface Command {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly stdin: string | Uint8Array
}

type Answer = { readonly ended: Ended } | { readonly failed: string }

/** One process that runs a command at a time (`host.js`). */
class Host {
  readonly #child: ChildProcess
  readonly #stderr: number
  #last = 'its start'
  #over: Error | undefined
  #fail: (error: Error) => void = () => undefined
  left = COMMANDS

  constructor() {
    // Traces go to the descriptor, past `process.stderr`: the host reads them back from a file without a name.
    const folder = mkdtempSync(join(tmpdir(), 'varve-host-'))
    this.#stderr = openSync(join(folder, 'stderr'), 'a+')
    rmSync(folder, { recursive: true })
    this.#child = fork(join(import.meta.dirname, 'host.js'), {
      execArgv: ['--experimental-vm-modules', '--no-warnings'],
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', this.#stderr, 'ipc'],
    })
    this.#child.once('exit', (code, signal) => {
      this.#over = new Error(`the host ended with ${code ?? signal} at ${this.#last}: ${this.#said()}`)
      this.#fail(this.#over)
    })
    // It ends when this process does, and does not keep it.
    this.#child.unref()
    this.#child.channel?.unref()
  }

  run(command: Command): Promise<Ended> {
    this.left--
    // One that ended after its last command was done says so, too, and with the next.
    if (this.#over !== undefined) return Promise.reject(this.#over)
    this.#last = command.argv.join(' ')
    return new Promise((resolve, reject) => {
      this.#fail = reject
      this.#child.once('message', (answer: Answer) => {
        if ('ended' in answer) resolve(answer.ended)
        else reject(new Error(`${this.#last}: ${answer.failed}`))
      })
      // What cannot be sent to a process that has ended fails by its end.
      this.#child.send(command, () => undefined)
    })
  }

  /** The end of what it wrote past `process.stderr`. */
  #said(): string {
    const { size } = fstatSync(this.#stderr)
    const bytes = Buffer.alloc(Math.min(size, 4000))
    readSync(this.#stderr, bytes, 0, bytes.length, size - bytes.length)
    return bytes.toString()
  }

  close(): void {
    this.#child.removeAllListeners('exit')
    if (this.#child.connected) this.#child.disconnect()
    closeSync(this.#stderr)
  }
}

const idle: Host[] = []
const waiting: ((host: Host) => void)[] = []
let running = 0

async function takeHost(): Promise<Host> {
  const host = idle.pop()
  if (host !== undefined) return host
  if (running >= MOST) return new Promise((resolve) => waiting.push(resolve))
  running++
  return new Host()
}

function giveBack(host: Host): void {
  const next = waiting.shift()
  if (next !== undefined) next(host)
  else idle.push(host)
}

async function runHosted(command: Command): Promise<Ended> {
  const host = await takeHost()
  try {
    const ended = await host.run(command)
    if (host.left > 0) giveBack(host)
    else replace(host)
    return ended
  } catch (error) {
    // What a command that broke its host left there is nobody's to find.
    replace(host)
    throw error
  }
}

function replace(host: Host): void {
  host.close()
  const next = waiting.shift()
  if (next !== undefined) next(new Host())
  else running--
}

/**
 * A workplace whose commands run in a few processes, one after the other in each, with modules of their own.
 *
 * The first of each command, and what asks for it (`alone`, or another user), has a process of its own: exit codes,
 * pipes and the end of a real process stay held. That both give the same is held by `hosted.test.ts`.
 */
export class HostedWorkplace extends Workplace {
  readonly #seen = new Set<string | undefined>()

  override run(
    argv: readonly string[],
    options: RunOptions & { readonly alone?: boolean } = {},
  ): Promise<Ended> {
    const env = { ...this.env, ...options.env }
    const first = !this.#seen.has(argv[0])
    this.#seen.add(argv[0])
    if (first || options.alone === true || options.uid !== undefined) return super.run(argv, options)
    return runHosted({ argv, env, cwd: options.cwd ?? this.dir, stdin: options.stdin ?? '' })
  }
}
