import { fio } from '../mount/fio.ts'
import type { Mounter } from '../mount/mounts.ts'
import { figuresOf, mib, speedRow } from '../mount/rows.ts'
import type { MountSetting } from '../mount/setting.ts'
import { run } from '../process.ts'
import type { Measure, Row } from '../types.ts'

/** A cold read of a whole file, in order; bytes per second, and the most memory of the serving process. */
async function once(mounts: MountSetting, by: Mounter, delayed: boolean, key = 'large/0') {
  const mounted = await mounts.mount(by, { delayed })
  try {
    const { bytes, seconds } = await fio({ files: [mounted.path(key)], pattern: 'read' })
    return { speed: bytes / seconds, memory: mounted.memory().most }
  } finally {
    await mounted.stop()
  }
}

export const mountSequential: Measure = {
  name: 'mount-sequential',
  target:
    'sequential cold, L0: ≥ 0.7 × bare GETs, ≥ 1.1 × s3fs and rclone; L20: ≥ 0.8 × bare GETs, ≥ 1.1 × s3fs',
  async run(context) {
    const mounts = await context.mount()
    const rows: Row[] = []
    const first = await mounts.mount('varve')
    // Wrong bytes at any speed are worth nothing; and it warms up.
    await run('cmp', [mounts.original, first.path('large/0')]).finally(() => first.stop())
    for (const delayed of [false, true]) {
      const gets: number[] = []
      const peers = (['s3fs', 'rclone'] as const).filter((name) => context.missing(name) === undefined)
      const speeds = new Map<Mounter, number[]>([
        ['varve', []],
        ...peers.map((p): [Mounter, number[]] => [p, []]),
      ])
      const inLake: number[] = []
      let memory = 0
      for (let round = 0; round < context.runs; round++) {
        gets.push(mounts.largeBytes / (await mounts.bareGets(delayed)))
        for (const [by, samples] of speeds) {
          const { speed, memory: most } = await once(mounts, by, delayed)
          samples.push(speed)
          if (by === 'varve') memory = Math.max(memory, most)
        }
        inLake.push((await once(mounts, 'varve', delayed, 'owned/large')).speed)
      }
      const place = delayed ? 'L20' : 'L0'
      const measure = `mount: sequential cold, bs=256k, ${place}`
      const ours = figuresOf(speeds.get('varve')!, 'most')
      const row = (
        name: string,
        samples: readonly number[],
        limit: number | undefined,
        note?: string,
      ): void => void rows.push(speedRow(measure, name, ours, figuresOf(samples, 'most'), limit, note))
      row('bare GETs, 8 × 8 MiB', gets, delayed ? 0.8 : 0.7, `peak ${mib(memory)} resident`)
      rows.push(
        speedRow(
          `${measure}, a file of the lake`,
          'bare GETs, 8 × 8 MiB',
          figuresOf(inLake, 'most'),
          figuresOf(gets, 'most'),
          delayed ? 0.8 : 0.7,
          'checked against its SHA-256',
        ),
      )
      for (const peer of peers) row(peer, speeds.get(peer)!, delayed && peer === 'rclone' ? undefined : 1.1)
    }
    return rows
  },
}
