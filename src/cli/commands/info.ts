import type { FileInfo } from '../../library/types.ts'
import { type Context, reportFormat } from '../context.ts'
import { bytesText } from '../progress.ts'
import { print, stringify } from '../report.ts'

/** `varve info URI`: reads the head of the file and of its index, no more. */
export async function info(context: Context, uri: string, { as }: { readonly as?: string }): Promise<void> {
  const { signal } = context
  const verbs = await context.verbs()
  const file = await verbs.openFile(uri, { format: as, signal })
  const found = await file.info({ signal })
  const format = reportFormat(context.options)
  await print(
    context,
    format === 'plain' ? plain(found) : `${stringify(found, format === 'json' ? 2 : undefined)}\n`,
  )
}

function plain(found: FileInfo): string {
  const width = Math.max(...found.columns.map(({ name }) => name.length), 0)
  const lines: [string, string][] = [
    ['uri', found.uri],
    ['format', found.container === 'plain' ? found.format : `${found.format}, ${found.container}`],
    ['size', `${found.size.toLocaleString('en-US')} bytes (${bytesText(found.size)})`],
    ['identity', found.identity],
    ['index', found.indexed ? found.index : `none yet; would be ${found.index}`],
  ]
  if (found.indexed) {
    lines.push(['rows', found.rows?.toLocaleString('en-US') ?? 'unknown'])
    lines.push(['segments', found.segments?.toLocaleString('en-US') ?? 'unknown'])
    if (found.index_bytes !== null) lines.push(['index size', bytesText(found.index_bytes)])
  }
  const facts = lines.map(([name, value]) => `${name.padEnd(10)}  ${value}`)
  const columns = found.columns.map(({ name, type }) => `  ${name.padEnd(width)}  ${type}`)
  return `${[...facts, 'columns', ...columns].join('\n')}\n`
}
