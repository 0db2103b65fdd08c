/** The mount as somebody uses it who has not read how: odd places, wrong places, other people's places. */

import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import * as fs from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { done } from './lake.ts'
import { HAS_FUSE, lakeWithFiles, mountedBelow, mountHere, tool } from './mounting.ts'
import { expectFailure, failureOf, type Workplace } from './program.ts'

// Programs are started by the dozen: on a machine that is busy that takes its time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const NOBODY = 65534
const IS_ROOT = process.getuid?.() === 0

let place: Workplace
beforeAll(async () => {
  ;({ place } = await lakeWithFiles())
  // Others may look in, not write.
  chmodSync(place.dir, 0o755)
})
afterAll(async () => {
  for (const point of mountedBelow(place.dir)) await tool('fusermount', ['-uz', point])
  place.remove()
})

describe.skipIf(!HAS_FUSE)('places', () => {
  afterEach(() => expect(mountedBelow(place.dir)).toEqual([]))

  test.each([
    [
      'a link to a folder',
      'link',
      () => {
        mkdirSync(place.path('real'))
        symlinkSync('real', place.path('link'))
      },
    ],
    ['a name with a newline', 'new\nline', () => undefined],
    ['a name with spaces, letters of others and quotes', 'ünï "日本" $x \'y\'', () => undefined],
    ['a name with a backslash, a comma and an option in it', '-o,x=\\040y', () => undefined],
    ['folders that are missing', 'not/yet/there/', () => undefined],
    ['where one stands', '.', () => undefined],
  ])('%s: mounted, listed, unmounted, and ended by SIGTERM', async (_, folder, prepare) => {
    prepare()
    const cwd = folder === '.' ? place.path('here') : place.dir
    mkdirSync(cwd, { recursive: true })
    const lake = ['--lake', place.path('lake')]
    const at = folder.startsWith('-') ? `./${folder}` : folder
    await done(place, ['mount', at, '--daemon', ...lake], { cwd })
    expect(readdirSync(`${cwd}/${folder}`)).toEqual(['reads'])
    const listed = JSON.parse((await place.run(['mounts', '--json'])).stdout) as {
      pid: number
      state: string
    }[]
    expect(listed).toMatchObject([{ state: 'mounted' }])
    // Whoever stands in it keeps it in use.
    await done(place, ['umount', `${cwd}/${folder}`])
    expect(readdirSync(`${cwd}/${folder}`)).toEqual([])
    await done(place, ['mount', at, '--daemon', ...lake], { cwd })
    const [again] = JSON.parse((await place.run(['mounts', '--json'])).stdout) as { pid: number }[]
    process.kill(again!.pid, 'SIGTERM')
    await expect.poll(() => mountedBelow(place.dir), { timeout: 10_000 }).toEqual([])
  })

  test('a dead mount is recovered through a link to it', async () => {
    mkdirSync(place.path('dies'))
    symlinkSync('dies', place.path('to-dead'))
    const { stdout } = await place.run(['mount', 'to-dead', '--daemon', '--json'])
    process.kill((JSON.parse(stdout) as { pid: number }).pid, 'SIGKILL')
    const isDead = (): Promise<unknown> =>
      fs.statfs(place.path('dies')).then(
        () => false,
        ({ code }) => code,
      )
    await expect.poll(isDead, { timeout: 10_000 }).toBe('ENOTCONN')
    await done(place, ['mount', 'to-dead', '--daemon'])
    expect(readdirSync(place.path('dies'))).toEqual(['reads'])
    await done(place, ['umount', 'to-dead'])
  })

  test('no name at all is invalid input, not the folder one stands in', async () => {
    mkdirSync(place.path('empty'))
    const options = { cwd: place.path('empty') }
    const lake = ['--lake', place.path('lake')]
    await expectFailure(place, ['mount', '', ...lake], 'invalid-input', /empty name/, options)
    await expectFailure(place, ['umount', ''], 'invalid-input', /empty name/, options)
  })

  test('a mount that fails leaves no folder that it made', async () => {
    await expectFailure(place, ['mount', 'made/for/this', '--lake', 'nowhere'], 'not-found', /no lake/)
    const long = Array.from({ length: 6 }, () => 'long'.repeat(50)).join('/')
    await expectFailure(place, ['mount', long], 'invalid-input', /too long a path/)
    mkdirSync(place.path('mine'))
    await expectFailure(place, ['mount', 'mine', '--lake', 'nowhere'], 'not-found', /no lake/)
    const left = readdirSync(place.dir)
    expect(left.filter((name) => name === 'made' || name.startsWith('long'))).toEqual([])
    expect(left).toContain('mine')
  })

  test('inside of a mount is read-only, and says of which', async () => {
    const { child, ended } = await mountHere(place, 'outer')
    for (const inner of [
      'outer/new',
      'outer/reads',
      'outer/reads/1/files/new/deep',
      'outer/reads/1/slices/sub/r.fastq.gz',
    ])
      await expectFailure(place, ['mount', inner], 'read-only', /is in the mount .*outer/)
    child.kill('SIGTERM')
    expect(await ended).toMatchObject({ code: 0, stderr: '' })
  })

  test('two at once on one place: one has it, the other is told that it is taken', async () => {
    const both = await Promise.all([1, 2].map(() => place.run(['mount', 'twice', '--daemon', '--json'])))
    const [won, lost] = both.sort((a, b) => (a.code ?? 0) - (b.code ?? 0)) as [
      (typeof both)[0],
      (typeof both)[0],
    ]
    expect([won.code, lost.code]).toEqual([0, 14])
    expect(failureOf(lost)).toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/mounted already/),
    })
    const [listed] = JSON.parse((await place.run(['mounts', '--json'])).stdout) as { pid: number }[]
    expect(listed?.pid).toBe((JSON.parse(won.stdout) as { pid: number }).pid)
    await done(place, ['umount', 'twice'])
  })

  test('the log of a mount in the background holds nothing that is not worth telling', async () => {
    const { stdout } = await place.run(['mount', 'logged', '--daemon', '--json'])
    const { log } = JSON.parse(stdout) as { log: string }
    expect(readFileSync(log, 'utf8')).toBe('')
    await done(place, ['umount', 'logged'])
  })
})

describe.skipIf(!HAS_FUSE || !IS_ROOT)('other people', () => {
  const theirs = { uid: NOBODY, env: { HOME: '/nowhere', VARVE_CACHE: '/tmp/varve-e2e-cache-of-nobody' } }
  afterAll(() => fs.rm(theirs.env.VARVE_CACHE, { recursive: true, force: true }))

  test('cannot unmount what is not theirs: denied', async () => {
    await done(place, ['mount', 'roots', '--daemon'])
    for (const argv of [
      ['umount', place.path('roots')],
      ['umount', place.path('roots'), '--force'],
    ]) {
      const ended = await place.run([...argv, '--json'], { ...theirs, cwd: '/' })
      expect([failureOf(ended).code, ended.code]).toEqual(['denied', 16])
      expect(failureOf(ended).message).toMatch(/somebody else/)
    }
    expect(readdirSync(place.path('roots'))).toEqual(['reads'])
    await done(place, ['umount', 'roots'])
  })

  test('without a folder for records: denied, and says which folder and what to set', async () => {
    const env = { VARVE_CACHE: place.path('records') }
    const ended = await place.run(['mounts', '--json'], { ...theirs, env, cwd: '/' })
    expect([failureOf(ended).code, ended.code]).toEqual(['denied', 16])
    expect(failureOf(ended).message).toMatch(/records.*VARVE_CACHE/)
  })
})
