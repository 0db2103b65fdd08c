/** `files`: pages of a version's files, by keyset, so that nothing is missed or shown twice between them. */

import { createHash } from 'node:crypto'
import { quoteIdentifier, quoteText } from '../../engine/quote.ts'
import { VarveError } from '../../errors.ts'
import { FILE_COLUMNS, FILES, metadataColumns } from '../../lake/files.ts'
import { parseReference } from '../../lake/reference.ts'
import { openSchema } from '../../lake/table/list.ts'
import type { Lake, Row, VersionDescription } from '../../lake/types.ts'
import { resolveVersion } from '../../lake/versions/resolve.ts'
import type { FilesOptions, Page } from '../lake-types.ts'
import { filterSql } from './filter.ts'
import { conditionSql, queryRows, type RunSql } from './query.ts'

const PAGE = 100

/** The question that a selection of files is, as SQL. */
export interface Selection {
  readonly version: VersionDescription
  /** Columns of `files()`. */
  readonly columns: readonly string[]
  readonly where: string | undefined
}

export async function selectionOf(
  lake: Lake,
  run: RunSql,
  reference: string,
  { where, filter, signal }: FilesOptions,
): Promise<Selection> {
  const version = await resolveVersion(lake, parseReference(reference), { signal })
  const ref = version.tables[FILES]
  const metadata = ref === undefined ? [] : metadataColumns(await openSchema(lake, ref, signal))
  const columns = [...FILE_COLUMNS, ...metadata].map(({ name }) => name)
  const conditions = [
    where === undefined ? undefined : await conditionSql(run, where, signal),
    filter === undefined ? undefined : filterSql(filter, columns),
  ].filter((one) => one !== undefined)
  return { version, columns, where: conditions.length === 0 ? undefined : conditions.join(' and ') }
}

/** The statement for a selection: rows come in the order of the paths' keys. */
export function selectionSql(
  { version, where }: Selection,
  {
    select = '*',
    after,
    limit,
  }: { select?: string; after?: string | undefined; limit?: number | undefined } = {},
): string {
  const from = `files(${quoteText(`${version.dataset}@${version.number}`)}${after === undefined ? '' : `, after := ${quoteText(after)}`})`
  return `select ${select} from ${from}${where === undefined ? '' : ` where ${where}`}${limit === undefined ? '' : ` limit ${limit}`}`
}

/** One page of files. A cursor belongs to its question and version; with another one it is `invalid-input`. */
export async function filesPage(
  lake: Lake,
  run: RunSql,
  reference: string,
  options: FilesOptions,
): Promise<Page> {
  const { limit = PAGE, signal, params } = options
  const question = questionOf(reference, options)
  const cursor = options.after === undefined ? undefined : parseCursor(options.after, question)
  const pinned = cursor === undefined ? reference : `${parseReference(reference).dataset}@${cursor.version}`
  const selection = await selectionOf(lake, run, pinned, options)
  const shown = options.columns ?? selection.columns
  for (const name of shown) checkColumn(name, selection.columns)
  const select = [...new Set([...shown, 'path'])].map(quoteIdentifier).join(', ')
  // One more than asked for tells whether there is another page.
  const sql = selectionSql(selection, { select, after: cursor?.path, limit: limit + 1 })
  const { columns, rows: source } = await queryRows(run, sql, { params, signal })
  const rows: Row[] = []
  for await (const row of source) rows.push(row)
  const more = rows.length > limit
  if (more) rows.pop()
  const last = rows.at(-1)
  return {
    rows: shown.includes('path') ? rows : rows.map(({ path: _, ...row }) => row),
    columns: columns
      .filter(({ name }) => shown.includes(name))
      .map(({ name, sqlType }) => ({ name, type: sqlType })),
    next:
      more && last !== undefined
        ? cursorText({ question, version: selection.version.number, path: last.path as string })
        : null,
  }
}

function checkColumn(name: string, columns: readonly string[]): void {
  if (columns.includes(name)) return
  const message = `there is no column ${JSON.stringify(name)}, there are: ${columns.join(', ')}`
  throw new VarveError('invalid-input', message, { column: name })
}

interface Cursor {
  readonly question: string
  readonly version: number
  /** The last path of the page before. */
  readonly path: string
}

function questionOf(reference: string, { where, filter, params, columns }: FilesOptions): string {
  const asked = JSON.stringify([reference, where, filter, params, columns], (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  )
  return createHash('sha256').update(asked).digest('hex').slice(0, 16)
}

function cursorText({ question, version, path }: Cursor): string {
  return Buffer.from(JSON.stringify([1, question, version, path])).toString('base64url')
}

function parseCursor(text: string, question: string): Cursor {
  let parsed: unknown
  try {
    parsed = JSON.parse(Buffer.from(text, 'base64url').toString())
  } catch (error) {
    throw new VarveError('invalid-input', `${JSON.stringify(text)} is no cursor of a page`, {}, error)
  }
  const [v, asked, version, path] = Array.isArray(parsed) ? parsed : []
  if (v !== 1 || !Number.isSafeInteger(version) || typeof path !== 'string')
    throw new VarveError('invalid-input', `${JSON.stringify(text)} is no cursor of a page`)
  if (asked !== question)
    throw new VarveError(
      'invalid-input',
      'the cursor belongs to another question, expected the same filter and columns',
    )
  return { question, version: version as number, path }
}
