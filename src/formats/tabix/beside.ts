/** The index that samtools, bcftools or tabix left beside a file. */

import type { ByteSource } from '../../bytes/types.ts'
import { isVarveError } from '../../errors.ts'
import type { FileAtHand } from '../types.ts'
import { readIndexBytes } from './bytes.ts'
import { type CoordinateIndex, parseCoordinateIndex } from './parse.ts'

/** Most indexes come whole with the request that finds them. */
const HEAD_BYTES = 1 << 20
/** Parsed, an index takes about so many times its bytes. */
const PARSED = 4

/** An index that was read before, and what it was read from. */
interface Known {
  readonly name: number
  readonly identity: string
  readonly index: CoordinateIndex
}

/**
 * The first of these (a name made from the file's own) that is there and is an index. One that was read before is asked
 * for alone, and read again only when it is another one by now.
 */
export async function indexBeside(
  file: FileAtHand,
  names: readonly ((own: string) => string)[],
): Promise<CoordinateIndex | undefined> {
  const known = file.memory?.recall<Known>('index beside')
  if (known !== undefined) {
    const source = await file.beside(names[known.name]!, HEAD_BYTES)
    await source?.close?.()
    if (source?.identity === known.identity) return known.index
  }
  for (const [i, name] of names.entries()) {
    let source: ByteSource | undefined
    try {
      source = await file.beside(name, HEAD_BYTES)
      if (source === undefined) continue
      const index = parseCoordinateIndex(await readIndexBytes(source, file.signal), source.uri)
      const { identity, size } = source
      file.memory?.keep('index beside', { name: i, identity, index } satisfies Known, PARSED * size)
      return index
    } catch (error) {
      if (!isVarveError(error, 'invalid-data')) throw error
    } finally {
      await source?.close?.()
    }
  }
  return undefined
}
