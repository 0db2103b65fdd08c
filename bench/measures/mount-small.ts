import type { Mounter } from '../mount/mounts.ts'
import { figuresOf } from '../mount/rows.ts'
import { shell } from '../process.ts'
import { figure } from '../timing.ts'
import type { Measure } from '../types.ts'

const READERS = 16
/** Of the peers, which take a minute for all. */
const PEER_FILES = 400

export const mountSmall: Measure = {
  name: 'mount-small',
  target: '2,000 × 1 MiB files, 16 readers, L20: ≥ 200 files/s',
  async run(context) {
    const mounts = await context.mount()
    const read = async (by: Mounter, files: number): Promise<number> => {
      const mounted = await mounts.mount(by, { delayed: true })
      try {
        const each = String(Math.ceil(files / READERS))
        // The names from a list, not from the mount: what is measured is opening and reading.
        const names = 'seq -f %05.0f 0 "$1" | xargs -P "$2" -n "$3" cat | wc -c'
        const folder = mounted.path('small')
        const values = [String(files - 1), String(READERS), each]
        const { seconds, stdout } = await shell(names, values, { cwd: folder })
        if (Number(stdout) !== files * 2 ** 20) throw new Error(`${by} gave ${stdout.trim()} bytes`)
        return files / seconds
      } finally {
        await mounted.stop()
      }
    }
    const samples: number[] = []
    for (let round = 0; round < context.runs; round++) samples.push(await read('varve', mounts.smallFiles))
    const beside: string[] = []
    for (const peer of ['s3fs', 'rclone'] as const)
      if (context.missing(peer) === undefined)
        beside.push(
          `${peer} ${Math.round(await read(peer, Math.min(PEER_FILES, mounts.smallFiles)))} files/s`,
        )
    const speed = figuresOf(samples, 'most')
    return [
      figure(
        `mount: ${mounts.smallFiles} files of 1 MiB, L20`,
        `${READERS} readers`,
        '≥ 200 files/s',
        `${Math.round(speed.median)} files/s (worst ${Math.round(speed.worst)})`,
        speed.median >= 200,
        beside.join(', '),
        speed,
      ),
    ]
  },
}
