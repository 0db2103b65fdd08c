import { closeSync, openSync, readSync } from 'node:fs'
import { figuresOf, msText } from '../mount/rows.ts'
import { figure, median } from '../timing.ts'
import type { Measure } from '../types.ts'

const FILES = 40

export const mountOpen: Measure = {
  name: 'mount-open',
  target: 'open + first byte, L20: p50 ≤ 30 ms, one GET, no HEAD, no LIST',
  async run(context) {
    const mounts = await context.mount()
    const byte = Buffer.alloc(1)
    const openAll = async (by: 'varve' | 's3fs' | 'rclone', dataset: string) => {
      const mounted = await mounts.mount(by, { delayed: true })
      try {
        const read = (i: number): number => {
          const path = mounted.path(`${dataset}/${String(i).padStart(5, '0')}`)
          const began = performance.now()
          const file = openSync(path, 'r')
          readSync(file, byte, 0, 1, 0)
          const took = performance.now() - began
          closeSync(file)
          return took
        }
        // The version's list comes with the first one.
        read(FILES)
        await mounts.proxy.traffic()
        const times = Array.from({ length: FILES }, (_, i) => read(i))
        const { requests } = await mounts.proxy.traffic()
        return {
          p50: median(times),
          gets: requests.filter((r) => r.startsWith('GET ') && !r.includes('list-type')).length,
          all: requests.length,
        }
      } finally {
        await mounted.stop()
      }
    }
    const rows = []
    for (const [dataset, what] of [
      ['small', 'registered in place'],
      ['owned', 'in the lake'],
    ] as const) {
      const [times, requests, gets]: [number[], number[], number[]] = [[], [], []]
      for (let round = 0; round < context.runs; round++) {
        const { p50, gets: got, all } = await openAll('varve', dataset)
        times.push(p50)
        requests.push(all / FILES)
        gets.push(got / FILES)
      }
      const beside: string[] = []
      for (const peer of ['s3fs', 'rclone'] as const)
        if (dataset === 'small' && context.missing(peer) === undefined)
          beside.push(`${peer} ${(await openAll(peer, dataset)).p50.toFixed(1)} ms`)
      const p50 = figuresOf(times, 'least')
      const [all, got] = [Math.max(...requests), Math.max(...gets)]
      const measure = `mount: open and first byte, L20, ${what}`
      rows.push(
        figure(measure, 'p50', '≤ 30 ms', msText(p50), p50.median <= 30, beside.join(', '), p50),
        figure(measure, 'requests per file', '1 GET', `${got} GET of ${all} in all`, all === 1 && got === 1),
      )
    }
    return rows
  },
}
