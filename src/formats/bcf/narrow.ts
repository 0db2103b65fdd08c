/** Which parts of a BCF file a WHERE can touch, by the .csi beside it. */

import { indexBeside } from '../tabix/beside.ts'
import { chunksOf, piecesOf } from '../tabix/chunks.ts'
import type { Condition, FileAtHand, Layout, Piece } from '../types.ts'
import { boundsOf } from '../vcf/narrow.ts'
import { contigsOf } from './layout.ts'

/** Pieces that hold what the conditions may keep. An index that cannot be used only costs speed. */
export async function narrowBcf(
  file: FileAtHand,
  layout: Layout,
  conditions: readonly Condition[],
): Promise<readonly Piece[] | undefined> {
  const bounds = boundsOf(conditions)
  if (layout.container !== 'bgzf' || bounds === undefined) return undefined
  const index = await indexBeside(file, [(own) => `${own}.csi`])
  const contigs = contigsOf(layout)
  // One of more contigs is not of this file.
  if (index === undefined || index.references.length > contigs.size) return undefined
  const chunks = index.references.flatMap((reference, number) => {
    const name = contigs.nameOf(number)
    if (name === undefined || !bounds.names.includes(name)) return []
    return chunksOf(index, reference, bounds.from - 1, bounds.to - 1)
  })
  return piecesOf(chunks, file.source.size)
}
