import { fio } from '../mount/fio.ts'
import { figuresOf, mib, msText, speedText } from '../mount/rows.ts'
import { figure } from '../timing.ts'
import type { Measure } from '../types.ts'

const MiB = 2 ** 20
const TOTAL = 64 * MiB
const READERS = 16

export const mountRandom: Measure = {
  name: 'mount-random',
  target: 'random 256k cold, 64 MiB in all, L20: p50 ≤ 30 ms, wire ≤ 1.5 × delivered; 16 readers ≥ 80 MiB/s',
  async run(context) {
    const mounts = await context.mount()
    const [times, wire, speeds, wireMany]: [number[], number[], number[], number[]] = [[], [], [], []]
    const read = async (by: 'varve' | 'rclone', jobs: number, seed: number) => {
      const mounted = await mounts.mount(by, { delayed: true })
      try {
        const files = [mounted.path('large/1')]
        const result = await fio({ files, pattern: 'randread', jobs, bytes: TOTAL / jobs, seed })
        return { ...result, wire: (await mounts.proxy.traffic()).read / result.bytes }
      } finally {
        await mounted.stop()
      }
    }
    for (let round = 0; round < context.runs; round++) {
      const one = await read('varve', 1, 100 + round)
      times.push(one.p50)
      wire.push(one.wire)
      const many = await read('varve', READERS, 200 + round)
      speeds.push(many.bytes / many.seconds)
      wireMany.push(many.wire)
    }
    const peer = context.missing('rclone') === undefined ? await read('rclone', 1, 100) : undefined
    const beside =
      peer && `rclone ${peer.p50.toFixed(1)} ms, ${mib(peer.wire * TOTAL)} fetched for ${mib(TOTAL)}`
    const [p50, ratio, many] = [
      figuresOf(times, 'least'),
      figuresOf(wire, 'least'),
      figuresOf(speeds, 'most'),
    ]
    const ratioMany = figuresOf(wireMany, 'least')
    const measure = 'mount: random 256k cold, 64 MiB, L20'
    return [
      figure(measure, 'one reader, p50', '≤ 30 ms', msText(p50), p50.median <= 30, beside, p50),
      figure(
        measure,
        'fetched ÷ delivered',
        '≤ 1.5',
        `${ratio.median.toFixed(2)} (worst ${ratio.worst.toFixed(2)})`,
        ratio.median <= 1.5,
        undefined,
        ratio,
      ),
      figure(
        measure,
        `${READERS} readers together`,
        '≥ 80 MiB/s',
        speedText(many),
        many.median >= 80 * MiB,
        `fetched ÷ delivered ${ratioMany.median.toFixed(2)}`,
        { speed: many, wire: ratioMany },
      ),
    ]
  },
}
