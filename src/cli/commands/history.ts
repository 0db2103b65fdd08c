import type { VersionRow } from '../../library/lake-types.ts'
import { type Context, listFormat } from '../context.ts'
import { count, type ListShape, onLake, printList } from '../on-lake.ts'
import { bytesText } from '../progress.ts'
import { shown } from '../render/table.ts'
import { print } from '../report.ts'

const VERSIONS: ListShape = {
  types: {
    dataset: 'VARCHAR',
    version: 'BIGINT',
    label: 'VARCHAR',
    tags: 'VARCHAR[]',
    parents: 'VARCHAR[]',
    files: 'BIGINT',
    bytes: 'BIGINT',
    author: 'VARCHAR',
    message: 'VARCHAR',
    hash: 'VARCHAR',
    created_at: 'VARCHAR',
  } satisfies Record<keyof VersionRow, string>,
  brief: ['version', 'label', 'tags', 'files', 'bytes', 'created_at', 'author', 'message'],
}

/** `varve versions D` */
export function versions(context: Context, dataset: string): Promise<void> {
  return printList(context, 'versions', VERSIONS, (lake, call) => lake.versions(dataset, call))
}

/** `varve log D`: newest first, as git log prints it. */
export async function log(context: Context, dataset: string): Promise<void> {
  if (listFormat(context.options) !== 'plain')
    return printList(context, 'log', VERSIONS, async (lake, call) =>
      newestFirst(await lake.versions(dataset, call)),
    )
  const rows = await onLake(context, 'log', (lake, call) => lake.versions(dataset, call))
  for (const [i, row] of newestFirst(rows).entries())
    await print(context, `${i === 0 ? '' : '\n'}${entry(row)}`)
}

function newestFirst(rows: readonly VersionRow[]): VersionRow[] {
  return [...rows].sort((a, b) => b.version - a.version)
}

function entry(row: VersionRow): string {
  const names = [
    ...(row.label === null ? [] : [`label: ${row.label}`]),
    ...row.tags.map((tag) => `tag: ${tag}`),
  ]
  const lines = [
    `version ${row.dataset}@${row.version}${names.length === 0 ? '' : ` (${names.join(', ')})`}`,
    // One parent is what everyone expects.
    ...(row.parents.length > 1 ? [`Merge:  ${row.parents.join(' ')}`] : []),
    `Author: ${shown(row.author)}`,
    `Date:   ${row.created_at}`,
    `Files:  ${count(row.files, 'file')}, ${bytesText(row.bytes)}`,
    `Hash:   ${row.hash}`,
  ]
  const message =
    row.message === null ? [] : ['', ...row.message.split(/\r?\n/).map((line) => `    ${shown(line)}`)]
  return `${[...lines, ...message].join('\n')}\n`
}
