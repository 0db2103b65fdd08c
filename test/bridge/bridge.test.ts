/** The engine's socket: the rows of the scan layer, credits, clients that die, and clients that may not come. */

import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { PROTOCOL } from '../../src/bridge/wire.ts'
import { initLake } from '../../src/lake/init.ts'
import { type Serving, startEngine } from '../../src/library/engine.ts'
import { fastqFile, manyReads } from '../scan/support/corpus.ts'
import { Bench, failure, query } from '../scan/support/service.ts'
import { Client } from './client.ts'

const bench = new Bench()
const reads = fastqFile(manyReads(30_000, 7))
const lake = join(bench.folder, 'lake')
let engine: Serving
let fastq: string
let csv: string
const clients: Client[] = []

/** Files of this process's engine in shared memory. */
const shared = (): string[] =>
  readdirSync('/dev/shm').filter((name) => name.startsWith(`varve-engine-${process.pid}-`))

function socketIn(folder: string): string {
  return join(bench.folder, folder, 'engine.sock')
}

async function client(socket = engine.socket): Promise<Client> {
  const one = new Client(socket)
  clients.push(one)
  await one.hello()
  return one
}

beforeAll(async () => {
  await initLake(lake)
  fastq = bench.file('reads.fastq', reads.raw)
  csv = bench.file('t.csv', 'a,b,c,d,e\n1,x,2.5,2026-01-02,true\n,,,,\n3,"y ""z""",-1e300,1969-12-31,false\n')
  engine = await startEngine({ socket: socketIn('own'), lake, jobs: 2, version: '1.2.3' })
})
afterEach(() => {
  for (const one of clients.splice(0)) one.close()
})
afterAll(() => engine.stop())

describe('rows', () => {
  it('are those of the scan layer, with their types', async () => {
    const service = bench.service()
    const one = await client()
    const want = await query(service, 'read_fastq', { args: [fastq] })
    expect(want.length).toBe(30_000)
    expect(await one.rows('read_fastq', [fastq])).toEqual(want)
    const table = await query(service, 'varve_read_csv', { args: [csv] })
    expect(await one.rows('varve_read_csv', [csv])).toEqual(table)
    expect(table.length).toBe(3)
  })

  it('nested ones, too', async () => {
    const vcf = bench.file(
      'v.vcf',
      '##fileformat=VCFv4.3\n##INFO=<ID=DP,Number=1,Type=Integer,Description="d">\n##FORMAT=<ID=GT,Number=1,Type=String,Description="g">\n' +
        '#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ts1\ts2\n' +
        '1\t5\t.\tA\tC,G\t.\tPASS\tDP=7\tGT\t0/1\t./.\n1\t9\trs1\tAC\t.\t3.5\t.\t.\tGT\t0|0\t1/2\n',
    )
    const want = await query(bench.service(), 'read_vcf', { args: [vcf] })
    expect(want.length).toBe(2)
    expect(await (await client()).rows('read_vcf', [vcf])).toEqual(want)
  })

  it('of a query on the lake, and of options', async () => {
    const one = await client()
    expect(await one.rows('datasets', [])).toEqual([])
    const { columns } = await one.bind('read_fastq', [[fastq, fastq]], { filename: true })
    expect(columns.at(-1)).toMatchObject({ name: 'filename', type: { kind: 'utf8' } })
  })

  it('conditions about zones prune, and what does not fit is left out', async () => {
    const service = bench.service()
    await query(service, 'varve_index', { args: [fastq] })
    const one = await client()
    const named = { column: 'record', op: '>=', values: [['integer', '29990']] }
    const all = await one.rows('read_fastq', [fastq])
    const pruned = await one.rows('read_fastq', [fastq], {}, [named])
    expect(pruned.length).toBeLessThan(all.length)
    expect(pruned.slice(-10)).toEqual(all.slice(-10))
    const strange = [
      { column: 'nope', op: '=', values: [['integer', '1']] },
      { column: 'record', op: '=', values: [['text', 'x']] },
      { column: 'sequence', op: '=', values: [['text', 'x']] },
    ]
    expect(await one.rows('read_fastq', [fastq], {}, strange)).toEqual(all)
  })
})

