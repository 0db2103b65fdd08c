import { type Context, listFormat } from '../context.ts'
import { onLake } from '../on-lake.ts'
import { columnOf } from '../render/data-type.ts'
import { print, stringify } from '../report.ts'
import { writeRows } from '../rows.ts'
import { type SelectionFlags, selectionOf } from '../selection.ts'

export interface FilesFlags extends SelectionFlags {
  readonly after?: string
  readonly columns?: readonly string[]
}

/** `varve files D[@v]`: one page; where the next one begins is in the JSON, else the last line on stderr. */
export async function files(context: Context, reference: string, flags: FilesFlags): Promise<void> {
  const format = listFormat(context.options)
  const { after, columns } = flags
  const selection = selectionOf(flags)
  const page = await onLake(context, 'files', (lake, call) =>
    lake.files(reference, { ...call, ...selection, after, columns }),
  )
  const shape = page.columns.map(({ name, type }) => columnOf(name, type))
  if (format === 'json') {
    await print(context, '{"rows":')
    await writeRows(context, format, shape, page.rows)
    await print(context, `,"next":${stringify(page.next)}}\n`)
    return
  }
  await writeRows(context, format, shape, page.rows)
  if (page.next === null) return
  if (context.io.stderr.isTTY === true) context.note('varve: more files follow; go on with --after and this:')
  context.io.stderr.write(`${page.next}\n`)
}
