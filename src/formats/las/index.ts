/** Point clouds: LAS 1.0 to 1.4, and LAZ, which is LAS with compressed points. */

import type { ByteSource } from '../../bytes/types.ts'
import { blockSegments } from '../blocks/segment.ts'
import type { BlockFormat } from '../blocks/types.ts'
import type { Blocks, Layout, ReadHooks } from '../types.ts'
import { hasMagic } from './header.ts'
import { lasLayout } from './layout.ts'
import { readChunks } from './laz/chunk-table.ts'
import { lasReader } from './reader.ts'
import { grid, points } from './strategies.ts'
import type { LasDialect } from './types.ts'

/** Points of a block where nothing else says it: about a MiB. */
const BLOCK_POINTS = 32768

export function isCopc(head: Uint8Array): boolean {
  // COPC 1.0: the first record stands behind the header, whose length is fixed.
  return hasMagic(head) && Buffer.from(head.subarray(377, 382)).toString('latin1') === 'copc\0'
}

export const las: BlockFormat = {
  name: 'las',
  title: 'point clouds',
  extensions: ['las', 'laz'],
  optionNames: [],
  strategies: { points, grid },
  detect: (_path, head) => head.container === 'plain' && hasMagic(head.bytes) && !isCopc(head.bytes),
  layout: lasLayout,
  blocks: lasBlocks,
  reader: async ({ source, layout }, projection, settings) =>
    lasReader({ uri: source.uri, dialect: dialectOf(layout), levels: false }, projection, settings),
}

export function dialectOf(layout: Layout): LasDialect {
  return layout.dialect as unknown as LasDialect
}

async function lasBlocks(
  source: ByteSource,
  layout: Layout,
  { signal }: Pick<ReadHooks, 'signal'>,
): Promise<Blocks> {
  const dialect = dialectOf(layout)
  const { recordLength, pointsStart, compression } = dialect
  const zones: [] = []
  if (compression !== undefined) {
    const chunks = await readChunks(source, dialect, signal)
    const blocks = chunks.map((chunk) => ({
      source: chunk.start,
      end: chunk.end,
      rows: chunk.points,
      raw: chunk.points * recordLength,
      zones,
    }))
    return { segments: blockSegments(blocks), complete: chunks.length === 0 }
  }
  // The layout has seen that the file has room for all of them.
  const blocks = Array.from({ length: Math.ceil(dialect.points / BLOCK_POINTS) }, (_, i) => {
    const first = i * BLOCK_POINTS
    const rows = Math.min(BLOCK_POINTS, dialect.points - first)
    const start = pointsStart + first * recordLength
    return { source: start, end: start + rows * recordLength, rows, raw: rows * recordLength, zones }
  })
  // Of no points there is nothing more to be learnt.
  return { segments: blockSegments(blocks), complete: blocks.length === 0 }
}
