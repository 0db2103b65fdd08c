import { figuresOf } from '../mount/rows.ts'
import { shell } from '../process.ts'
import { figure, seconds } from '../timing.ts'
import { expectEqual, type Measure } from '../types.ts'

export const mountList: Measure = {
  name: 'mount-list',
  target: '100,000 entries, L20, once loaded: `ls -f` ≤ 0.5 s, `find` with stat ≤ 10 s, no S3 request',
  async run(context) {
    const mounts = await context.mount()
    const [listed, walked, first, requests]: [number[], number[], number[], number[]] = [[], [], [], []]
    for (let round = 0; round < context.runs; round++) {
      const mounted = await mounts.mount('varve', { delayed: true })
      try {
        const folder = mounted.path('wide')
        const list = async (): Promise<number> => {
          const { seconds: took, stdout } = await shell('ls -f "$1" | wc -l', [folder])
          expectEqual('ls -f', 'number of entries', Number(stdout), mounts.wideFiles + 2)
          return took
        }
        first.push(await list())
        await mounts.proxy.traffic()
        listed.push(await list())
        const { seconds: took, stdout } = await shell(`find "$1" -type f -printf '%s\\n' | wc -l`, [folder])
        expectEqual('find', 'number of files', Number(stdout), mounts.wideFiles)
        walked.push(took)
        requests.push((await mounts.proxy.traffic()).requests.length)
      } finally {
        await mounted.stop()
      }
    }
    const [ls, find] = [figuresOf(listed, 'least'), figuresOf(walked, 'least')]
    const measure = `mount: a folder of ${mounts.wideFiles} files, L20`
    const text = ({ median, worst }: { median: number; worst: number }): string =>
      `${seconds(median)} (worst ${seconds(worst)})`
    const cold = `the first time ${text(figuresOf(first, 'least'))}`
    const most = Math.max(...requests)
    return [
      figure(measure, '`ls -f`, once loaded', '≤ 0.5 s', text(ls), ls.median <= 0.5, cold, { ls, first }),
      figure(measure, '`find` with stat', '≤ 10 s', text(find), find.median <= 10, undefined, find),
      figure(measure, 'requests of both', '0', String(most), most === 0),
    ]
  },
}
