/** The mount as other programs see it: through the kernel. */

import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { closeSync, openSync } from 'node:fs'
import * as fs from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { isRunning } from '../../src/mount/process/registry.ts'
import { amount } from '../mount/soak.ts'
import {
  type Foreground,
  HAS_FUSE,
  lakeWithFiles,
  md5,
  mountedBelow,
  mountHere,
  RECORDS,
  tool,
  until,
} from './mounting.ts'
import { expectFailure, tracesOf, type Workplace } from './program.ts'

const CYCLES = amount('CYCLES', 10, 100)

let place: Workplace
let files: ReadonlyMap<string, Buffer>

beforeAll(async () => {
  ;({ place, files } = await lakeWithFiles())
})
afterAll(async () => {
  for (const point of mountedBelow(place.dir)) await tool('fusermount', ['-uz', point])
  place.remove()
})

describe.skipIf(!HAS_FUSE)('reading', () => {
  let mount: Foreground
  const at = (path: string): string => place.path('mnt', path)

  beforeAll(async () => {
    // The default folder, which is made.
    mount = await mountHere(place, 'mnt')
  })
  afterAll(async () => {
    mount.child.kill('SIGTERM')
    expect(await mount.ended).toMatchObject({ code: 0, stderr: '' })
    expect(mountedBelow(place.dir)).toEqual([])
  })

  test('md5sum of every file is that of the file that was added', async () => {
    for (const [path, bytes] of files)
      expect((await tool('md5sum', [at(`reads/latest/files/${path}`)])).replace(/^\\/, '').slice(0, 32)).toBe(
        md5(bytes),
      )
  })

  test('the tree has versions, labels and the latest, files, tables and schemas', async () => {
    expect((await fs.readdir(at('.'))).sort()).toEqual(['reads'])
    expect((await fs.readdir(at('reads'))).sort()).toEqual(['1', 'first', 'latest'])
    expect(await fs.readlink(at('reads/latest'))).toBe('1')
    expect((await fs.readdir(at('reads/1'))).sort()).toEqual(
      ['files', 'schemas', 'slices', 'tables', 'version.json'].sort(),
    )
    expect(JSON.parse(await fs.readFile(at('reads/first/version.json'), 'utf8'))).toMatchObject({ number: 1 })
    const found = await tool('find', ['.', '-type', 'f'], at('reads/1/files'))
    expect(found.trimEnd().split('\n').sort()).toEqual([...files.keys()].map((path) => `./${path}`).sort())
  })

  test('sizes and modes are exact, and nothing may be written', async () => {
    for (const [path, bytes] of files) {
      const { size, mode } = await fs.stat(at(`reads/1/files/${path}`))
      expect([size, mode & 0o777]).toEqual([bytes.length, 0o444])
    }
    expect(await fs.statfs(at('.'))).toMatchObject({ bfree: 0, bavail: 0 })
  })

  test('slices are files that wc and cat read', async () => {
    const folder = at('reads/1/slices/sub/r.fastq.gz/4')
    const names = (await fs.readdir(folder)).sort()
    expect(names).toEqual(['0000.fastq', '0001.fastq', '0002.fastq', '0003.fastq'])
    const counted = await tool('wc', ['-l', ...names], folder)
    expect(counted).toMatch(new RegExp(`\\b${RECORDS * 4} total`))
  })

  test("DuckDB's own read_parquet reads the tables", async () => {
    const sql = `select path, bytes::int as bytes from read_parquet('${at('reads/latest/tables/files/*.parquet')}') order by path`
    const rows = await place.rows(sql)
    const expected = [...files].map(([path, { length }]) => ({ path, bytes: length }))
    expect(rows).toEqual(expected.sort((a, b) => (a.path < b.path ? -1 : 1)))
  })

  test('many readers at random places get the bytes of those places', async () => {
    const big = files.get('big.bin')!
    await Promise.all(
      Array.from({ length: 16 }, async () => {
        const file = await fs.open(at('reads/1/files/big.bin'))
        for (let i = 0; i < 40; i++) {
          const start = randomInt(big.length)
          const target = Buffer.alloc(randomInt(1, 400_000))
          const { bytesRead } = await file.read(target, 0, target.length, start)
          expect(bytesRead).toBe(Math.min(target.length, big.length - start))
          expect(target.subarray(0, bytesRead).equals(big.subarray(start, start + bytesRead))).toBe(true)
        }
        await file.close()
      }),
    )
  })

  test.each([
    ['a missing dataset', 'nothing', 'ENOENT'],
    ['a missing version', 'reads/2', 'ENOENT'],
    ['a missing file', 'reads/1/files/nothing', 'ENOENT'],
    ['a file as a folder', 'reads/1/files/big.bin/x', 'ENOTDIR'],
    ['a folder as a file', 'reads/1/files', 'EISDIR'],
  ])('%s fails as on any disk', async (_, path, code) => {
    await expect(fs.readFile(at(path))).rejects.toMatchObject({ code })
  })

  test('a new version appears in the running mount; the old one stays as it is', async () => {
    await fs.writeFile(place.path('data', 'more.txt'), 'more')
    expect((await place.run(['add', 'data', '--dataset', 'reads'])).code).toBe(0)
    await until(async () => (await fs.readdir(at('reads'))).includes('2'), 'version 2')
    await until(async () => (await fs.readlink(at('reads/latest'))) === '2', 'the link')
    expect(await fs.readFile(at('reads/latest/files/more.txt'), 'utf8')).toBe('more')
    await expect(fs.stat(at('reads/1/files/more.txt'))).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

describe.skipIf(!HAS_FUSE)('living and dying', () => {
  afterEach(() => expect(mountedBelow(place.dir)).toEqual([]))

  test(
    `${CYCLES} times mounted and ended by SIGTERM: 0, and nothing stays mounted`,
    async () => {
      for (let i = 0; i < CYCLES; i++) {
        const { child, ended } = await mountHere(place, 'cycle')
        expect(mountedBelow(place.dir)).toEqual([place.path('cycle')])
        if (i % 2 === 1) await fs.readFile(place.path('cycle/reads/1/version.json'))
        child.kill('SIGTERM')
        expect(await ended).toMatchObject({ code: 0, stderr: '' })
        expect(mountedBelow(place.dir)).toEqual([])
      }
    },
    60_000 + CYCLES * 5000,
  )

  test('Ctrl-C: 130, unmounted', async () => {
    const { child, ended } = await mountHere(place, 'cycle')
    child.kill('SIGINT')
    expect(await ended).toMatchObject({ code: 130, stderr: '' })
  })

  test('SIGTERM while a file is open: ends all the same', async () => {
    const { child, ended } = await mountHere(place, 'cycle')
    const file = openSync(place.path('cycle/reads/1/version.json'), 'r')
    child.kill('SIGTERM')
    expect((await ended).code).toBe(0)
    // Closing what is unmounted may say that it is.
    try {
      closeSync(file)
    } catch (error) {
      expect(error).toMatchObject({ code: 'ENOTCONN' })
    }
  })

  test('unmounted from outside: ends with 0', async () => {
    const { ended } = await mountHere(place, 'cycle')
    await tool('fusermount', ['-u', place.path('cycle')])
    expect((await ended).code).toBe(0)
  })

  test('the program killed: its mount goes with it', async () => {
    const { child } = await mountHere(place, 'cycle')
    child.kill('SIGKILL')
    await until(() => mountedBelow(place.dir).length === 0, 'the unmount')
  })

  test('in the background: returns once mounted, is listed, and umount ends it', async () => {
    const folder = `da ${'$(touch x)'}`
    const ended = await place.run(['mount', folder, '--daemon', '--json'])
    expect(ended.code).toBe(0)
    const report = JSON.parse(ended.stdout) as Record<string, unknown>
    expect(report).toMatchObject({ point: place.path(folder), pid: expect.any(Number) })
    expect(await fs.readFile(place.path(folder, 'reads/1/files/sub/empty'))).toHaveLength(0)
    const listed = JSON.parse((await place.run(['mounts', '--json'])).stdout) as unknown[]
    expect(listed).toMatchObject([
      { point: place.path(folder), state: 'mounted', pid: report.pid, lake: report.lake },
    ])
    expect((await fs.stat(place.path('.cache/mounts'))).mode & 0o777).toBe(0o700)
    await expectFailure(place, ['mount', folder], 'conflict', /mounted already/)
    expect(await place.run(['umount', folder])).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse((await place.run(['mounts', '--json'])).stdout)).toEqual([])
    expect(isRunning(Number(report.pid))).toBe(false)
    await expectFailure(place, ['umount', folder], 'not-found', /nothing is mounted on/)
  })

  test('SIGKILL in the background: the next start recovers the dead mount point', async () => {
    const pidOf = async (): Promise<number> => {
      const { stdout } = await place.run(['mount', 'dead', '--daemon', '--json'])
      return (JSON.parse(stdout) as { pid: number }).pid
    }
    const killed = async (): Promise<void> => {
      process.kill(await pidOf(), 'SIGKILL')
      await until(async () => {
        const error = await fs.statfs(place.path('dead')).catch((reason: NodeJS.ErrnoException) => reason)
        return 'code' in error && error.code === 'ENOTCONN'
      }, 'the dead mount point')
    }
    await killed()
    expect(JSON.parse((await place.run(['mounts', '--json'])).stdout)).toMatchObject([{ state: 'dead' }])
    await killed()
    expect((await place.run(['umount', 'dead'])).code).toBe(0)
  })

  test('the serving process killed under the program: it says so and cleans up', async () => {
    const { child, ended } = await mountHere(place, 'cycle')
    const [mounted] = JSON.parse((await place.run(['mounts', '--json'])).stdout) as { pid: number }[]
    expect(mounted?.pid).not.toBe(child.pid)
    process.kill(mounted!.pid, 'SIGKILL')
    const { code, stderr } = await ended
    expect([code, stderr]).toEqual([1, expect.stringMatching(/ended by itself \(SIGKILL\)/)])
  })

  test('umount of what is in use: conflict, unless forced', async () => {
    expect((await place.run(['mount', 'busy', '--daemon'])).code).toBe(0)
    const file = await fs.open(place.path('busy/reads/1/files/big.bin'))
    await expectFailure(place, ['umount', 'busy'], 'conflict', /in use/)
    expect((await place.run(['umount', 'busy', '--force'])).code).toBe(0)
    await file.close().catch((error: NodeJS.ErrnoException) => expect(error.code).toBe('ENOTCONN'))
  })

  test('a killed reader: what it wanted is not fetched any more', async () => {
    await fs.writeFile(place.path('data', 'long.bin'), Buffer.alloc(96 * 2 ** 20, 1))
    expect((await place.run(['add', 'data', '--dataset', 'long'])).code).toBe(0)
    const { child, ended, stderr } = await mountHere(place, 'cycle', { env: { VARVE_TRACE: '1' } })
    const slow =
      'import sys,time\nf=open(sys.argv[1],"rb",buffering=0)\nfor i in range(24): f.read(131072)\ntime.sleep(60)'
    const reader = spawn('python3', ['-c', slow, place.path('cycle/long/1/files/long.bin')])
    await until(() => stderr().split('objects/').length > 2, 'requests')
    await pause(500)
    reader.kill('SIGKILL')
    await pause(1000)
    const fetched = (): number => stderr().split('\n').length
    const before = fetched()
    await pause(1000)
    expect(fetched()).toBe(before)
    child.kill('SIGTERM')
    const bytes = tracesOf(await ended)
      .filter(({ op, uri }) => op === 'GET' && uri.includes('objects/'))
      .reduce((sum, trace) => sum + trace.bytes, 0)
    expect(bytes).toBeGreaterThan(3 * 2 ** 20)
    expect(bytes).toBeLessThan(48 * 2 ** 20)
  })
})

describe('wrong usage', () => {
  test.each([
    [['mount', 'a', 'b']],
    [['mount', '--nothing']],
    [['umount']],
    [['umount', 'a', 'b']],
    [['mounts', 'a']],
  ])('%j cannot be parsed: 2', async (argv) => {
    expect((await place.run(argv)).code).toBe(2)
  })

  test.skipIf(!HAS_FUSE).each([
    ['a folder that is not empty', ['mount', 'data'], 'invalid-input', /not empty/],
    ['a file', ['mount', 'data/big.bin'], 'invalid-input', /no folder/],
    ['no lake', ['mount', 'x', '--lake', 'nowhere'], 'not-found', /is no lake/],
    ['what is mounted by others', ['mount', '/proc'], 'conflict', /mounted already/],
    ['a format that is none', ['mount', 'x', '--format', 'csv'], 'invalid-input', /--format/],
    ['what is not mounted', ['umount', 'data'], 'not-found', /nothing is mounted/],
    ['what others mounted', ['umount', '/proc'], 'not-found', /nothing is mounted/],
  ] as const)('%s', async (_, argv, code, message) => {
    await expectFailure(place, argv, code, message)
    expect(mountedBelow(place.dir)).toEqual([])
  })

  test('without fusermount: says what to install', async () => {
    const env = { PATH: '/nowhere' }
    await expectFailure(place, ['mount', 'x'], 'unsupported', /apt-get install fuse libfuse2|modprobe fuse/, {
      env,
    })
  })
})
