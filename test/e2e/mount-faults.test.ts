/** The mount of a lake in a real S3 server behind a network that fails: what readers see of it, which is little. */

import { spawn } from 'node:child_process'
import * as fs from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { amount, seedOf } from '../mount/soak.ts'
import type { Fault } from '../servers/fault-proxy.ts'
import { random } from './data.ts'
import { noise, type RemoteLake, readRandomly, remoteLake } from './mount-s3.ts'
import { type Foreground, HAS_FUSE, md5, mountedBelow, mountHere, tool, until } from './mounting.ts'

const SECONDS = amount('FAULT_SECONDS', 5, 3600)
const LONG = process.env.VARVE_SOAK === '1' || process.env.VARVE_SOAK_DEAD !== undefined
const MiB = 2 ** 20

const FILES = new Map<string, Buffer>([
  ['large', noise(24 * MiB + 4321, 1)],
  ['long', noise(96 * MiB, 2)],
  ['one MiB', noise(MiB, 3)],

  ['dead/1', noise(8 * MiB, 5)],
  ['small', noise(100_000, 6)],
])

/** A tenth of all requests goes wrong in one of these ways. */
const STORM: readonly ((bytes: number) => Fault)[] = [
  () => ({ kind: 'status', status: 503, code: 'SlowDown' }),
  () => ({ kind: 'reset' }),
  (afterBytes) => ({ kind: 'reset', afterBytes }),
  () => ({ kind: 'stall' }),
  (afterBytes) => ({ kind: 'stall', afterBytes }),
  (afterBytes) => ({ kind: 'truncate', afterBytes }),
]

describe.skipIf(!HAS_FUSE)('a network that fails', () => {
  let lake: RemoteLake
  let mount: Foreground
  const at = (path: string): string => lake.place.path('mnt/d/1/files', path)

  beforeAll(async () => {
    lake = await remoteLake(FILES)
    mount = await mountHere(lake.place, 'mnt', { env: lake.through })
  })
  afterEach(() => lake.proxy.reset())
  afterAll(async () => {
    mount?.child.kill('SIGTERM')
    expect(await mount?.ended).toMatchObject({ code: 0, stderr: '' })
    expect(mountedBelow(lake.place.dir)).toEqual([])
    await lake?.close()
  })

  test(
    `a tenth of all requests fails for ${SECONDS} s: no reader gets an error, and none waits for 30 s`,
    async () => {
      const seed = seedOf('a storm')
      const next = random(seed)
      let injected = 0
      lake.proxy.storm(() => {
        if (next() >= 0.1) return undefined
        injected++
        return STORM[Math.floor(next() * STORM.length)]!(1 + Math.floor(next() * 300_000))
      })
      const files = ['large', 'long', 'one MiB', 'small'].map(
        (path) => [at(path), lake.place.path('data', path)] as const,
      )
      const order = { files, seed, processes: 4, seconds: SECONDS, forget: 0.2 }
      const { reads, longest, errors } = await readRandomly(order).ended
      const requests = lake.proxy.requests.length
      console.info(
        `${reads} reads, ${requests} requests, ${injected} faults, longest ${longest.toFixed(1)} s`,
      )
      expect(errors).toEqual({})
      expect(injected).toBeGreaterThan(SECONDS / 4)
      expect(longest).toBeLessThan(30)
    },
    SECONDS * 1000 + 90_000,
  )

  test('an endpoint that is dead for some seconds: its readers wait, and go on within 5 s of its return', async () => {
    const file = await fs.open(at('dead/1'))
    lake.proxy.storm(() => ({ kind: 'reset' }))
    let answered = false
    const read = file.read(Buffer.alloc(1000), 0, 1000, 5 * MiB).finally(() => (answered = true))
    await pause(3000)
    expect(answered).toBe(false)
    lake.proxy.reset()
    const began = performance.now()
    const { buffer } = await read
    expect(performance.now() - began).toBeLessThan(5000)
    expect(buffer.equals(FILES.get('dead/1')!.subarray(5 * MiB, 5 * MiB + 1000))).toBe(true)
    await file.close()
  })

  test.runIf(LONG).each([
    ['refuses', { kind: 'reset' }],
    ['is silent', { kind: 'stall' }],
  ] as const)(
    'an endpoint that %s for more than a minute: EIO within 60 s, and reading goes on within 5 s of its return',
    async (_, fault) => {
      const file = await fs.open(at('dead/1'))
      lake.proxy.storm(() => fault)
      const start = fault.kind === 'reset' ? 2 * MiB : 6 * MiB
      const began = performance.now()
      await expect(file.read(Buffer.alloc(1000), 0, 1000, start)).rejects.toMatchObject({ code: 'EIO' })
      console.info(`EIO after ${((performance.now() - began) / 1000).toFixed(1)} s`)
      expect(performance.now() - began).toBeLessThan(60_000)
      const waiting = file.read(Buffer.alloc(1000), 0, 1000, start)
      // What fails soon after a failure fails quickly: looked at below, when the endpoint is back.
      waiting.catch(() => undefined)
      await pause(3000)
      lake.proxy.reset()
      const returned = performance.now()
      const { buffer } = await waiting.catch(() => file.read(Buffer.alloc(1000), 0, 1000, start))
      console.info(`bytes ${((performance.now() - returned) / 1000).toFixed(1)} s after its return`)
      expect(performance.now() - returned).toBeLessThan(5000)
      expect(buffer.equals(FILES.get('dead/1')!.subarray(start, start + 1000))).toBe(true)
      await file.close()
    },
    120_000,
  )

  test('a killed reader: nothing is fetched any more a second later', async () => {
    const { proxy } = lake
    // Slow enough for much to be on its way.
    proxy.storm(() => ({ kind: 'trickle', bytes: 64 * 1024, ms: 10 }))
    const code = 'import sys\nf=open(sys.argv[1],"rb",buffering=0)\nwhile f.read(131072): pass'
    const reader = spawn('python3', ['-c', code, at('long')])
    const gone = new Promise((resolve) => reader.once('exit', resolve))
    await until(() => proxy.bytes > 6 * MiB && proxy.open > 1, 'what is fetched ahead', 20_000)
    reader.kill('SIGKILL')
    await gone
    await pause(1000)
    const [bytes, requests] = [proxy.bytes, proxy.requests.length]
    expect(proxy.open).toBe(0)
    await pause(1000)
    expect([proxy.bytes, proxy.requests.length]).toEqual([bytes, requests])
  })
})

