/** Cloud optimized point clouds: LAZ 1.4 whose chunks are the nodes of an octree (COPC 1.0). */

import type { ByteSource } from '../../bytes/types.ts'
import { blockSegments } from '../blocks/segment.ts'
import type { BlockFormat, BlockLayout } from '../blocks/types.ts'
import { pointColumns } from '../las/columns.ts'
import { unsupportedLas } from '../las/error.ts'
import { isCopc } from '../las/index.ts'
import { describeLas } from '../las/layout.ts'
import { lasReader } from '../las/reader.ts'
import { checkOptionNames } from '../text/options.ts'
import type { Options, Zone } from '../text/types.ts'
import type { Blocks, FileAtHand, Layout, ReadHooks } from '../types.ts'
import { type OctreeNode, readNodes } from './hierarchy.ts'
import { COPC_INFO, type CopcDialect, parseInfo } from './info.ts'
import { grid, node, resolution } from './strategies.ts'

const ZONES = ['x', 'y', 'z', 'level']

export const copc: BlockFormat = {
  name: 'copc',
  title: 'cloud optimized point clouds',
  extensions: ['copc.laz'],
  optionNames: [],
  seeks: true,
  strategies: { node, grid, resolution },
  detect: (_path, head) => head.container === 'plain' && isCopc(head.bytes),
  layout: copcLayout,
  blocks: copcBlocks,
  reader: async ({ source, layout }, projection, settings) =>
    lasReader({ uri: source.uri, dialect: dialectOf(layout), levels: true }, projection, settings),
}

const dialectOf = (layout: Layout): CopcDialect => layout.dialect as unknown as CopcDialect

async function copcLayout(file: FileAtHand, options: Options): Promise<BlockLayout> {
  checkOptionNames('copc', options, [])
  const { uri, size } = file.source
  const { dialect, records } = await describeLas(file, [COPC_INFO])
  const info = parseInfo(
    records.find(({ user, id }) => user === COPC_INFO.user && id === COPC_INFO.id),
    size,
    uri,
  )
  if (dialect.compression?.kind !== 'layered')
    throw unsupportedLas('the points are not compressed in layers, expected so of every COPC file', uri)
  // Nodes have as many points as they like, whatever the record says.
  const own: CopcDialect = { ...dialect, compression: { kind: 'layered' }, copc: info }
  const columns = pointColumns(own, true).map(({ field }) => field)
  return { columns, zones: ZONES, ordinal: columns.length - 1, dialect: { ...own } }
}

/** Nodes in file order, so that points have the number that they have in the LAZ file, too. */
async function copcBlocks(
  source: ByteSource,
  layout: Layout,
  { signal }: Pick<ReadHooks, 'signal'>,
): Promise<Blocks> {
  const dialect = dialectOf(layout)
  const nodes = await readNodes(source, dialect, signal)
  const blocks = nodes.map((node) => ({
    source: node.start,
    end: node.end,
    rows: node.points,
    raw: node.points * dialect.recordLength,
    window: Uint8Array.of(node.level),
    zones: [...box(node, dialect), { min: node.level, max: node.level, nulls: false }],
  }))
  return { segments: blockSegments(blocks), complete: true }
}

/** The node's cube. Points were put into it before they were rounded: each side reaches one step further. */
function box({ level, key }: OctreeNode, { copc: { center, halfSize }, scale }: CopcDialect): Zone[] {
  const side = (2 * halfSize) / 2 ** level
  return key.map((part, axis) => {
    const from = center[axis]! - halfSize
    const step = Math.abs(scale[axis]!)
    return { min: from + part * side - step, max: from + (part + 1) * side + step, nulls: false }
  })
}
