/** Random reads of a real mount of a lake in a real S3 server, by many programs in every way, byte by byte. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { amount, seedOf } from '../mount/soak.ts'
import { noise, type RemoteLake, readRandomly, remoteLake } from './mount-s3.ts'
import { type Foreground, HAS_FUSE, mountedBelow, mountHere } from './mounting.ts'

const READS = amount('READS', 4000, 1_000_000)
const MiB = 2 ** 20

const FILES = new Map<string, Buffer>([
  ['large', noise(40 * MiB + 4321, 1)],
  ['middle', noise(3 * MiB - 1, 2)],
  ['one MiB', noise(MiB, 3)],
  ['one more', noise(MiB + 1, 4)],
  ['sub/a block', noise(128 * 1024, 5)],
  ['sub/a page', noise(4096, 6)],
  ['sub/few', noise(100, 7)],
])

describe.skipIf(!HAS_FUSE)('random reads', () => {
  let lake: RemoteLake
  let mount: Foreground

  beforeAll(async () => {
    lake = await remoteLake(FILES)
    mount = await mountHere(lake.place, 'mnt')
  })
  afterAll(async () => {
    mount?.child.kill('SIGTERM')
    expect(await mount?.ended).toMatchObject({ code: 0, stderr: '' })
    expect(mountedBelow(lake.place.dir)).toEqual([])
    await lake?.close()
  })

  test(
    `${READS} of four programs, by descriptors, maps and past the page cache, give the bytes of the files`,
    async () => {
      const { place } = lake
      const files = [...FILES.keys()].map(
        (path) => [place.path('mnt/d/1/files', path), place.path('data', path)] as const,
      )
      const order = { files, seed: seedOf('random reads'), processes: 4, reads: READS }
      const { reads, bytes, longest, errors } = await readRandomly(order).ended
      console.info(`${reads} reads, ${Math.round(bytes / MiB)} MiB, the longest ${longest.toFixed(2)} s`)
      expect(reads).toBeGreaterThanOrEqual(READS)
      expect(errors).toEqual({})
    },
    60_000 + READS * 10,
  )
})
