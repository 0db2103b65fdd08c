/** `video`: MP4 and QuickTime, WebM and Matroska. */

import { latin1 } from './detect.ts'
import { readMatroska } from './matroska.ts'
import { readMp4 } from './mp4.ts'
import { HEAD_BYTES, type HeadReader } from './reader.ts'
import type { HeadReport } from './types.ts'

/** The boxes of an MP4 lie apart, between its sample tables: more requests than others need. */
const BUDGET = { bytes: HEAD_BYTES, reads: 48 }

export async function readVideo(reader: HeadReader): Promise<HeadReport> {
  reader.budget(BUDGET.bytes, BUDGET.reads)
  const isMatroska = latin1(await reader.range(0, 4), 0, 4) === '\x1aE\xdf\xa3'
  return { columns: { video: isMatroska ? await readMatroska(reader) : await readMp4(reader) } }
}
