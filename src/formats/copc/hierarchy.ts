/** The nodes of a COPC file's octree, from the pages that list them (COPC 1.0, "hierarchy VLR"). */

import { type ByteSource, withCoalescing } from '../../bytes/index.ts'
import { badLas } from '../las/error.ts'
import type { CopcDialect } from './info.ts'

export interface OctreeNode {
  readonly level: number
  /** Of the cubes of its level. */
  readonly key: readonly [x: number, y: number, z: number]
  /** Bytes of its chunk of points. */
  readonly start: number
  readonly end: number
  readonly points: number
}

const ENTRY = 32
/** The key is an int32. */
const DEEPEST = 30

/** All nodes that hold points, in the order in which these stand in the file. */
export async function readNodes(
  source: ByteSource,
  { copc, pointsStart, recordLength }: CopcDialect,
  signal: AbortSignal | undefined,
): Promise<OctreeNode[]> {
  const { uri, size } = source
  const near = withCoalescing(source)
  const nodes: OctreeNode[] = []
  const seen = new Set<number>()
  let budget = size
  let pages = [{ start: copc.pageStart, bytes: copc.pageBytes }]
  while (pages.length > 0) {
    for (const { start, bytes } of pages) {
      if (start < 0 || bytes < 0 || bytes % ENTRY !== 0 || start + bytes > size)
        throw badLas(
          `a hierarchy page has ${bytes} bytes at byte ${start}, expected a multiple of ${ENTRY} in the file's ${size}`,
          uri,
          start,
        )
      budget -= bytes
      // Pages do not overlap, so that all of them fit the file; and none is its own child.
      if (budget < 0 || seen.has(start)) throw badLas('a hierarchy page is listed more than once', uri, start)
      seen.add(start)
    }
    const read = await Promise.all(
      pages.map(({ start, bytes }) => near.read(start, start + bytes, { signal })),
    )
    const next: typeof pages = []
    read.forEach((page, p) => {
      const view = new DataView(page.buffer, page.byteOffset, page.byteLength)
      for (let at = 0; at < page.length; at += ENTRY) {
        const place = pages[p]!.start + at
        const points = view.getInt32(at + 28, true)
        const bytes = view.getInt32(at + 24, true)
        const start = Number(view.getBigUint64(at + 16, true))
        if (points === 0) continue
        if (points === -1) {
          next.push({ start, bytes })
          continue
        }
        const level = view.getInt32(at, true)
        const key = [4, 8, 12].map((part) => view.getInt32(at + part, true)) as [number, number, number]
        const known = level >= 0 && level <= DEEPEST && key.every((part) => part >= 0 && part < 2 ** level)
        if (!known || points < 0)
          throw badLas(
            `node ${level}-${key.join('-')} has ${points} points, expected a node of the octree`,
            uri,
            place,
          )
        if (start < pointsStart || bytes < recordLength || start + bytes > size)
          throw badLas(
            `node ${level}-${key.join('-')} has bytes ${start} to ${start + bytes}, expected ${pointsStart} to ${size}`,
            uri,
            place,
          )
        nodes.push({ level, key, start, end: start + bytes, points })
      }
    })
    pages = next
  }
  nodes.sort((a, b) => a.start - b.start)
  nodes.forEach((node, i) => {
    const before = nodes[i - 1]
    if (before !== undefined && before.end > node.start)
      throw badLas(`two nodes share bytes ${node.start} to ${before.end}`, uri, node.start)
  })
  return nodes
}
