import type { ColumnBatch } from '../../formats/batch.ts'

const decoder = new TextDecoder()

/** The texts of a batch's first column, which holds no nulls. */
export function textsOf({ columns, rows }: ColumnBatch): string[] {
  const { offsets, values } = columns[0]!
  return Array.from({ length: rows }, (_, i) =>
    decoder.decode((values as Uint8Array).subarray(offsets![i]!, offsets![i + 1]!)),
  )
}
