import type { Segment } from '../formats/types.ts'
import type { IndexFacts, PartitionIndex } from './types.ts'

/** An index that is stored nowhere: what a file says of its own blocks. */
export function memoryIndex(
  facts: Omit<IndexFacts, 'rows' | 'raw'>,
  segments: readonly Segment[],
): PartitionIndex {
  const last = segments.at(-1)
  return {
    ...facts,
    rows: last === undefined ? 0 : last.firstRow + last.rows,
    raw: last?.rawEnd ?? 0,
    location: '',
    locationIdentity: '',
    bytes: 0,
    segments,
    windowPlace: () => undefined,
    windows: async (from, to) => segments.slice(from, to).map(({ point }) => point.window),
  }
}
