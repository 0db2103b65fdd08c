/** The built program as a process: signals, pipes and the demo, which no stand-in can show. */

import { spawn } from 'node:child_process'
import { mkdtemp, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const MAIN = join(import.meta.dirname, '../../dist/main.js')

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

function start(
  argv: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): { child: ReturnType<typeof spawn>; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [MAIN, ...argv], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (piece: Buffer) => {
    stdout += piece.toString()
  })
  child.stderr?.on('data', (piece: Buffer) => {
    stderr += piece.toString()
  })
  const ended = new Promise<Ended>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr })),
  )
  return { child, ended }
}

const folder = (): Promise<string> => mkdtemp(join(tmpdir(), 'varve-process-'))

/** Waits until the temporary file beside the output is there: the statement is being written. */
async function writing(dir: string): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if ((await readdir(dir)).length > 0) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error('nothing was written')
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s ends with %i and leaves nothing half-written', async (signal, code) => {
  const dir = await folder()
  const { child, ended } = start(['sql', '-c', 'from range(10000000000)', '-o', 'x.csv'], dir)
  await writing(dir)
  child.kill(signal)
  expect(await ended).toMatchObject({ code, stdout: '', stderr: '' })
  expect(await readdir(dir)).toEqual([])
})

test('the second Ctrl-C does not wait, and leaves nothing either', async () => {
  const dir = await folder()
  const { child, ended } = start(['sql', '-c', 'from range(10000000000)', '-o', 'x.csv'], dir)
  await writing(dir)
  const asked = performance.now()
  for (let i = 0; i < 50 && child.exitCode === null && child.signalCode === null; i++) {
    child.kill('SIGINT')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  // Ended in order before the second one arrived, or by the signal.
  const { code, signal } = await ended
  expect([130, 'SIGINT']).toContain(code ?? signal)
  expect(performance.now() - asked).toBeLessThan(3000)
  expect(await readdir(dir)).toEqual([])
})

test('Ctrl-C reaches a statement that only computes', async () => {
  const sql = 'select count(*) from range(100000000000) t(i) where i % 7 = 3'
  const { child, ended } = start(['sql', '-c', sql], await folder())
  await new Promise((resolve) => setTimeout(resolve, 1500))
  child.kill('SIGINT')
  expect(await ended).toMatchObject({ code: 130, stdout: '', stderr: '' })
})

test('a reader that leaves ends the query, quietly, with 0', async () => {
  const { child, ended } = start(['sql', '-c', 'from range(10000000000)', '--format', 'csv'], await folder())
  child.stdout?.once('data', () => child.stdout?.destroy())
  expect(await ended).toMatchObject({ code: 0, stderr: '' })
})

test('the demo runs, and again', async () => {
  const dir = await folder()
  const first = await start(['demo'], dir).ended
  expect(first).toMatchObject({ code: 0, stderr: '' })
  expect(first.stdout).toContain('built  file://')
  expect(first.stdout).toMatch(/│ soil-01 │ +5 │ +3996 │/)
  expect(first.stdout).toMatch(/^@VARVE:7:FC0001.*\n[ACGT]+\n\+\n/m)
  const second = await start(['demo'], dir).ended
  expect(second.code).toBe(0)
  expect(second.stdout).toContain('is there already')
  expect(second.stdout).not.toContain('built')
}, 60_000)
