/** A table of every system call that would change something, tried on a real mount. */

import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import * as fs from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Foreground, HAS_FUSE, lakeWithFiles, md5, mountedBelow, mountHere, tool } from './mounting.ts'
import type { Workplace } from './program.ts'

/** What does not come as far as a file system that cannot be written: on any disk it fails so. */
const ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  write: ['EBADF'],
  pwrite: ['EBADF'],
  ftruncate: ['EINVAL'],
  fallocate: ['EBADF'],
  'fallocate PUNCH_HOLE': ['EBADF'],
  'copy_file_range into it': ['EBADF'],
  'sendfile into it': ['EBADF'],
  'mmap shared and writable': ['EACCES'],
  'rename into it': ['EXDEV'],
  'rename out of it': ['EXDEV'],
  'link into it': ['EXDEV', 'EROFS'],
  'link out of it': ['EXDEV'],
  'ioctl FS_IOC_SETFLAGS': ['EROFS', 'ENOTTY'],
}

describe.skipIf(!HAS_FUSE)('what would change something', () => {
  let place: Workplace
  let files: ReadonlyMap<string, Buffer>
  let mount: Foreground

  beforeAll(async () => {
    ;({ place, files } = await lakeWithFiles())
    mkdirSync(place.path('outside'))
    mount = await mountHere(place, 'mnt')
  })
  afterAll(async () => {
    mount.child.kill('SIGTERM')
    expect(await mount.ended).toMatchObject({ code: 0, stderr: '' })
    expect(mountedBelow(place.dir)).toEqual([])
    place.remove()
  })

  async function outcomes(): Promise<readonly (readonly [string, string])[]> {
    const version = place.path('mnt/reads/1')
    const words = [version, place.path('mnt/reads/latest'), place.path('outside')]
    const printed = await tool('python3', [join(import.meta.dirname, 'mount-mutations.py'), ...words])
    return JSON.parse(printed) as [string, string][]
  }

  async function expectNothingDone(): Promise<void> {
    const done = await outcomes()
    const wrong = done.filter(([name, how]) => !(ELSEWHERE[name] ?? ['EROFS']).includes(how))
    expect(wrong).toEqual([])
    expect(done.length).toBeGreaterThan(70)
    expect(done.filter(([, how]) => how === 'EROFS').length).toBeGreaterThan(58)
    const at = (path: string): string => place.path('mnt/reads', path)
    expect((await fs.readdir(at('.'))).sort()).toEqual(['1', 'first', 'latest'])
    expect((await fs.readdir(at('1/files'))).sort()).toEqual(['big.bin', 'name with spaces.txt', 'sub'])
    expect((await fs.stat(at('1/files/big.bin'))).mode & 0o777).toBe(0o444)
    expect(md5(await fs.readFile(at('1/files/big.bin')))).toBe(md5(files.get('big.bin')!))
  }

  test('every system call of a table of all of them is EROFS', expectNothingDone)

  test.skipIf(process.getuid?.() !== 0)(
    'also where root has mounted the tree anew as one that can be written',
    async () => {
      execFileSync('mount', ['-i', '-o', 'remount,rw', place.path('mnt')])
      expect(await fs.readFile('/proc/mounts', 'utf8')).toMatch(
        new RegExp(`${place.path('mnt')} fuse\\.varve rw,`),
      )
      await expectNothingDone()
    },
  )
})
