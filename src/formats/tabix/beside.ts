/** The index that samtools, bcftools or tabix left beside a file. */

import type { ByteSource } from '../../bytes/types.ts'
import { isVarveError } from '../../errors.ts'
import type { FileAtHand } from '../types.ts'
import { readIndexBytes } from './bytes.ts'
import { type CoordinateIndex, parseCoordinateIndex } from './parse.ts'

/** The first of these (a name made from the file's own) that is there and is an index. */
export async function indexBeside(
  file: FileAtHand,
  names: readonly ((own: string) => string)[],
): Promise<CoordinateIndex | undefined> {
  for (const name of names) {
    let source: ByteSource | undefined
    try {
      source = await file.beside(name)
      if (source === undefined) continue
      return parseCoordinateIndex(await readIndexBytes(source, file.signal), source.uri)
    } catch (error) {
      if (!isVarveError(error, 'invalid-data')) throw error
    } finally {
      await source?.close?.()
    }
  }
  return undefined
}
