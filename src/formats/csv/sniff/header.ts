/** Whether the first row names the columns, and the names. */

import type { DataType } from '../../batch.ts'
import type { CsvOptions } from '../options.ts'
import { castTo } from '../types.ts'
import type { Cell } from './cells.ts'
import type { Typed } from './types.ts'

function cellText({ bytes, start, end }: Cell): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8')
}

/** column0 … column9, with as many digits as the last one has. */
export function generatedName(index: number, columns: number): string {
  return `column${String(index).padStart(String(columns - 1).length, '0')}`
}

const SPACES = /^\p{Zs}+|\p{Zs}+$/gu

export function namesFrom(row: readonly (Cell | undefined)[], columns: number): string[] {
  const seen = new Map<string, number>()
  const names: string[] = []
  for (let i = 0; i < columns; i++) {
    const cell = row[i]
    const text = cell === undefined ? '' : cellText(cell)
    let name = /^[ \t\n\v\f\r]*$/.test(text) ? generatedName(i, columns) : text.replace(SPACES, '')
    while (seen.has(name.toLowerCase())) {
      const key = name.toLowerCase()
      const times = seen.get(key)! + 1
      seen.set(key, times)
      name = `${name}_${times}`
    }
    seen.set(name.toLowerCase(), 0)
    names.push(name)
  }
  return names
}

/** Whether `row` is a header over columns of these types, by DuckDB's rules. */
export function isHeader(
  row: readonly (Cell | undefined)[],
  types: readonly DataType[],
  sniffed: Pick<Typed, 'empty' | 'dateFormat' | 'timestampFormat'>,
  { columns, decimal }: CsvOptions,
): boolean {
  if (columns !== undefined) {
    const names = [...columns.keys()]
    if (row.length < names.length || names.some((_, i) => row[i] === undefined)) return false
    if (names.every((name, i) => cellText(row[i]!) === name)) return true
  }
  let allText = true
  let allNull = true
  let fits = true
  for (const [i, type] of types.entries()) {
    const cell = row[i]
    if (cell !== undefined) allNull = false
    const empty = columns === undefined && sniffed.empty[i] === true
    if (type.kind === 'utf8' && !empty) continue
    allText = false
    if (cell === undefined) continue
    if (empty) {
      fits = false
      continue
    }
    const cast = castTo(type, { decimal, ...sniffed }, true)
    if (cast(cell.bytes, cell.start, cell.end) === undefined) fits = false
  }
  if (columns !== undefined) return allText || !fits
  return allText || allNull || !fits
}
