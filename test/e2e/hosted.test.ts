/** A command in a host gives what it gives as a process, and leaves nothing there for the next. */

import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fastqText } from './data.ts'
import { HostedWorkplace } from './hosted.ts'
import { failureOf } from './program.ts'

const place = new HostedWorkplace()

beforeAll(async () => {
  writeFileSync(place.path('reads.fastq.gz'), gzipSync(fastqText(500)))
  mkdirSync(place.path('folder'))
  writeFileSync(place.path('folder/.env'), 'S3_ENDPOINT=ftp://of-the-env-file\n')
  // The first of a command is a process of its own.
  for (const name of ['sql', 'info', 'slices', 'cat', 'index', 'datasets', 'nope', '--version'])
    await place.run([name, '--help'])
})
afterAll(() => place.remove())

const SLICE = '{"v":1}'

test.each<[string[], (string | Uint8Array)?]>([
  [['--version']],
  [['sql', '--help']],
  [['nope']],
  [['sql', '-c', 'select 1 as a, null as b']],
  [['sql', '--format', 'csv'], 'select 42 as answer'],
  [['sql', '-c', "select count(id) as n from 'reads.fastq.gz'", '--format', 'json']],
  [['sql', '-c', 'selekt 1', '--json']],
  [['sql', '-c', "from 'none.fastq'"]],
  [['sql', '-c', 'from range(3)', '-o', 'none/x.csv']],
  [['info', 'reads.fastq.gz', '--json', '--jobs', '0']],
  [['slices', 'reads.fastq.gz', '-n', 'many']],
  [['cat', '-'], SLICE],
  [['cat'], Buffer.from(SLICE)],
  [['index', 'none.fastq', 'reads.fastq.gz', '--json']],
  [['datasets', '--lake', 'no-lake']],
])('%j', async (argv, stdin) => {
  const options = stdin === undefined ? {} : { stdin }
  const ran = async (alone: boolean): Promise<unknown> => {
    const ended = await place.run(argv, { ...options, alone })
    return { ...ended, stdout: ended.stdout.replace(/"ms": [\d.]+/g, '"ms"') }
  }
  expect(await ran(false)).toEqual(await ran(true))
})

test('what one command was told or found in .env is not there for the next', async () => {
  const index = async (env: Record<string, string> = {}): Promise<unknown> => {
    const { stdout } = await place.run(['info', 'reads.fastq.gz', '--json'], { env })
    return (JSON.parse(stdout) as { index: unknown }).index
  }
  const before = await index()
  expect(await index({ VARVE_CACHE: place.path('other') })).toContain('/other/indexes/')
  expect(await index()).toBe(before)

  const env = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' }
  const refusal = async (cwd: string): Promise<string> =>
    failureOf(await place.run(['info', 's3://bucket/x', '--json'], { env, cwd })).message
  expect(await refusal(place.path('folder'))).toMatch(/^S3_ENDPOINT begins with ftp/)
  expect(await refusal(place.dir)).toMatch(/needs AWS_REGION/)
})

test('what a command traces is caught', async () => {
  const argv = ['sql', '-c', "select count(id) from 'reads.fastq.gz'"]
  expect((await place.run(argv, { env: { VARVE_TRACE: '1' } })).stderr).toMatch(/^varve-trace /m)
})

test('a command that cannot run fails by itself, and the next one has another host', async () => {
  const failing = place.run(['sql', '-c', 'select 1'], { cwd: place.path('no-such-folder') })
  await expect(failing).rejects.toThrow(/sql -c select 1: Error: ENOENT/)
  expect(await place.run(['nope'])).toMatchObject({ code: 2, stdout: '' })
})

test('a host that ends in the middle is the failure of its command, and the next one has another', async () => {
  const long = ['sql', '-c', 'select sum(a.range * b.range) from range(1000000) a, range(1000000) b']
  const failures = Promise.allSettled([place.run(long), place.run(long)])
  const hosts = execFileSync('pgrep', ['-P', `${process.pid}`, '-f', 'host.js'], { encoding: 'utf8' })
  for (const pid of hosts.trim().split('\n')) process.kill(Number(pid), 'SIGKILL')
  for (const failure of await failures)
    expect(failure).toMatchObject({
      reason: { message: expect.stringMatching(/ended with SIGKILL at sql -c /) },
    })
  expect(await place.run(['--version'])).toMatchObject({ code: 0, stderr: '' })
})
