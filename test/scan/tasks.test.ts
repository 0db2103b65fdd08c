/** How an indexed scan falls into tasks: each is a request, and a thread's piece of work. */

import { describe, expect, it } from 'vitest'
import type { Layout, Segment } from '../../src/formats/types.ts'
import { memoryIndex } from '../../src/index/memory.ts'
import type { Condition } from '../../src/index/prune.ts'
import type { BoundFile } from '../../src/scan/file.ts'
import { planFile } from '../../src/scan/works.ts'

const MIB = 1 << 20
const ROWS = 100

const layoutOf = (container: Layout['container']): Layout => ({
  format: 'test',
  container,
  columns: [{ name: 'pos', type: { kind: 'int64' } }],
  zones: ['pos'],
  dataStart: 0,
  dialect: {},
})

/** So many segments of 1 MiB decompressed, with a hundred positions each. */
function fileOf(count: number, container: Layout['container']): BoundFile {
  const segments = Array.from({ length: count }, (_, i): Segment => {
    const source = (i * MIB) / 4
    return {
      point: { source, bits: 0, raw: i * MIB },
      end: source + MIB / 4,
      raw: i * MIB,
      rawEnd: (i + 1) * MIB,
      firstRow: i * ROWS,
      rows: ROWS,
      crc: 0,
      zones: [{ min: i * ROWS, max: i * ROWS + ROWS - 1, nulls: false }],
    }
  })
  const source = { uri: 'memory://tasks', size: (count * MIB) / 4, identity: 'one' }
  const layout = layoutOf(container)
  const index = { ...memoryIndex({ ...source, layout }, segments), bytes: 1 }
  return {
    source,
    layout,
    index,
    head: { bytes: new Uint8Array(0) },
    uri: source.uri,
  } as unknown as BoundFile
}

/** Rows of each task. */
async function tasksOf(file: BoundFile, conditions: readonly Condition[] = []): Promise<number[]> {
  const rows: number[] = []
  const { signal } = new AbortController()
  for await (const { work } of planFile(file, { columns: [0], conditions, signal }))
    rows.push(work.kind === 'run' ? work.rows : 0)
  return rows
}

const between = (from: number, to: number): Condition[] => [
  { column: 'pos', op: '>=', values: [from] },
  { column: 'pos', op: '<', values: [to] },
]

describe('tasks of a scan', () => {
  it('all of a large file: some 32, of 16 MiB at most', async () => {
    const large = await tasksOf(fileOf(352, 'bgzf'))
    expect(large.length).toBe(32)
    expect(Math.max(...large)).toBe(11 * ROWS)
    const huge = await tasksOf(fileOf(2000, 'bgzf'))
    expect(huge.length).toBe(125)
    for (const tasks of [large, huge]) expect(tasks.reduce((a, b) => a + b)).toBeGreaterThanOrEqual(35_200)
  })

  it('a file of middling size: 4 MiB each', async () => {
    expect(await tasksOf(fileOf(16, 'plain'))).toEqual([400, 400, 400, 400])
  })

  it('a region: two, so that two threads share it', async () => {
    const file = fileOf(352, 'bgzf')
    expect(await tasksOf(file, between(1000, 1300))).toEqual([200, 100])
    expect(await tasksOf(file, between(1000, 1400))).toEqual([200, 200])
    expect(await tasksOf(file, between(1000, 1500))).toEqual([300, 200])
  })

  it('a region of gzip: one, for each begins with a window to fetch', async () => {
    expect(await tasksOf(fileOf(352, 'gzip'), between(1000, 1300))).toEqual([300])
  })

  it('a single segment: one', async () => {
    expect(await tasksOf(fileOf(352, 'bgzf'), between(1000, 1100))).toEqual([100])
    expect(await tasksOf(fileOf(1, 'plain'))).toEqual([100])
  })
})
