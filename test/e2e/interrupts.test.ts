/** Ctrl-C and readers that leave: the program ends as it should, and nothing is half-written. */

import { execFile } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fastqText } from './data.ts'
import { filesUnder, MAIN, Workplace } from './program.ts'
import { busy, until } from './waiting.ts'

const place = new Workplace()
/** A file whose scan takes some seconds: few bytes that become many records. */
const big = 'big.fastq.gz'

beforeAll(() => {
  const once = gzipSync(fastqText(20_000, 100))
  writeFileSync(place.path(big), Buffer.concat(Array.from({ length: 80 }, () => once)))
})
afterAll(() => place.remove())

const long = `select count(*) from '${big}' where sequence like '%ACGTACGTACGT%' or quality like '%#######%'`

describe('Ctrl-C', () => {
  test.each([
    ['a query', ['sql', '-c', long]],
    ['a query into a file', ['sql', '-c', `from '${big}'`, '-o', 'out.csv']],
    ['a query into Parquet', ['sql', '-c', `from '${big}'`, '-o', 'out.parquet']],
    ['a COPY', ['sql', '-c', `copy (from '${big}') to 'copy.parquet'`]],
    ['an index', ['index', big]],
    ['slices', ['slices', big, '-n', '4']],
  ])('in the middle of %s: 130, nothing said, nothing left', async (_, argv) => {
    const { child, ended } = place.start(argv)
    await busy(child)
    const asked = performance.now()
    child.kill('SIGINT')
    const result = await ended
    expect(result).toMatchObject({ code: 130, stdout: '', stderr: '' })
    expect(performance.now() - asked).toBeLessThan(5000)
    expect(place.files()).toEqual([big])
    expect(filesUnder(place.cache).filter((name) => name.includes('indexes/'))).toEqual([])
  })

  test('says so as JSON where errors are JSON', async () => {
    const { child, ended } = place.start(['sql', '-c', long, '--format', 'json'])
    await busy(child)
    child.kill('SIGINT')
    const { code, stdout, stderr } = await ended
    expect([code, stdout]).toEqual([130, ''])
    expect(JSON.parse(stderr)).toMatchObject({ code: 'aborted' })
  })

  test('in the middle of cat: what came out is whole bytes, and no error', async () => {
    const other = new Workplace()
    writeFileSync(other.path('x.fastq'), fastqText(20_000, 100))
    const [slice] = await other.slices(['x.fastq', '-n', '1'])
    const { child, ended } = other.start(['cat', slice!])
    child.stdout?.once('data', () => {
      child.stdout?.pause()
      child.kill('SIGINT')
      setTimeout(() => child.stdout?.resume(), 300)
    })
    const { code, stderr, stdout } = await ended
    expect([code, stderr]).toEqual([130, ''])
    expect(fastqText(20_000, 100).startsWith(stdout)).toBe(true)
    other.remove()
  })

  test('twice: ends at once, even when nothing answers', async () => {
    const silent: Server = createServer(() => undefined)
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const address = silent.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const env = {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_ACCESS_KEY_ID: 'a',
      AWS_SECRET_ACCESS_KEY: 'b',
    }
    let connected = false
    silent.on('connection', () => {
      connected = true
    })
    const { child, ended } = place.start(['sql', '-c', "from 's3://bucket/x.fastq'"], { env })
    await until(() => connected, 'a request')
    child.kill('SIGINT')
    child.kill('SIGINT')
    const asked = performance.now()
    // By itself, or by the signal: a shell says 130 for both.
    const { code, signal } = await ended
    expect([130, 'SIGINT']).toContain(code ?? signal)
    expect(performance.now() - asked).toBeLessThan(3000)
    silent.close()
  })

  test('once, while a server does not answer', async () => {
    const silent: Server = createServer(() => undefined)
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const address = silent.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const env = {
      S3_ENDPOINT: `127.0.0.1:${port}`,
      S3_ACCESS_KEY: 'a',
      S3_SECRET_KEY: 'b',
    }
    const sockets = new Set<unknown>()
    silent.on('connection', (socket) => sockets.add(socket))
    const { child, ended } = place.start(['info', 's3://bucket/x.fastq'], { env })
    await until(() => sockets.size > 0, 'a request')
    child.kill('SIGINT')
    expect(await ended).toMatchObject({ code: 130, stdout: '', stderr: '' })
    silent.close()
  })
})

test('SIGTERM leaves nothing half-written either', async () => {
  const { child, ended } = place.start(['sql', '-c', `from '${big}'`, '-o', 'out.csv'])
  await until(() => readdirSync(place.dir).some((name) => name.endsWith('.tmp')), 'the output')
  child.kill('SIGTERM')
  expect((await ended).code).toBe(143)
  expect(place.files()).toEqual([big])
})

test.each([
  ['rows', ['sql', '-c', `from '${big}'`, '--format', 'csv'], 'id,description,sequence,quality,record'],
  ['slices', ['slices', 'lines.txt', '--rows', '1'], '{"v":1,'],
  ['a slice', ['cat', 'SLICE'], 'line 0'],
])('| head -1 of %s: quiet, 0', async (_, argv, first) => {
  writeFileSync(place.path('lines.txt'), Array.from({ length: 100_000 }, (_, i) => `line ${i}\n`).join(''))
  const given = argv.includes('SLICE') ? ['cat', (await place.slices(['lines.txt', '-n', '1']))[0]!] : argv
  const words = [process.execPath, MAIN, ...given]
    .map((word) => `'${word.replaceAll("'", "'\\''")}'`)
    .join(' ')
  const options = { cwd: place.dir, env: place.env }
  const out = await new Promise<{ stdout: string; stderr: string }>((resolve, reject) =>
    execFile('bash', ['-c', `set -o pipefail; ${words} | head -1`], options, (error, stdout, stderr) =>
      error === null ? resolve({ stdout, stderr }) : reject(new Error(`${error.message}\n${stderr}`)),
    ),
  )
  expect(out.stdout.startsWith(first)).toBe(true)
  expect(out.stdout.split('\n')).toHaveLength(2)
  expect(out.stderr).toBe('')
})
