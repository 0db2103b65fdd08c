/** Which parts of a bgzf file a WHERE can touch, by the .tbi or .csi beside it. */

import { indexBeside } from '../tabix/beside.ts'
import { type Bounds, boundsOf as boundsOfColumns } from '../tabix/bounds.ts'
import { chunksOf, piecesOf } from '../tabix/chunks.ts'
import type { Condition, FileAtHand, Layout, Piece } from '../types.ts'

/** What the conditions say about chromosome and positions; undefined when they name no chromosome. */
export function boundsOf(conditions: readonly Condition[]): Bounds | undefined {
  return boundsOfColumns(conditions, { name: 'chrom', from: 'pos', to: 'end_pos' })
}

/** Pieces that hold what the conditions may keep. An index that cannot be used only costs speed. */
export async function narrowVcf(
  file: FileAtHand,
  layout: Layout,
  conditions: readonly Condition[],
): Promise<readonly Piece[] | undefined> {
  const bounds = boundsOf(conditions)
  if (layout.container !== 'bgzf' || bounds === undefined) return undefined
  const index = await indexBeside(file, [(own) => `${own}.csi`, (own) => `${own}.tbi`])
  if (index?.names === undefined) return undefined
  const { names } = index
  const chunks = bounds.names.flatMap((chrom) => {
    const reference = index.references[names.indexOf(chrom)]
    return reference === undefined ? [] : chunksOf(index, reference, bounds.from - 1, bounds.to - 1)
  })
  return piecesOf(chunks, file.source.size)
}
