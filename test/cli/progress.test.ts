import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import type { Context } from '../../src/cli/context.ts'
import { bytesText, progressBar } from '../../src/cli/progress.ts'
import { collector } from './fakes.ts'

function contextOf(tty: boolean, quiet = false): { context: Context; screen: () => string } {
  const out = collector()
  const stderr = Object.assign(out.stream, {
    isTTY: tty,
    columns: 100,
    cursorTo: () => true,
    clearLine: () => true,
  })
  const io = { stdin: new PassThrough(), stdout: collector().stream, stderr, env: {} }
  return { context: { io, options: { quiet } } as unknown as Context, screen: () => out.text() }
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

test('a bar shows on a terminal after a second, not before and not elsewhere', async () => {
  const shown = contextOf(true)
  const hidden = [contextOf(false), contextOf(true, true)]
  const bars = [shown, ...hidden].map(({ context }) => progressBar(context, 'reads.fastq.gz'))
  for (const bar of bars) bar.update({ done: 1024, total: 4096 })
  await wait(500)
  expect(shown.screen()).toBe('')
  await wait(800)
  for (const bar of bars) bar.update({ done: 2048, total: 4096 })
  await wait(150)
  expect(shown.screen()).toMatch(/reads\.fastq\.gz .*50% \| 2\.00 KiB of 4\.00 KiB/)
  for (const bar of bars) bar.stop()
  for (const { screen } of hidden) expect(screen()).toBe('')
})

test('what is counted may be something else than bytes', async () => {
  const { context, screen } = contextOf(true)
  const bar = progressBar(context, { label: 'gc', of: 'objects' })
  bar.update({ done: 1000, total: 4000 })
  await wait(1200)
  bar.stop()
  expect(screen()).toMatch(/gc .*25% \| 1,000 of 4,000 objects/)
})

test('work of less than a second shows none', async () => {
  const { context, screen } = contextOf(true)
  const bar = progressBar(context, 'x')
  bar.update({ done: 1, total: 2 })
  bar.stop()
  await wait(1100)
  expect(screen()).toBe('')
})

test('bytes are named in units of 1024', () => {
  expect([0, 17, 1024, 1536, 50 * 1024 ** 2].map(bytesText)).toEqual([
    '0 B',
    '17 B',
    '1.00 KiB',
    '1.50 KiB',
    '50.0 MiB',
  ])
})