describe.skipIf(!HAS_FUSE)('bits that flip', () => {
  let lake: RemoteLake
  let mount: Foreground
  const at = (path: string): string => lake.place.path('mnt/d/1', path)
  const env = (): Record<string, string> => ({ ...lake.through, VARVE_CACHE_SIZE: '1G' })
  /** `between`: while nothing is mounted, and so nothing is written into the cache. */
  const remount = async (between?: () => Promise<void>): Promise<void> => {
    mount.child.kill('SIGTERM')
    expect(await mount.ended).toMatchObject({ code: 0, stderr: '' })
    await between?.()
    mount = await mountHere(lake.place, 'mnt', { env: env() })
  }
  const original = async (path: string): Promise<string> =>
    md5(await fs.readFile(lake.place.path('data', path)))
  const sum = async (path: string): Promise<string> => (await tool('md5sum', [at(path)])).slice(0, 32)

  beforeAll(async () => {
    lake = await remoteLake(new Map([...FILES].filter(([path]) => path !== 'long')))
    mount = await mountHere(lake.place, 'mnt', { env: env() })
  })
  afterEach(() => lake.proxy.reset())
  afterAll(async () => {
    mount?.child.kill('SIGTERM')
    expect(await mount?.ended).toMatchObject({ code: 0, stderr: '' })
    await lake?.close()
  })

  test('in a file of up to 1 MiB: it is asked for again, and right', async () => {
    for (const path of ['one MiB', 'small']) {
      lake.proxy.inject({ kind: 'flip', at: 77_777, path: /objects/, method: 'GET' })
      expect(await sum(`files/${path}`)).toBe(await original(path))
    }
    expect(lake.proxy.requests.filter((request) => request.includes('/objects/'))).toHaveLength(4)
  })

  test('in a larger file that is read in order: EIO at its end, and right when it is read anew', async () => {
    for (const bit of [500_000, 3_000_000]) {
      await remount(() => fs.rm(lake.place.path('.cache/blocks'), { recursive: true }))
      let flipped = false
      lake.proxy.storm((method, path) => {
        if (flipped || method !== 'GET' || !path.includes('/objects/')) return undefined
        flipped = true
        return { kind: 'flip', at: bit }
      })
      await expect(sum('files/large')).rejects.toThrow(/Input\/output error/)
      expect(flipped).toBe(true)
      expect(await sum('files/large')).toBe(await original('large'))
    }
  })

  test('in a part of a table: never given', async () => {
    await remount()
    const [part] = await fs.readdir(at('tables/files'))
    const right = md5(await fs.readFile(at(`tables/files/${part}`)))
    await remount()
    lake.proxy.inject({ kind: 'flip', at: 100, path: /parts/, times: 1 })
    const outcome = await sum(`tables/files/${part}`).catch((error: Error) => error.message)
    expect(outcome === right || /Input\/output error/.test(outcome)).toBe(true)
    lake.proxy.reset()
    expect(await sum(`tables/files/${part}`)).toBe(right)
  })

  test('in the cache on the disk: found, and fetched anew', async () => {
    await remount()
    for (const path of ['large', 'one MiB', 'small']) await sum(`files/${path}`)
    await remount()
    const folder = lake.place.path('.cache/blocks')
    const blocks = (await fs.readdir(folder, { recursive: true })).filter((name) => name.includes('/'))
    expect(blocks.length).toBeGreaterThan(20)
    for (const [i, name] of blocks.entries()) {
      const bytes = await fs.readFile(`${folder}/${name}`)
      const place = (i * 7919) % bytes.length
      bytes[place]! ^= 1 << (i % 8)
      await fs.writeFile(`${folder}/${name}`, bytes)
    }
    lake.proxy.reset()
    for (const path of ['large', 'one MiB', 'small'])
      expect(await sum(`files/${path}`)).toBe(await original(path))
    expect(lake.proxy.bytes).toBeGreaterThan(25 * MiB)
  })
})
