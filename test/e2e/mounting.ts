/** What the tests of the mount share: a lake on the disk, mounts of it, and what the kernel says of them. */

import type { ChildProcess } from 'node:child_process'
import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { fastqText } from './data.ts'
import { type Ended, type RunOptions, Workplace } from './program.ts'

/** A machine without FUSE skips these tests loudly; in CI they fail. */
export const HAS_FUSE = existsSync('/dev/fuse') || process.env.CI === 'true'
if (!HAS_FUSE) console.error('\nNO /dev/fuse: THE MOUNT IS NOT TESTED ON THIS MACHINE.\n')

export const RECORDS = 20_000

/** A lake with one dataset, `reads`, and what its files hold. */
export async function lakeWithFiles(): Promise<{ place: Workplace; files: ReadonlyMap<string, Buffer> }> {
  const place = new Workplace()
  const files = new Map<string, Buffer>([
    ['big.bin', randomBytes(24 * 2 ** 20 + 4321)],
    ['name with spaces.txt', Buffer.from('hello\n')],
    ["sub/it's $(odd) ü.txt", Buffer.from('odd\n')],
    ['sub/empty', Buffer.alloc(0)],
    ['sub/r.fastq.gz', gzipSync(fastqText(RECORDS, 50))],
  ])
  for (const [path, bytes] of files) {
    mkdirSync(place.path('data', 'sub'), { recursive: true })
    writeFileSync(place.path('data', path), bytes)
  }
  for (const argv of [
    ['init', 'lake'],
    ['add', 'data', '--dataset', 'reads'],
    ['label', 'reads@1', 'first'],
  ]) {
    const ended = await place.run(argv)
    if (ended.code !== 0) throw new Error(`${argv.join(' ')}: ${ended.stderr}`)
  }
  return { place, files }
}

export const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex')

/** Mount points of ours below a folder, as the kernel has them. */
export function mountedBelow(folder: string): string[] {
  return readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, point = '', type]) => type === 'fuse.varve' && point.startsWith(folder))
    .map(([, point = '']) => point.replaceAll('\\040', ' '))
}

export async function until(
  seen: () => boolean | Promise<boolean>,
  what: string,
  ms = 30_000,
): Promise<void> {
  for (const end = performance.now() + ms; performance.now() < end; ) {
    if (await seen()) return
    await pause(10)
  }
  throw new Error(`waited in vain for ${what}`)
}

export interface Foreground {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  readonly stderr: () => string
}

/** `varve mount` in the foreground; resolves when it says that it is mounted. */
export async function mountHere(
  place: Workplace,
  folder: string,
  options: RunOptions = {},
): Promise<Foreground> {
  const { child, ended } = place.start(['mount', folder], options)
  let [out, err] = ['', '']
  child.stdout?.on('data', (text: Buffer) => (out += text))
  child.stderr?.on('data', (text: Buffer) => (err += text))
  const early = ended.then((end) => Promise.reject(new Error(`mount ended: ${JSON.stringify(end)}`)))
  await Promise.race([until(() => out.startsWith('mounted'), 'the mount', 60_000), early])
  early.catch(() => undefined)
  return { child, ended, stderr: () => err }
}

/** Runs a program of the machine; its output, or what it says when it fails. */
export function tool(program: string, argv: readonly string[], cwd?: string): Promise<string> {
  return new Promise((resolve, reject) =>
    execFile(program, [...argv], { cwd, maxBuffer: 2 ** 28 }, (error, stdout, stderr) =>
      error === null ? resolve(stdout) : reject(new Error(`${error.message}\n${stderr}`)),
    ),
  )
}