describe('shared memory', () => {
  it('no more batches come than there are slots, and files have no name once they are open', async () => {
    const one = await client()
    const { id, columns } = await one.bind('read_fastq', [fastq])
    const types = columns.map(({ type }) => type)
    one.scan(
      id,
      types.map((_, i) => i),
      [],
      2,
    )
    const batches = [await one.expect('batch'), await one.expect('batch')]
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(one.pending).toBe(0)
    expect(shared().length).toBe(2)
    for (const path of batches.map(({ path }) => path)) expect(statSync(path).mode & 0o777).toBe(0o600)
    one.take(batches[0]!, types)
    await one.expect('batch')
    expect(shared().length).toBeLessThanOrEqual(2)
  })

  it('a client that is gone stops its scans, and leaves nothing', async () => {
    const one = await client()
    const { id } = await one.bind('read_fastq', [fastq])
    one.scan(id, [2], [], 2)
    await one.expect('batch')
    expect(shared().length).toBeGreaterThan(0)
    one.socket.destroy()
    await vi.waitFor(() => expect(shared()).toEqual([]), 5000)
    expect((await (await client()).rows('read_fastq', [fastq])).length).toBe(30_000)
  })

  it('that is full is an error that says so, and the next scan works', async ({ skip }) => {
    const small = join(bench.folder, 'shm')
    mkdirSync(small)
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', small], { stdio: 'ignore' })
    } catch {
      if (process.env.CI) throw new Error('no permission to mount a small file system')
      console.warn('SKIPPED: full shared memory: no permission to mount a small file system')
      return skip()
    }
    try {
      vi.stubEnv('VARVE_SHM', small)
      const one = await client()
      await expect(one.rows('read_fastq', [fastq])).rejects.toThrow(/unavailable: .*shm is full .*VARVE_SHM/)
      expect(readdirSync(small)).toEqual([])
      vi.unstubAllEnvs()
      expect((await one.rows('read_fastq', [fastq])).length).toBe(30_000)
    } finally {
      vi.unstubAllEnvs()
      execFileSync('umount', [small])
    }
  })

  it('of an engine that died is freed by the next one', async () => {
    const [gone] = [2 ** 22 - 3]
    const left = `/dev/shm/varve-engine-${gone}-00000000`
    writeFileSync(left, 'x')
    const next = await startEngine({ socket: socketIn('next'), lake, version: '1' })
    expect(existsSync(left)).toBe(false)
    await next.stop()
  })
})

