import type { DatasetRow } from '../../library/lake-types.ts'
import type { Context } from '../context.ts'
import { type ListShape, printList, printReport } from '../on-lake.ts'

const DATASETS: ListShape = {
  types: {
    name: 'VARCHAR',
    latest: 'BIGINT',
    versions: 'BIGINT',
    files: 'BIGINT',
    bytes: 'BIGINT',
    created_at: 'VARCHAR',
    description: 'VARCHAR',
  } satisfies Record<keyof DatasetRow, string>,
}

/** `varve datasets` */
export function datasets(context: Context): Promise<void> {
  return printList(context, 'datasets', DATASETS, (lake, call) => lake.datasets(call))
}

/** `varve attach URL [--name N]` */
export async function attach(
  context: Context,
  url: string,
  { name }: { readonly name?: string },
): Promise<void> {
  await printReport(
    context,
    'attach',
    (lake, call) => lake.attach(url, { ...call, name }),
    (row) => `attached  ${row.name}@${row.latest}  ${url}\n`,
  )
}

/** `varve stores` */
export function stores(context: Context): Promise<void> {
  const types = { name: 'VARCHAR', url: 'VARCHAR' }
  return printList(context, 'stores', { types }, (lake, call) => lake.stores(call))
}

/** `varve store NAME URL` */
export async function store(context: Context, name: string, url: string): Promise<void> {
  await printReport(
    context,
    'store',
    (lake, call) => lake.nameStore(name, url, call),
    (named) => `store  ${named.name}  ${named.url}\n`,
  )
}
