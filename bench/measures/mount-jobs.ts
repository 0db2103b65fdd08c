import { fio } from '../mount/fio.ts'
import { figuresOf, mib, speedText } from '../mount/rows.ts'
import { LARGE_FILES } from '../mount/setting.ts'
import { figure } from '../timing.ts'
import type { Measure } from '../types.ts'

const MiB = 2 ** 20

export const mountJobs: Measure = {
  name: 'mount-jobs',
  target: '4 sequential jobs, L20: ≥ 300 MiB/s together, slowest ≥ 0.5 × fastest, ≤ 400 MiB resident',
  async run(context) {
    const mounts = await context.mount()
    const keys = Array.from({ length: LARGE_FILES }, (_, i) => `large/${i}`)
    const [together, apart, memory]: [number[], number[], number[]] = [[], [], []]
    for (let round = 0; round < context.runs; round++) {
      const mounted = await mounts.mount('varve', { delayed: true })
      try {
        const { bytes, seconds, speeds } = await fio({ files: keys.map(mounted.path), pattern: 'read' })
        together.push(bytes / seconds)
        apart.push(Math.min(...speeds) / Math.max(...speeds))
        memory.push(mounted.memory().most)
      } finally {
        await mounted.stop()
      }
    }
    const peers: string[] = []
    for (const peer of ['s3fs', 'rclone'] as const) {
      if (context.missing(peer) !== undefined) continue
      const mounted = await mounts.mount(peer, { delayed: true })
      const { bytes, seconds } = await fio({ files: keys.map(mounted.path), pattern: 'read' }).finally(() =>
        mounted.stop(),
      )
      peers.push(`${peer} ${Math.round(bytes / seconds / MiB)} MiB/s`)
    }
    const measure = `mount: ${LARGE_FILES} sequential jobs, L20`
    const [speed, fair, most] = [
      figuresOf(together, 'most'),
      figuresOf(apart, 'most'),
      figuresOf(memory, 'least'),
    ]
    return [
      figure(
        measure,
        'together',
        '≥ 300 MiB/s',
        speedText(speed),
        speed.median >= 300 * MiB,
        peers.join(', '),
        speed,
      ),
      figure(
        measure,
        'slowest ÷ fastest',
        '≥ 0.5',
        `${fair.median.toFixed(2)} (worst ${fair.worst.toFixed(2)})`,
        fair.median >= 0.5,
        undefined,
        fair,
      ),
      figure(
        measure,
        'resident, at most',
        '≤ 400 MiB',
        mib(most.worst),
        most.worst <= 400 * MiB,
        undefined,
        most,
      ),
    ]
  },
}
