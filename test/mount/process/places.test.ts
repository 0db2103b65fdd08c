/** Mount points, the kernel's table and what mounting needs. */

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { pointOf, preparePoint } from '../../../src/mount/process/point.ts'
import { requireFuse } from '../../../src/mount/process/requirements.ts'
import { parseMounts } from '../../../src/mount/process/table.ts'

const folder = mkdtempSync(join(tmpdir(), 'varve-points-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('paths in the table are unescaped', () => {
  const text = 'varve /a\\040b\\011c\\134d fuse.varve ro 0 0\nproc /proc proc rw 0 0\n'
  expect(parseMounts(text)).toEqual([
    { point: '/a b\tc\\d', type: 'fuse.varve' },
    { point: '/proc', type: 'proc' },
  ])
})

describe('a mount point', () => {
  test('is made when it is missing', async () => {
    const point = join(folder, 'new', 'deep')
    await preparePoint(point)
    await preparePoint(point)
  })

  test('must be an empty folder', async () => {
    mkdirSync(join(folder, 'full'))
    writeFileSync(join(folder, 'full', 'x'), '')
    await expect(preparePoint(join(folder, 'full'))).rejects.toMatchObject({ code: 'invalid-input' })
    await expect(preparePoint(join(folder, 'full', 'x'))).rejects.toMatchObject({ code: 'invalid-input' })
    await expect(preparePoint(join(folder, 'full', 'x', 'y'))).rejects.toMatchObject({
      code: 'invalid-input',
    })
    await expect(preparePoint('/proc')).rejects.toMatchObject({ code: 'conflict' })
  })

  test('is named as the kernel names it', async () => {
    mkdirSync(join(folder, 'real'))
    symlinkSync(join(folder, 'real'), join(folder, 'link'))
    expect(await pointOf(join(folder, 'link', 'm'))).toBe(join(folder, 'real', 'm'))
    expect(await pointOf('/')).toBe('/')
  })
})

test('what is missing of FUSE is said, with what to install', () => {
  const failing = (...args: Parameters<typeof requireFuse>) => expect(() => requireFuse(...args))
  failing({ PATH: '/nowhere' }, 'linux', '/dev/null').toThrow(/no fusermount.*apt-get install fuse libfuse2/)
  failing({ PATH: '/usr/bin' }, 'linux', '/dev/no-such-device').toThrow(
    /no \/dev\/no-such-device .*modprobe fuse/,
  )
  failing({}, 'darwin').toThrow(/Linux only/)
})
