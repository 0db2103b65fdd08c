import { toVarveError, type VarveError } from '../../errors.ts'
import type { IndexReport } from '../../library/types.ts'
import { type Context, reportFormat } from '../context.ts'
import type { IndexOptions } from '../program.ts'
import { bytesText, progressBar } from '../progress.ts'
import { PartialFailure, print, stringify } from '../report.ts'
import type { Verbs } from '../verbs.ts'

interface Failure {
  readonly uri: string
  readonly error: VarveError
}

/** `varve index URI…`: one failing file does not keep the others from being indexed. */
export async function indexFiles(
  context: Context,
  patterns: readonly string[],
  options: IndexOptions,
): Promise<void> {
  const format = reportFormat(context.options)
  const verbs = await context.verbs()
  const reports: IndexReport[] = []
  const failures: Failure[] = []
  const uris = await expandAll(context, verbs, patterns, failures)
  for (const uri of uris) {
    try {
      const report = await indexOne(context, verbs, uri, options)
      reports.push(report)
      if (format === 'plain') await print(context, `${plainLine(report)}\n`)
      if (format === 'jsonl') await print(context, `${stringify(report)}\n`)
    } catch (error) {
      if (context.signal.aborted) throw error
      failures.push({ uri, error: toVarveError(error) })
    }
  }
  if (format === 'json')
    await print(context, `${stringify({ indexes: reports, failed: failures.map(failureJson) }, 2)}\n`)
  fail(context, failures, reports.length, format === 'plain')
}

async function expandAll(
  context: Context,
  verbs: Verbs,
  patterns: readonly string[],
  failures: Failure[],
): Promise<string[]> {
  const uris = new Set<string>()
  for (const pattern of patterns) {
    try {
      for (const uri of await verbs.expand(pattern, { signal: context.signal })) uris.add(uri)
    } catch (error) {
      if (context.signal.aborted) throw error
      failures.push({ uri: pattern, error: toVarveError(error) })
    }
  }
  return [...uris]
}

async function indexOne(
  context: Context,
  verbs: Verbs,
  uri: string,
  { as, force = false }: IndexOptions,
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

const count = (number: number, noun: string): string =>
  `${number.toLocaleString('en-US')} ${noun}${number === 1 ? '' : 's'}`

function failureJson({ uri, error: { code, message, details } }: Failure): Record<string, unknown> {
  return { uri, code, message, details }
}

/** A single failure of a single file is that error; of several files the rest is done: exit code 3. */
function fail(context: Context, failures: readonly Failure[], done: number, plain: boolean): void {
  const [first] = failures
  if (first === undefined) return
  if (done === 0 && failures.length === 1) throw first.error
  if (plain) for (const { error } of failures) context.io.stderr.write(`varve: ${error.message}\n`)
  const message = `${failures.length} of ${done + failures.length} files failed`
  throw new PartialFailure(
    message,
    failures.map(({ error }) => error),
  )
}