describe('errors', () => {
  it('of a bind or a scan name what is wrong, and the connection goes on', async () => {
    const one = await client()
    one.ask('bind', { id: 1, name: 'read_fastq', args: [join(bench.folder, 'nope.fastq')], named: {} })
    expect(await one.expect('error')).toMatchObject({
      id: 1,
      code: 'not-found',
      message: /nope\.fastq does not exist/,
    })
    one.ask('bind', { id: 2, name: 'read_nope', args: [], named: {} })
    expect(await one.expect('error')).toMatchObject({ id: 2, code: 'invalid-input' })
    one.scan(99, [0])
    expect(await one.expect('error')).toMatchObject({ code: 'invalid-input', message: /99 is not bound/ })
    const bad = bench.file('bad.fastq', '@a\nACGT\n+\n!!!\n')
    await expect(one.rows('read_fastq', [bad])).rejects.toThrow(/invalid-data: .*bad\.fastq @ byte/)
    const { id } = await one.bind('read_fastq', [fastq])
    one.scan(id, [77])
    expect(await one.expect('error')).toMatchObject({ message: /no column 77/ })
    expect((await one.rows('read_fastq', [fastq])).length).toBe(30_000)
  })

  it('another protocol is refused with what to update', async () => {
    for (const [protocol, update] of [
      [PROTOCOL + 1, 'varve 1.2.3, whose engine is running'],
      [PROTOCOL - 1, 'newer 9'],
    ] as const) {
      const one = new Client(engine.socket)
      one.ask('hello', { protocol, client: 'newer 9' })
      const { code, message } = await one.expect('error')
      expect(code).toBe('unsupported')
      expect(message).toContain(`update ${update}`)
      expect(await one.answer()).toBeUndefined()
    }
  })

  it('what is no frame, no JSON, or no request ends the connection with a sentence', async () => {
    const send: readonly ((one: Client) => void)[] = [
      (one) => one.socket.write(Buffer.from('GET / HTTP/1.1\r\n\r\n')),
      (one) => one.socket.write(Buffer.alloc(8)),
      (one) => one.askRaw(2, Buffer.from('{')),
      (one) => one.askRaw(77, Buffer.from('{}')),
      (one) => one.ask('bind', { id: -1, name: 'x', args: [], named: {} }),
      (one) => one.ask('bind', { id: 1, name: 'read_fastq', args: [fastq], named: {} }),
    ]
    for (const ask of send) {
      const one = new Client(engine.socket)
      ask(one)
      expect((await one.expect('error')).message).toMatch(/^bridge: /)
      expect(await one.answer()).toBeUndefined()
    }
  })
})

describe('the socket', () => {
  it('is for this user alone, and one engine serves at it', async () => {
    expect(statSync(engine.socket).mode & 0o777).toBe(0o600)
    expect(statSync(join(engine.socket, '..')).mode & 0o777).toBe(0o700)
    expect(await failure(startEngine({ socket: engine.socket, lake, version: '1' }))).toMatchObject({
      code: 'conflict',
    })
    expect((await client()).pending).toBe(0)
  })

  it('is not made where others could reach it', async () => {
    const open = join(bench.folder, 'open')
    mkdirSync(open)
    chmodSync(open, 0o755)
    const refused = await failure(startEngine({ socket: join(open, 'e.sock'), lake, version: '1' }))
    expect(refused).toMatchObject({ code: 'denied', message: /mode 755/ })
    symlinkSync(join(bench.folder, 'own'), join(bench.folder, 'link'))
    const linked = await failure(startEngine({ socket: socketIn('link'), lake, version: '1' }))
    expect(linked).toMatchObject({ code: 'denied', message: /no folder/ })
    const long = await failure(
      startEngine({ socket: join(bench.folder, 'x'.repeat(100), 's'), lake, version: '1' }),
    )
    expect(long).toMatchObject({ code: 'invalid-input', message: /at most 100/ })
  })

  it('one that a dead engine left is taken over', async () => {
    const socket = socketIn('stale')
    mkdirSync(join(socket, '..'), { mode: 0o700 })
    execFileSync('python3', [
      '-c',
      `import socket,sys\ns=socket.socket(socket.AF_UNIX)\ns.bind(sys.argv[1])`,
      socket,
    ])
    const next = await startEngine({ socket, lake, version: '1' })
    await client(socket)
    await next.stop()
    expect(existsSync(socket)).toBe(false)
  })

  it('an engine that nobody asks ends by itself, one with a client does not', async () => {
    const socket = socketIn('idle')
    const next = await startEngine({ socket, lake, version: '1', idleSeconds: 0.3 })
    const one = await client(socket)
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect(existsSync(socket)).toBe(true)
    one.close()
    await next.ended
    expect(existsSync(socket)).toBe(false)
  })

  it('stopping leaves the name to an engine that has taken it since', async () => {
    const socket = socketIn('two')
    const first = await startEngine({ socket, lake, version: '1' })
    const other = createServer().listen(`${socket}.other`)
    await new Promise((resolve) => other.once('listening', resolve))
    execFileSync('mv', [`${socket}.other`, socket])
    await first.stop()
    expect(existsSync(socket)).toBe(true)
    other.close()
  })
})
