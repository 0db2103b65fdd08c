import { PassThrough, Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { ReaderGone, streamOutput } from '../../src/cli/output.ts'
import { runCli } from '../../src/cli/run.ts'
import { collector, fakeVerbs, nothingAsked } from './fakes.ts'

test('waits while the reader is slow', async () => {
  const waiting: (() => void)[] = []
  const stream = new Writable({
    highWaterMark: 10,
    write: (_piece, _encoding, done) => {
      waiting.push(done)
    },
  })
  let taken = false
  const written = streamOutput(stream)
    .write('more than ten bytes')
    .then(() => {
      taken = true
    })
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(taken).toBe(false)
  waiting.shift()?.()
  await written
  expect(taken).toBe(true)
})

const brokenPipe = (): Writable =>
  new Writable({
    write: (_piece, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
  })

test('a reader that went away is told apart from errors', async () => {
  const output = streamOutput(brokenPipe())
  const writes = async (): Promise<void> => {
    for (let i = 0; i < 3; i++) {
      await output.write('x'.repeat(100_000))
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  await expect(writes()).rejects.toBeInstanceOf(ReaderGone)
})

test('head may leave: the program stops quietly with 0', async () => {
  const err = collector()
  const asked = nothingAsked()
  const io = { stdin: new PassThrough(), stdout: brokenPipe(), stderr: err.stream, env: {} }
  const code = await runCli(['sql', '-c', 'rows 1000000', '--format', 'csv'], io, () => fakeVerbs(asked))
  expect([code, err.text(), asked.closed]).toEqual([0, '', 1])
})
