import { toVarveError } from '../../errors.ts'
import type { FailedPath } from '../../library/lake-types.ts'
import type { IndexReport } from '../../library/types.ts'
import { type Context, reportFormat } from '../context.ts'
import { count, throwFailures } from '../on-lake.ts'
import { bytesText, progressBar } from '../progress.ts'
import { print, stringify } from '../report.ts'
import type { Verbs } from '../verbs.ts'

export interface IndexFlags {
  readonly as?: string
  readonly force?: boolean
}

/** `varve index URI…`: one failing file does not keep the others from being indexed. */
export async function indexFiles(
  context: Context,
  patterns: readonly string[],
  options: IndexFlags,
): Promise<void> {
  const format = reportFormat(context.options)
  const verbs = await context.verbs()
  const reports: IndexReport[] = []
  const failures: FailedPath[] = []
  const uris = await expandAll(context, verbs, patterns, failures)
  for (const uri of uris) {
    try {
      const report = await indexOne(context, verbs, uri, options)
      reports.push(report)
      if (format === 'plain') await print(context, `${plainLine(report)}\n`)
      if (format === 'jsonl') await print(context, `${stringify(report)}\n`)
    } catch (error) {
      if (context.signal.aborted) throw error
      failures.push({ path: uri, error: toVarveError(error) })
    }
  }
  if (format === 'json')
    await print(context, `${stringify({ indexes: reports, failed: failures.map(failureJson) }, 2)}\n`)
  throwFailures(context, failures, reports.length)
}

async function expandAll(
  context: Context,
  verbs: Verbs,
  patterns: readonly string[],
  failures: FailedPath[],
): Promise<string[]> {
  const uris = new Set<string>()
  for (const pattern of patterns) {
    try {
      for (const uri of await verbs.expand(pattern, { signal: context.signal })) uris.add(uri)
    } catch (error) {
      if (context.signal.aborted) throw error
      failures.push({ path: pattern, error: toVarveError(error) })
    }
  }
  return [...uris]
}

async function indexOne(
  context: Context,
  verbs: Verbs,
  uri: string,
  { as, force = false }: IndexFlags,
): Promise<IndexReport> {
  const { signal } = context
  const bar = progressBar(context, uri.slice(uri.lastIndexOf('/') + 1))
  try {
    const file = await verbs.openFile(uri, { format: as, signal })
    return await file.index({ force, signal, onProgress: (progress) => bar.update(progress) })
  } finally {
    bar.stop()
  }
}

function plainLine({ uri, format, built, rows, segments, index_bytes, ms }: IndexReport): string {
  const what = `${count(rows, 'row')} in ${count(segments, 'segment')}, index ${bytesText(index_bytes)}`
  return built
    ? `built  ${uri}  ${format}: ${what}, ${(ms / 1000).toFixed(1)} s`
    : `there  ${uri}  ${format}: ${what}`
}

function failureJson({ path: uri, error: { code, message, details } }: FailedPath): Record<string, unknown> {
  return { uri, code, message, details }
}
