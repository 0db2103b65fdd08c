/** A box drawn as DuckDB's BoxRenderer draws it (compared with duckdb-cli 1.5.6, whose wrapped cells are cut here). */

import { fitColumns } from './table-layout.ts'
import { displayWidth, truncate } from './width.ts'

export interface TableColumn {
  readonly name: string
  readonly type: string
  /** Numbers stand at the right. */
  readonly right: boolean
}

export interface Table {
  readonly columns: readonly TableColumn[]
  readonly head: readonly (readonly string[])[]
  /** The last rows when rows between head and tail are left out, else none. */
  readonly tail: readonly (readonly string[])[]
  /** Rows of the result in all. */
  readonly rows: number
  /** Cells that the box may take. */
  readonly width?: number | undefined
}

type Align = 'left' | 'middle' | 'right'

export function drawTable(table: Table): string {
  const { columns, head, tail } = table
  const all = [...head, ...tail]
  const natural = columns.map((column, c) =>
    Math.max(
      displayWidth(column.name),
      displayWidth(column.type),
      ...all.map((row) => displayWidth(row[c]!)),
    ),
  )
  const counts = countTexts(table)
  const shown = fitColumns(natural, table.width)
  const layout = shown.length === 0 ? [] : widen(shown, Math.max(...counts.map(displayWidth)))
  const line = (left: string, middle: string, right: string): string =>
    `${left}${layout.map(({ width }) => '─'.repeat(width + 2)).join(middle)}${right}\n`
  const row = (cell: (column: number, width: number) => string): string =>
    `│${layout.map(({ column, width }) => ` ${column < 0 ? '…' : cell(column, width)} `).join('│')}│\n`
  const values = (cells: readonly string[]): string =>
    row((c, width) => pad(cells[c]!, width, columns[c]!.right ? 'right' : 'left'))

  let text = line('┌', '┬', '┐')
  text += row((c, width) => pad(columns[c]!.name, width, 'middle'))
  text += row((c, width) => pad(columns[c]!.type, width, 'middle'))
  if (head.length > 0) text += line('├', '┼', '┤')
  for (const cells of head) text += values(cells)
  if (tail.length > 0) {
    const dots = row((c, width) => dot(head.at(-1)![c]!, tail[0]![c]!, width, columns[c]!.right))
    text += dots.repeat(3)
  }
  for (const cells of tail) text += values(cells)
  text += line('└', '┴', '┘')
  const width = layout.reduce((sum, column) => sum + column.width + 3, 1)
  const visible = layout.filter(({ column }) => column >= 0).length
  return text + footer(table, counts, visible, width)
}

/** The dots of a gap stand under the middle of the shorter of the two values around it. */
function dot(above: string, below: string, width: number, right: boolean): string {
  const lengths = [above, below]
    .map((text) => Math.min(displayWidth(text), width))
    .filter((length) => length > 0)
  if (lengths.length === 0) return pad('', width, 'left')
  const rest = Math.min(...lengths) - 1
  const before = right ? Math.ceil(rest / 2) : Math.floor(rest / 2)
  return pad(`${' '.repeat(before)}·${' '.repeat(rest - before)}`, width, right ? 'right' : 'left')
}

/** The counts below a box: none when everything is shown. */
function countTexts({ rows, tail, head }: Table): string[] {
  if (rows > 0 && tail.length === 0) return ['']
  const all = `${rows} ${rows === 1 ? 'row' : 'rows'}`
  return tail.length === 0 ? [all] : [all, `(${head.length + tail.length} shown)`]
}

/** The last column takes what the counts below a narrow box need. */
function widen<T extends { width: number }>(layout: readonly T[], count: number): T[] {
  const missing = count + 4 - layout.reduce((sum, { width }) => sum + width + 3, 1)
  if (missing <= 0) return [...layout]
  return layout.map((column, i) =>
    i === layout.length - 1 ? { ...column, width: column.width + missing } : column,
  )
}

function footer(table: Table, counts: readonly string[], visible: number, width: number): string {
  const hidden = visible < table.columns.length
  if (counts[0] === '' && !hidden) return ''
  const inner = width - 4
  const all = counts[0] || `${table.rows} ${table.rows === 1 ? 'row' : 'rows'}`
  const total = table.columns.length
  const columns = total > 1 && table.rows > 0 ? `${total} columns${hidden ? ` (${visible} shown)` : ''}` : ''
  const sides = (left: string): string =>
    `  ${left}${' '.repeat(inner - left.length - columns.length)}${columns}\n`
  const fits = (left: string): boolean => columns !== '' && left.length + 2 + columns.length <= inner
  const middle = (text: string): string =>
    `  ${' '.repeat(Math.max(0, Math.floor((inner - text.length) / 2)))}${text}\n`
  const together = [all, ...counts.slice(1)].join(' ')
  if (fits(together)) return sides(together)
  const below = counts[1]
  if (fits(all)) return sides(all) + (below === undefined ? '' : `  ${below}\n`)
  const lines = together.length <= inner ? [together] : [all, ...counts.slice(1)]
  return [...lines, ...(hidden ? [columns] : [])].map(middle).join('')
}

function pad(text: string, width: number, align: Align): string {
  const cut = truncate(text, width)
  const space = width - displayWidth(cut)
  if (align === 'left') return cut + ' '.repeat(space)
  if (align === 'right') return ' '.repeat(space) + cut
  const before = Math.floor(space / 2)
  return ' '.repeat(before) + cut + ' '.repeat(space - before)
}
