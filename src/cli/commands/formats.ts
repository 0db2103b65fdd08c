import type { FormatRow } from '../../library/types.ts'
import { type Context, reportFormat } from '../context.ts'
import { drawTable } from '../render/table-drawing.ts'
import { print, stringify } from '../report.ts'

const COLUMNS = ['name', 'functions', 'extensions', 'strategies', 'zones', 'columns'] as const

/** `varve formats` */
export async function formats(context: Context): Promise<void> {
  const rows = await (await context.verbs()).formats()
  const format = reportFormat(context.options)
  if (format === 'json') return print(context, `${stringify(rows, 2)}\n`)
  if (format === 'jsonl') return print(context, rows.map((row) => `${stringify(row)}\n`).join(''))
  const table = drawTable({
    columns: COLUMNS.map((name) => ({ name, type: name === 'name' ? 'varchar' : 'varchar[]', right: false })),
    head: rows.map(cells),
    tail: [],
    rows: rows.length,
    width: context.io.stdout.columns,
  })
  return print(context, table)
}

function cells({ name, functions, extensions, strategies, zones, columns }: FormatRow): string[] {
  const lists = [functions, extensions, strategies, zones, columns.map((column) => column.name)]
  return [name, ...lists.map((list) => list.join(', '))]
}
