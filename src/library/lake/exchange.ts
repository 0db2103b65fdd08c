/** The verbs that take data out of a lake and bring it to another. */

import { attach } from '../../lake/exchange/attach.ts'
import { exportVersion } from '../../lake/exchange/export.ts'
import { importBundle } from '../../lake/exchange/import.ts'
import { publishVersion } from '../../lake/exchange/publish.ts'
import { inLake, requireLake } from '../../lake/open.ts'
import { datasetRow } from '../../lake/overview.ts'
import { parseReference } from '../../lake/reference.ts'
import { getFiles } from '../../lake/retrieve/get.ts'
import type { Lake } from '../../lake/types.ts'
import { resolveVersion } from '../../lake/versions/resolve.ts'
import type { GetOptions, LakeVerbs } from '../lake-types.ts'
import { factsOf } from './common.ts'
import { type Selection, selectionOf, selectionSql } from './page.ts'
import { queryRows, type RunSql } from './query.ts'

/** What `getFiles` wants to know of a file. */
const GOT = 'path, bytes, sha256, etag, uri, modified_at'

export function exchangeVerbs(
  lake: Lake,
  run: RunSql,
): Pick<LakeVerbs, 'get' | 'export' | 'import' | 'publish' | 'attach'> {
  const version = (reference: string, signal?: AbortSignal) =>
    inLake(lake, () => resolveVersion(lake, parseReference(reference), { signal }), signal)

  return {
    async get(reference, folder, options = {}) {
      const { where, filter, limit, params, transfers, signal, onProgress } = options
      const selection = await inLake(lake, () => selectionOf(lake, run, reference, options), signal)
      // Before the rows: a session holds one open result at a time.
      const total = await bytesOf(run, selection, options)
      const sql = selectionSql(selection, { select: GOT, limit })
      const { rows } = await queryRows(run, sql, { params, signal })
      const given = Object.entries({ where, filter, params, limit }).filter(
        ([, value]) => value !== undefined,
      )
      return getFiles(lake, selection.version, rows, folder, {
        question: Object.fromEntries(given),
        transfers,
        signal,
        onProgress: ({ bytes }) => onProgress?.({ done: bytes, total }),
      })
    },
    async export(reference, file, options = {}) {
      return exportVersion(lake, await version(reference, options.signal), file, options)
    },
    async import(file, options = {}) {
      await requireLake(lake, options.signal)
      return importBundle(lake, file, { ...options, ...importFacts(options) })
    },
    async publish(reference, folder, options = {}) {
      return publishVersion(lake, await version(reference, options.signal), folder, options)
    },
    async attach(url, options = {}) {
      const { version: made } = await attach(lake, url, { ...factsOf(options), name: options.name })
      return datasetRow(lake, made.dataset, true, options.signal)
    },
  }
}

/** What the files of a selection weigh together. */
async function bytesOf(
  run: RunSql,
  selection: Selection,
  { where, filter, limit, params, signal }: GetOptions,
): Promise<number> {
  if (where === undefined && filter === undefined && limit === undefined) return selection.version.bytes
  const files = selectionSql(selection, { select: 'bytes', limit })
  const { rows } = await queryRows(run, `select coalesce(sum(bytes), 0)::bigint as n from (${files})`, {
    params,
    signal,
  })
  let total = 0
  for await (const { n } of rows) total = Number(n)
  return total
}

/** A bundle brings its own author and message; what is said here counts more. */
function importFacts({
  author,
  message,
  label,
  signal,
}: Parameters<typeof factsOf>[0]): Partial<ReturnType<typeof factsOf>> {
  return {
    ...(author === undefined ? {} : { author }),
    ...(message === undefined ? {} : { message }),
    ...(label === undefined ? {} : { label }),
    ...(signal === undefined ? {} : { signal }),
  }
}
