/** Keys that records use and the header does not declare. */

import type { Declaration, Header } from './header.ts'

const LF = 10
/** INFO columns may hold anything. */
const MOST_KEYS = 200

/**
 * What the records in the file's head use without a declaration: text, as htslib assumes; a flag where no record
 * gives a value. A key that comes later only has no field: the columns are fixed before the file is read.
 */
export function undeclared(
  head: Uint8Array,
  whole: boolean,
  { end, info, format }: Header,
): { readonly info: readonly Declaration[]; readonly format: readonly Declaration[] } {
  const known = new Set(info.map(({ id }) => id))
  const knownFormat = new Set(format.map(({ id }) => id))
  const found = new Map<string, boolean>()
  const foundFormat = new Set<string>()
  const buffer = Buffer.from(head.buffer, head.byteOffset, head.length)
  let before = ''
  for (let at = end; at < head.length; ) {
    const feed = buffer.indexOf(LF, at)
    if (feed < 0 && !whole) break
    const lineEnd = feed < 0 ? head.length : feed
    const cells = cellsOf(buffer, at, lineEnd)
    at = lineEnd + 1
    for (const token of (cells.info === '.' ? '' : cells.info).split(';')) {
      const equals = token.indexOf('=')
      const key = equals < 0 ? token : token.slice(0, equals)
      if (key === '' || key === '.' || known.has(key)) continue
      if (found.size >= MOST_KEYS && !found.has(key)) continue
      found.set(key, (found.get(key) ?? false) || equals >= 0)
    }
    if (cells.format === before) continue
    before = cells.format
    for (const key of before.split(':'))
      if (key !== '' && key !== '.' && !knownFormat.has(key)) foundFormat.add(key)
  }
  return {
    info: [...found].map(([id, valued]) => ({
      id,
      number: valued ? '1' : '0',
      type: valued ? 'String' : 'Flag',
    })),
    format: [...foundFormat].map((id) => ({ id, number: '1', type: 'String' })),
  }
}

function cellsOf(buffer: Buffer, start: number, end: number): { info: string; format: string } {
  const bounds = [start - 1]
  for (let i = 0; i < 9; i++) {
    const tab = buffer.indexOf(9, bounds[i]! + 1)
    bounds.push(tab < 0 || tab > end ? end : tab)
  }
  const cell = (i: number): string =>
    buffer.toString('utf8', Math.min(end, bounds[i]! + 1), bounds[i + 1]).replace(/\r$/, '')
  return { info: cell(7), format: cell(8) }
}
