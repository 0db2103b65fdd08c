/** Many reads at a time, many times over: the memory of the process that serves the mount. */

import * as fs from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { amount } from '../mount/soak.ts'
import { noise, type RemoteLake, remoteLake } from './mount-s3.ts'
import { type Foreground, HAS_FUSE, mountedBelow, mountHere, tool } from './mounting.ts'

const BURSTS = amount('BURSTS', 60, 10_000)
const PARALLEL = 40
/** The pools of a process that has just begun fill first. */
const WARM_UP = 60
const MiB = 2 ** 20

describe.skipIf(!HAS_FUSE)('bursts of parallel reads', () => {
  let lake: RemoteLake
  let mount: Foreground

  beforeAll(async () => {
    const files = new Map([['large', noise(64 * MiB, 1)]])
    for (let i = 0; i < 200; i++) files.set(`small/${i}`, noise(1000 + i, i))
    lake = await remoteLake(files)
    mount = await mountHere(lake.place, 'mnt')
  })
  afterAll(async () => {
    mount?.child.kill('SIGTERM')
    // Nothing on stderr: Node would warn there of listeners that pile up.
    expect(await mount?.ended).toMatchObject({ code: 0, stderr: '' })
    expect(mountedBelow(lake.place.dir)).toEqual([])
    await lake?.close()
  })

  async function residentMiB(): Promise<number> {
    const [mounted] = JSON.parse((await lake.place.run(['mounts', '--json'])).stdout) as { pid: number }[]
    const status = await fs.readFile(`/proc/${mounted!.pid}/status`, 'utf8')
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) / 1024
  }

  async function burst(times: number): Promise<void> {
    const { place } = lake
    const script = join(import.meta.dirname, 'mount-bursts.py')
    const pair = [place.path('mnt/d/1/files/large'), place.path('data/large')]
    await tool('python3', [script, `${times}`, `${PARALLEL}`, ...pair])
  }

  test(
    `${BURSTS} of ${PARALLEL}: the bytes are right, and the memory grows by 40 MiB at most`,
    async () => {
      await burst(WARM_UP)
      const before = await residentMiB()
      await burst(BURSTS)
      const after = await residentMiB()
      console.info(`${before.toFixed(0)} MiB before, ${after.toFixed(0)} MiB after ${BURSTS} bursts`)
      expect(after - before).toBeLessThanOrEqual(40)
    },
    120_000 + BURSTS * 500,
  )

  test('two hundred files opened and read at the same time are no matter', async () => {
    const paths = Array.from({ length: 200 }, (_, i) => `small/${i}`)
    await Promise.all(
      paths.map(async (path, i) => {
        const bytes = await fs.readFile(lake.place.path('mnt/d/1/files', path))
        expect(bytes.equals(noise(1000 + i, i))).toBe(true)
      }),
    )
    expect(mount.stderr()).toBe('')
  })
})
