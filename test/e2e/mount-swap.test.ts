/** Objects in their place that are swapped, deleted or locked under programs that read them through a real mount. */

import { constants, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import * as fs from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { amount, seedOf } from '../mount/soak.ts'
import { random } from './data.ts'
import { done } from './lake.ts'
import { noise, type RemoteLake, readRandomly, remoteLake } from './mount-s3.ts'
import { type Foreground, HAS_FUSE, lakeWithFiles, mountedBelow, mountHere } from './mounting.ts'
import type { Workplace } from './program.ts'

const SWAPS = amount('SWAPS', 12, 1000)
const MiB = 2 ** 20
const LOST = ['ESTALE', 'EIO', 'ENOENT']
/** Node has no name for it. */
const ESTALE = { errno: -116 }
const nameOf = ({ code, errno }: NodeJS.ErrnoException): string | undefined =>
  errno === ESTALE.errno ? 'ESTALE' : code

/** Reads past the kernel's pages, which hold what was right when it was read. */
async function readAnew(path: string, start: number): Promise<Buffer> {
  const file = await fs.open(path, constants.O_RDONLY | constants.O_DIRECT)
  try {
    return await readAt(file, start)
  } finally {
    await file.close()
  }
}

async function readAt(file: fs.FileHandle, start: number): Promise<Buffer> {
  const target = Buffer.alloc(4096)
  return target.subarray(0, (await file.read(target, 0, 4096, start)).bytesRead)
}

async function ended(mount: Foreground | undefined, place: Workplace): Promise<void> {
  mount?.child.kill('SIGTERM')
  expect(await mount?.ended).toMatchObject({ code: 0, stderr: '' })
  expect(mountedBelow(place.dir)).toEqual([])
}

describe.skipIf(!HAS_FUSE)('objects of a bucket', () => {
  const FILES = new Map<string, Buffer>([
    ['swapped', noise(6 * MiB, 1)],
    ['changed', noise(4 * MiB, 2)],
    ['deleted', noise(4 * MiB, 3)],
    ['denied', noise(4 * MiB, 4)],
    ['alone', noise(4 * MiB, 5)],
  ])
  let lake: RemoteLake
  let mount: Foreground
  const at = (path: string): string => lake.place.path('mnt/d/1/files', path)

  beforeAll(async () => {
    lake = await remoteLake(FILES, { inPlace: true })
    mount = await mountHere(lake.place, 'mnt', { env: lake.through })
  })
  afterAll(async () => {
    await ended(mount, lake.place)
    await lake.close()
  })

  test(
    `swapped or deleted ${SWAPS} times under its readers: bytes of the version, or an error, and no others`,
    async () => {
      const key = 'data/swapped'
      const [mine, other] = [FILES.get('swapped')!, noise(6 * MiB, 99)]
      const seed = seedOf('swaps')
      const next = random(seed)
      const reading = readRandomly({
        files: [[at('swapped'), lake.place.path('data/swapped')]],
        seed,
        processes: 3,
        stop: lake.place.path('stop'),
        allowed: LOST,
        forget: 0.3,
      })
      // Told below; swapping goes on until then.
      reading.ended.catch(() => undefined)
      for (let i = 0; i < SWAPS; i++) {
        if (next() < 0.7) await lake.store.put(key, other)
        else await lake.store.delete(key)
        await pause(next() * 40)
        // The same bytes have the same ETag: it is again what the version knows.
        await lake.store.put(key, mine)
        await pause(next() * 60)
      }
      writeFileSync(lake.place.path('stop'), '')
      const { reads, errors } = await reading.ended
      console.info(`${SWAPS} swaps, ${reads} reads, of which ${JSON.stringify(errors)}`)
      expect(errors.ESTALE).toBeGreaterThan(0)
      const failed = Object.values(errors).reduce((sum, count) => sum + count, 0)
      expect(reads - failed).toBeGreaterThan(SWAPS)
    },
    60_000 + SWAPS * 500,
  )

  test('changed: ESTALE for a program that has it open, and for one that opens it now', async () => {
    const file = await fs.open(at('changed'))
    expect(await readAt(file, 0)).toEqual(FILES.get('changed')!.subarray(0, 4096))
    await lake.store.put('data/changed', noise(4 * MiB, 98))
    await expect(readAt(file, 3 * MiB)).rejects.toMatchObject(ESTALE)
    await file.close()
    await expect(readAnew(at('changed'), 2 * MiB)).rejects.toMatchObject(ESTALE)
  })

  test('deleted: ENOENT for both', async () => {
    const file = await fs.open(at('deleted'))
    expect(await readAt(file, 0)).toEqual(FILES.get('deleted')!.subarray(0, 4096))
    await lake.store.delete('data/deleted')
    await expect(readAt(file, 3 * MiB)).rejects.toMatchObject({ code: 'ENOENT' })
    await file.close()
    await expect(readAnew(at('deleted'), 2 * MiB)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('denied: EACCES for both, and what it was when it is permitted again', async () => {
    const file = await fs.open(at('denied'))
    expect(await readAt(file, 0)).toEqual(FILES.get('denied')!.subarray(0, 4096))
    lake.proxy.storm((_, path) =>
      path.endsWith('data/denied') ? { kind: 'status', status: 403, code: 'AccessDenied' } : undefined,
    )
    await expect(readAt(file, 3 * MiB)).rejects.toMatchObject({ code: 'EACCES' })
    await expect(readAnew(at('denied'), 2 * MiB)).rejects.toMatchObject({ code: 'EACCES' })
    expect(await readAnew(at('alone'), 2 * MiB)).toEqual(
      FILES.get('alone')!.subarray(2 * MiB, 2 * MiB + 4096),
    )
    lake.proxy.reset()
    expect(await readAt(file, 3 * MiB)).toEqual(FILES.get('denied')!.subarray(3 * MiB, 3 * MiB + 4096))
    await file.close()
  })
})

describe.skipIf(!HAS_FUSE)('files of a disk', () => {
  let place: Workplace
  let mount: Foreground
  const content = (i: number): Buffer => noise(3 * MiB, 1000 + i)
  const inPlace = (i: number): string => place.path('own', `${i}`)
  const at = (i: number): string => place.path('mnt/own/1/files', `${i}`)

  beforeAll(
    async () => {
      ;({ place } = await lakeWithFiles())
      mkdirSync(place.path('own'))
      for (let i = 0; i < SWAPS; i++) writeFileSync(inPlace(i), content(i))
      await done(place, ['add', 'own', '--in-place', '--dataset', 'own'])
      mount = await mountHere(place, 'mnt')
    },
    60_000 + SWAPS * 100,
  )
  afterAll(async () => {
    await ended(mount, place)
    place.remove()
  })

  /** One byte other, another file of the same name, and none at all. */
  const CHANGES: readonly ((path: string) => Promise<unknown>)[] = [
    async (path) => {
      const file = await fs.open(path, 'r+')
      await file.write(Buffer.from('other'), 0, 5, 2 * MiB)
      await file.close()
    },
    async (path) => {
      writeFileSync(`${path}.new`, noise(3 * MiB, 7))
      renameSync(`${path}.new`, path)
    },
    async (path) => rmSync(path),
    async (path) => fs.truncate(path, MiB),
  ]

  test(
    `${SWAPS} of them, each changed, replaced, deleted or cut under its reader: never other bytes`,
    async () => {
      const errors: Record<string, number> = {}
      for (let i = 0; i < SWAPS; i++) {
        const right = content(i)
        const file = await fs.open(at(i))
        let given = 0
        const read = async (): Promise<void> => {
          for (let from = 0; from < right.length; from += 128 * 1024) {
            const target = Buffer.alloc(128 * 1024)
            const { bytesRead } = await file.read(target, 0, target.length, from)
            expect(
              Buffer.compare(target.subarray(0, bytesRead), right.subarray(from, from + target.length)),
            ).toBe(0)
            given += bytesRead
          }
        }
        const reading = read().catch((error: NodeJS.ErrnoException) => {
          const name = nameOf(error)
          if (name === undefined || !LOST.includes(name)) throw error
          errors[name] = (errors[name] ?? 0) + 1
        })
        await pause((i % 7) / 2)
        await CHANGES[i % CHANGES.length]!(inPlace(i))
        await reading
        await file.close()
        const now = await readAnew(at(i), 2 * MiB).catch(nameOf)
        expect(now, `${i} after ${given} bytes`).toBe(i % CHANGES.length === 2 ? 'ENOENT' : 'ESTALE')
      }
      console.info(`${SWAPS} files, readers interrupted: ${JSON.stringify(errors)}`)
    },
    60_000 + SWAPS * 300,
  )
})
