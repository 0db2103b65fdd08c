/** Which parts of a BAM file a WHERE can touch, by the .csi or .bai beside it. */

import { indexBeside } from '../tabix/beside.ts'
import { boundsOf } from '../tabix/bounds.ts'
import { chunksOf, piecesOf } from '../tabix/chunks.ts'
import type { Condition, FileAtHand, Layout, Piece } from '../types.ts'
import { dialectOf } from './layout.ts'
import { unpackNames } from './references.ts'

/** As samtools looks for them: behind the file's name, or in place of its ending. */
const BESIDE = [
  (own: string) => `${own}.csi`,
  (own: string) => `${own}.bai`,
  (own: string) => own.replace(/\.bam$/i, '.csi'),
  (own: string) => own.replace(/\.bam$/i, '.bai'),
]

/** Pieces that hold what the conditions may keep. An index that cannot be used only costs speed. */
export async function narrowBam(
  file: FileAtHand,
  layout: Layout,
  conditions: readonly Condition[],
): Promise<readonly Piece[] | undefined> {
  const bounds = boundsOf(conditions, { name: 'rname', from: 'pos', to: 'end_pos' })
  if (layout.container !== 'bgzf' || bounds === undefined) return undefined
  const names = unpackNames(dialectOf(layout).references)
  const index = await indexBeside(file, BESIDE)
  // One of more references is not of this file.
  if (index === undefined || index.references.length > names.length) return undefined
  const chunks = index.references.flatMap((reference, i) =>
    bounds.names.includes(names[i]!) ? chunksOf(index, reference, bounds.from - 1, bounds.to - 1) : [],
  )
  return piecesOf(chunks, file.source.size)
}
