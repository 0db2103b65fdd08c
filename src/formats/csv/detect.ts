import { looksLikeText } from '../text/sniff.ts'
import { parseOptions } from './options.ts'
import { DialectSniffer } from './sniff/dialect.ts'

/** Looked at for the question whether a file is CSV; its layout takes the whole head. */
const ENOUGH = 64 << 10
const NAMED = /\.(?:csv|tsv|tbl|psv)(?:\.\w+)?$/i

/** Text whose first records have the same number of fields, two at least; one is enough by a CSV's name. */
export function looksLikeCsv(path: string, head: Uint8Array): boolean {
  if (!looksLikeText(head)) return false
  const end = Math.min(head.length, ENOUGH)
  const sample = { bytes: head, start: 0, end, whole: end === head.length }
  const { candidates, columns } = new DialectSniffer(sample, parseOptions({})).detect()
  if (candidates.length === 0) return false
  if (NAMED.test(path)) return true
  const first = candidates[0]!
  return columns > 1 && first.notes === 0 && first.counter.rows.length > 1
}
