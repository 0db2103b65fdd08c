/** `read_<format>(…)` and `read_auto(…)`: rows of files. */

import { FORMATS } from '../../formats/registry.ts'
import type { Format } from '../../formats/types.ts'
import { optionalBoolean, optionalText, textsArgument } from '../arguments.ts'
import { expandPattern } from '../expand.ts'
import { FileSet } from '../read-files.ts'
import type { Argument, BindRequest } from '../types.ts'
import type { NamedArguments, ScanFunction } from './types.ts'

/** Options of every reader, whatever the format. */
const COMMON = { filename: 'boolean', ignore_errors: 'boolean' } as const

/** DuckDB has its own functions of these names; varve's are for what those cannot reach. */
const TAKEN: Readonly<Record<string, string>> = { csv: 'varve_read_csv', parquet: 'varve_read_parquet' }

export function readerName(format: string): string {
  return TAKEN[format] ?? `read_${format}`
}

function reader(format: Format): ScanFunction {
  return {
    name: readerName(format.name),
    positional: 1,
    lists: true,
    named: { ...COMMON, ...Object.fromEntries(format.optionNames.map((name) => [name, 'any'])) },
    summary: `Rows of ${format.name} files: ${format.title}.`,
    bind: (request, context, signal) => bindFiles(format.name, request, context, signal),
  }
}

const auto: ScanFunction = {
  name: 'read_auto',
  positional: 1,
  lists: true,
  named: {
    ...COMMON,
    format: 'text',
    ...Object.fromEntries(FORMATS.flatMap((format) => format.optionNames).map((name) => [name, 'any'])),
  },
  summary: 'Rows of files whose format their first bytes tell, or `format` names.',
  bind(request, context, signal) {
    const { format, ...named } = request.named
    return bindFiles(optionalText('format', format), { ...request, named }, context, signal)
  },
}

async function bindFiles(
  format: string | undefined,
  { args, named }: BindRequest,
  context: Parameters<ScanFunction['bind']>[1],
  signal: AbortSignal | undefined,
): Promise<FileSet> {
  const patterns = textsArgument('the path', args[0])
  const found = await Promise.all(patterns.map((pattern) => expandPattern(pattern, context, signal)))
  const names = found.flat()
  // How many files a pattern matches today must not decide which columns it has.
  const isPattern = patterns.some((pattern, i) => found[i]![0]?.name !== pattern)
  const filename = optionalBoolean('filename', named.filename) ?? (isPattern || names.length > 1)
  const ignoreErrors = optionalBoolean('ignore_errors', named.ignore_errors) ?? false
  return FileSet.bind(
    names,
    { format, options: formatOptions(named), filename, ignoreErrors },
    context,
    signal,
  )
}

function formatOptions(named: NamedArguments): Record<string, unknown> {
  const given = Object.entries(named).filter(([name, value]) => name !== 'filename' && value !== null)
  // Options travel as JSON, to other threads and in slices.
  return Object.fromEntries(given.map(([name, value]) => [name, plain(value)]))
}

function plain(value: Argument): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return value.map((one) => plain(one as Argument))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]))
}

export const readers: readonly ScanFunction[] = [...FORMATS.map(reader), auto]
