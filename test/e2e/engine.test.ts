/** `varve engine` as a program: it serves, says where, and ends without a trace. */

import { existsSync, writeFileSync } from 'node:fs'
import { afterAll, expect, test, vi } from 'vitest'
import { Client } from '../bridge/client.ts'
import { fastqText } from './data.ts'
import { until } from './mounting.ts'
import { Workplace } from './program.ts'

vi.setConfig({ testTimeout: 60_000 })

const place = new Workplace()
afterAll(() => place.remove())
const socket = place.path('run', 'engine.sock')
writeFileSync(place.path('r.fastq'), fastqText(500, 50))

async function started(options: { readonly idle?: string } = {}) {
  const argv = ['engine', '--socket', socket, ...(options.idle === undefined ? [] : ['--idle', options.idle])]
  const running = place.start(argv)
  let out = ''
  running.child.stdout?.on('data', (text: Buffer) => (out += text))
  await until(() => out.includes('\n'), 'the engine')
  expect(out).toBe(`serving  ${socket}\n`)
  return running
}

async function countRows(): Promise<number> {
  const client = new Client(socket)
  try {
    await client.hello()
    return (await client.rows('read_fastq', [place.path('r.fastq')])).length
  } finally {
    client.close()
  }
}

test('serves until SIGTERM, which is a clean end, and hangs up on its clients', async () => {
  const { child, ended } = await started()
  expect(await countRows()).toBe(500)
  const open = new Client(socket)
  await open.hello()
  child.kill('SIGTERM')
  expect(await open.answer()).toBeUndefined()
  expect(await ended).toMatchObject({ code: 0, stderr: '' })
  expect(existsSync(socket)).toBe(false)
})

test('a second one says that there is one already', async () => {
  const { child, ended } = await started()
  const second = await place.run(['engine', '--socket', socket, '--json'])
  expect(second.code).toBe(14)
  expect(JSON.parse(second.stderr)).toMatchObject({
    code: 'conflict',
    message: `an engine is serving at ${socket} already`,
  })
  expect(await countRows()).toBe(500)
  child.kill('SIGTERM')
  await ended
})

test('after a SIGKILL the next one takes over, and ends when nobody comes', async () => {
  const { child, ended } = await started()
  child.kill('SIGKILL')
  await ended
  expect(existsSync(socket)).toBe(true)
  const next = await started({ idle: '0.5' })
  expect(await countRows()).toBe(500)
  expect(await next.ended).toMatchObject({ code: 0 })
  expect(existsSync(socket)).toBe(false)
})

test('a folder that others can enter is refused', async () => {
  const refused = await place.run(['engine', '--socket', '/tmp/varve-engine.sock'])
  expect(refused).toMatchObject({ code: 16, stdout: '' })
  expect(refused.stderr).toMatch(/cannot be in \/tmp, which others can enter \(mode 777\), expected 700/)
})
