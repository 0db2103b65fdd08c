/** An engine thread that was started before its session: it is the session's, and holds up nobody who opens none. */

import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { runCli } from '../../src/cli/run.ts'
import { startEarly } from '../../src/engine/early.ts'
import { readsTable } from './fake-scan.ts'
import { testSession } from './sessions.ts'

const place = vi.hoisted(() => ({ isMissing: false }))
vi.mock('../../src/threads.ts', async (original) => {
  const { threadUrl } = await original<typeof import('../../src/threads.ts')>()
  const moved = (url: URL): URL => (place.isMissing ? new URL('./not-there.js', url) : url)
  return { threadUrl: (name: 'engine-thread') => moved(threadUrl(name)) }
})

it('is the first session’s; the next one has its own', async () => {
  startEarly()
  startEarly()
  const [first, second] = [1, 2].map(() => testSession({ t: readsTable(10) }))
  const count = "select count(*) from read_fastq('t')"
  expect(await first!.rows(count)).toEqual([[10n]])
  await first!.session.close()
  expect(await second!.rows(count)).toEqual([[10n]])
  await second!.session.close()
})

it('is given up when it cannot load', async () => {
  place.isMissing = true
  startEarly()
  place.isMissing = false
  // Longer than a thread takes to find that its file is missing.
  await new Promise((resolve) => setTimeout(resolve, 500))
  const { session, rows } = testSession({ t: readsTable(10) })
  expect(await rows("select count(*) from read_fastq('t')")).toEqual([[10n]])
  await session.close()
})

it('is left by a program that opens no session', () => {
  const built = join(import.meta.dirname, '../../dist/main.js')
  const run = (args: string[]): string =>
    execFileSync(process.execPath, [built, ...args], { encoding: 'utf8', stdio: 'pipe' })
  expect(() => run(['sql', '--jobs', '0', '-c', 'select 1'])).toThrow(/--jobs/)
  expect(run(['sql', '-c', ''])).toBe('')
})

it('is asked for by the command that runs SQL, and by no other', async () => {
  const asked: boolean[] = []
  const io = { stdin: process.stdin, stdout: process.stdout, stderr: { write: () => true }, env: {} } as never
  for (const argv of [['sql', '-c', 'select 1'], ['formats']])
    await runCli(argv, io, (_, { session }) => {
      asked.push(session)
      throw new Error('no verbs')
    })
  expect(asked).toEqual([true, false])
})
