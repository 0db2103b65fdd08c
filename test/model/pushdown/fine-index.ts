/** Indexes with small segments, so that a file of some KB has something to prune. */

import { textFormat } from '../../../src/formats/text/format.ts'
import type { Options, TextFormat } from '../../../src/formats/text/types.ts'
import type { Format, Piece, Segment } from '../../../src/formats/types.ts'
import type { ScanContext } from '../../../src/scan/context.ts'
import { openFile } from '../../../src/scan/file.ts'
import { hooks } from '../../scan/support/harness.ts'

export interface FineOptions {
  readonly options?: Options
  /** Raw bytes of a segment, about. */
  readonly spacing?: number
  /** Changes the segments before they are kept. */
  readonly mend?: (segments: readonly Segment[]) => readonly Segment[]
}

/** Reads the file as a first scan does, and keeps its index; how many segments it has. */
export async function indexFinely(
  path: string,
  text: TextFormat,
  context: ScanContext,
  { options = {}, spacing = 512, mend = (segments) => segments }: FineOptions = {},
): Promise<number> {
  const file = await openFile(path, context, { format: text.name, options, ignoreIndex: true })
  try {
    const whole: Piece = { kind: 'piece', from: 0, to: file.source.size, start: file.layout.dataStart }
    const format: Format = textFormat({ ...text, spacing })
    const batches = format.read(file.source, file.layout, whole, [], hooks)
    for (;;) {
      const next = await batches.next()
      if (next.done !== true) continue
      const { segments, rows, raw } = next.value!
      await file.keepIndex(mend(segments), rows, raw)
      return segments.length
    }
  } finally {
    await file.close()
  }
}
