/** Ctrl-C, full disks and lakes without permission: nothing half-written, nothing lost, the next run goes on. */

import { execFileSync } from 'node:child_process'
import { chmodSync, closeSync, ftruncateSync, mkdirSync, openSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { done, json, versionsOf } from './lake.ts'
import { expectFailure, filesUnder, Workplace } from './program.ts'
import { busy, until } from './waiting.ts'

const place = new Workplace()
afterAll(() => place.remove())

const BYTES = 160 * 1024 * 1024
/** A file of zeros, which takes no room, and whose reading and hashing takes a while. */
function large(path: string): void {
  const file = openSync(path, 'w')
  ftruncateSync(file, BYTES)
  closeSync(file)
}

const temporaries = (): string[] => filesUnder(place.dir).filter((name) => name.endsWith('.tmp'))

beforeAll(async () => {
  mkdirSync(place.path('in'))
  writeFileSync(place.path('in/a.txt'), 'small\n')
  large(place.path('in/large.bin'))
  await done(place, ['init', 'lake'])
  await done(place, ['init', 'other'])
})

/** Files that are no objects of a lake. */
const plainFiles = (): string[] => filesUnder(place.dir).filter((name) => !name.includes('/objects/'))

describe('Ctrl-C', () => {
  const other = { VARVE_LAKE: place.path('other') }

  test.each([
    ['add', ['add', 'in', '--dataset', 'd'], {}, { added: 2 }],
    ['get', ['get', 'd', 'out'], {}, { files: 2 }],
    ['export', ['export', 'd', 'd.varve'], {}, { files: 2 }],
    ['import', ['import', 'd.varve'], other, { created: true }],
  ] as const)(
    'in the middle of %s: 130, nothing half-written, the next run does it',
    async (_, argv, env, report) => {
      const before = plainFiles()
      const { child, ended } = place.start(argv, { env })
      // It has begun to write, and has far to go.
      await until(() => temporaries().length > 0, `${argv[0]} to write`)
      child.kill('SIGINT')
      expect(await ended).toMatchObject({ code: 130, stdout: '', stderr: '' })
      expect(temporaries()).toEqual([])
      // What is whole may stay: the next run need not write it again.
      expect(plainFiles().filter((name) => before.includes(name) || name !== 'out/a.txt')).toEqual(before)
      expect(await json(place, argv, { env })).toMatchObject(report)
      expect(await json(place, ['verify'], { env })).toMatchObject({ damaged: [] })
    },
  )

  test('in the middle of a table write: no version', async () => {
    const query = 'select range as id, random() as x from range(30000000)'
    const argv = ['table', 'write', 't', 'rows', '--query', query, '--key', 'id']
    const { child, ended } = place.start(argv)
    await busy(child)
    child.kill('SIGINT')
    expect(await ended).toMatchObject({ code: 130, stdout: '', stderr: '' })
    expect(temporaries()).toEqual([])
    await expectFailure(place, ['versions', 't'], 'not-found', /has no dataset t; it has d$/)
    const small = query.replace('30000000', '3000')
    expect(await json(place, ['table', 'write', 't', 'rows', '--query', small, '--key', 'id'])).toMatchObject(
      { version: 1, rows: 3000 },
    )
  })
})

test('a disk that fills up: 18, no version, nothing half-written; with room it goes on', async ({ skip }) => {
  const disk = place.path('disk')
  mkdirSync(disk)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'none', disk], { stdio: 'ignore' })
  } catch {
    skip('a tmpfs cannot be mounted here')
  }
  try {
    const env = { VARVE_LAKE: `${disk}/lake` }
    await done(place, ['init', 'disk/lake'])
    await done(place, ['add', 'in/a.txt', '--dataset', 'small'], { env })
    const full = /no space/i
    await expectFailure(place, ['add', 'in/large.bin', '--dataset', 'd'], 'unavailable', full, { env })
    await expectFailure(place, ['get', 'd', 'disk/out', '--filter', 'ext=bin'], 'unavailable', full)
    await expectFailure(place, ['export', 'd', 'disk/d.varve'], 'unavailable', full)
    expect(filesUnder(disk).filter((name) => /\.tmp$|d\.varve|large/.test(name))).toEqual([])
    expect(await json(place, ['datasets'], { env })).toMatchObject([{ name: 'small', latest: 1 }])
    await done(place, ['add', 'in/a.txt', '--dataset', 'd'], { env })
    expect(await versionsOf(place, 'd')).toEqual([1])
    expect(await json(place, ['verify', '--full'], { env })).toMatchObject({ damaged: [] })
  } finally {
    execFileSync('umount', [disk])
  }
})

const NOBODY = 65_534

test('a lake that may not be written: reading works, writing is denied, nothing is lost', async ({
  skip,
}) => {
  const root = process.getuid?.() === 0
  if (root && !runsAsNobody()) skip('nobody cannot run this node')
  const closed = new Workplace()
  writeFileSync(closed.path('a.txt'), 'first\n')
  await done(closed, ['init', 'lake'])
  await done(closed, ['add', 'a.txt', '--dataset', 'd'])
  const before = filesUnder(closed.path('lake'))
  for (const path of ['', ...before.flatMap(foldersOf)]) chmodSync(closed.path('lake', path), 0o555)
  chmodSync(closed.dir, 0o777)
  const options = {
    env: { VARVE_CACHE: closed.path('.cache-of-nobody'), HOME: closed.dir },
    ...(root && { uid: NOBODY }),
  }
  expect(await json(closed, ['datasets'], options)).toMatchObject([{ name: 'd', files: 1 }])
  expect(await closed.rows("from 'lake://d/a.txt'", options)).toEqual([{ line: 'first', record: 0 }])
  expect(await json(closed, ['get', 'd', 'out'], options)).toMatchObject({ written: 1 })
  expect(await json(closed, ['verify', '--full'], options)).toMatchObject({ damaged: [] })
  writeFileSync(closed.path('b.txt'), 'second\n')
  const denied = /may not be accessed by this user/
  for (const argv of [
    ['add', 'b.txt', '--dataset', 'd'],
    ['add', 'b.txt', '--dataset', 'new'],
    ['rm', 'd', 'a.txt'],
    ['tag', 'd@1', 'gold'],
  ])
    await expectFailure(closed, argv, 'denied', denied, options)
  expect(filesUnder(closed.path('lake'))).toEqual(before)
  for (const path of ['', ...before.flatMap(foldersOf)]) chmodSync(closed.path('lake', path), 0o755)
  closed.remove()
})

/** The folders on the way to a file. */
function foldersOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1)
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'))
}

function runsAsNobody(): boolean {
  try {
    execFileSync(process.execPath, ['--version'], { uid: NOBODY, gid: NOBODY })
    return true
  } catch {
    return false
  }
}
