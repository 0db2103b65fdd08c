/** The options of read_csv that varve knows, by DuckDB's names, checked. */

import { VarveError } from '../../errors.ts'
import { checkOptionNames } from '../text/options.ts'
import type { Options } from '../text/types.ts'

export const OPTION_NAMES = [
  'all_varchar',
  'allow_quoted_nulls',
  'auto_detect',
  'column_names',
  'column_types',
  'columns',
  'comment',
  'dateformat',
  'decimal_separator',
  'delim',
  'delimiter',
  'dtypes',
  'encoding',
  'escape',
  'header',
  'ignore_errors',
  'max_line_size',
  'maximum_line_size',
  'names',
  'new_line',
  'null_padding',
  'nullstr',
  'quote',
  'record',
  'sample_size',
  'sep',
  'skip',
  'strict_mode',
  'timestampformat',
  'types',
] as const

export interface CsvOptions {
  readonly delim?: string | undefined
  readonly quote?: string | undefined
  readonly escape?: string | undefined
  readonly comment?: string | undefined
  readonly newline?: '\n' | '\r' | '\r\n' | undefined
  readonly header?: boolean | undefined
  readonly names: readonly string[]
  /** Name and type of every column. */
  readonly columns?: ReadonlyMap<string, string> | undefined
  /** Types of the first columns, or of columns by name. */
  readonly types?: readonly string[] | ReadonlyMap<string, string> | undefined
  readonly skip?: number | undefined
  readonly nulls: readonly string[]
  readonly quotedNulls: boolean
  readonly allVarchar: boolean
  readonly padding: boolean
  readonly ignoreErrors: boolean
  readonly dateFormat?: string | undefined
  readonly timestampFormat?: string | undefined
  readonly decimal: '.' | ','
  readonly maxLineSize: number
  /** Rows that are looked at. */
  readonly sampleSize: number
  readonly detect: boolean
  readonly record: boolean
}

function invalid(name: string, value: unknown, expected: string): VarveError {
  return new VarveError(
    'invalid-input',
    `csv: option ${name} is ${JSON.stringify(value)}, expected ${expected}`,
    {
      option: name,
    },
  )
}

/** Takes options by any of their names, with their types checked. */
class Taker {
  constructor(readonly options: Options) {}

  take(names: readonly string[]): unknown {
    const given = names.filter((name) => this.options[name] !== undefined && this.options[name] !== null)
    if (given.length > 1) {
      throw new VarveError(
        'invalid-input',
        `csv: options ${given.join(' and ')} mean the same, expected one of them`,
      )
    }
    return given.length === 0 ? undefined : this.options[given[0]!]
  }

  text(...names: string[]): string | undefined {
    const value = this.take(names)
    if (value === undefined || typeof value === 'string') return value
    throw invalid(names[0]!, value, 'a text')
  }

  flag(name: string): boolean | undefined {
    const value = this.take([name])
    if (value === undefined || typeof value === 'boolean') return value
    if (value === 'true' || value === 1) return true
    if (value === 'false' || value === 0) return false
    throw invalid(name, value, 'true or false')
  }

  count(lowest: number, ...names: string[]): number | undefined {
    const value = this.take(names)
    if (value === undefined) return undefined
    const number = typeof value === 'number' ? value : Number(value)
    if (Number.isSafeInteger(number) && number >= lowest && value !== '') return number
    throw invalid(names[0]!, String(value), `an integer of at least ${lowest}`)
  }

  texts(...names: string[]): readonly string[] | undefined {
    const value = this.take(names)
    if (value === undefined) return undefined
    if (typeof value === 'string') return [value]
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value as string[]
    throw invalid(names[0]!, value, 'a list of texts')
  }

  map(...names: string[]): ReadonlyMap<string, string> | undefined {
    const value = this.take(names)
    if (value === undefined) return undefined
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      const entries = Object.entries(value)
      if (entries.length > 0 && entries.every(([, type]) => typeof type === 'string')) {
        return new Map(entries as [string, string][])
      }
    }
    throw invalid(names[0]!, value, "a struct of names and types, such as {'id': 'BIGINT'}")
  }
}

const NEWLINES: Readonly<Record<string, '\n' | '\r' | '\r\n'>> = {
  '\\n': '\n',
  '\\r': '\r',
  '\\r\\n': '\r\n',
  '\n': '\n',
  '\r': '\r',
  '\r\n': '\r\n',
}

/** One ASCII character, or none. */
function sign(taker: Taker, name: string): string | undefined {
  const value = taker.text(name)
  if (value === undefined || value === '') return value
  if (value.length > 1 || value > '\x7f') throw invalid(name, value, 'one ASCII character, or none')
  if (value === '\n' || value === '\r') throw invalid(name, value, 'something other than a line end')
  return value
}

export function parseOptions(options: Options): CsvOptions {
  checkOptionNames('csv', options, OPTION_NAMES)
  const taker = new Taker(options)

  const encoding = taker.text('encoding')
  if (encoding !== undefined && !['utf-8', 'utf8'].includes(encoding.toLowerCase())) {
    throw new VarveError('unsupported', `csv: encoding "${encoding}" is not supported, expected utf-8`, {
      encoding,
    })
  }
  if (taker.flag('strict_mode') === false) {
    throw new VarveError('unsupported', 'csv: strict_mode := false is not supported', {
      option: 'strict_mode',
    })
  }
  const delim = taker.text('delim', 'delimiter', 'sep')?.replace('\\t', '\t')
  if (delim !== undefined && (Buffer.byteLength(delim) > 4 || /[\r\n]/.test(delim))) {
    throw invalid('delim', delim, 'at most four bytes without a line end')
  }
  const newlineName = taker.text('new_line')
  if (newlineName !== undefined && !(newlineName in NEWLINES))
    throw invalid('new_line', newlineName, '\\n, \\r or \\r\\n')
  const decimal = taker.text('decimal_separator') ?? '.'
  if (decimal !== '.' && decimal !== ',') throw invalid('decimal_separator', decimal, '"." or ","')

  const typesGiven = taker.take(['types', 'dtypes', 'column_types'])
  const types =
    Array.isArray(typesGiven) || typeof typesGiven === 'string'
      ? taker.texts('types', 'dtypes', 'column_types')
      : taker.map('types', 'dtypes', 'column_types')
  const columns = taker.map('columns')
  const names = taker.texts('names', 'column_names') ?? []
  if (columns !== undefined && (types !== undefined || names.length > 0)) {
    const other = types === undefined ? 'names' : 'types'
    throw new VarveError('invalid-input', `csv: options columns and ${other} exclude each other`, {
      option: other,
    })
  }
  const twice = names.find((name, i) =>
    names.some((other, j) => j < i && other.toLowerCase() === name.toLowerCase()),
  )
  if (twice !== undefined) throw invalid('names', names, `every name once; "${twice}" comes twice`)
  const detect = taker.flag('auto_detect') ?? true
  if (!detect && columns === undefined) {
    throw new VarveError('invalid-input', 'csv: auto_detect := false wants the columns: columns := {…}', {
      option: 'auto_detect',
    })
  }
  const sampleSize = taker.count(-1, 'sample_size') ?? 20480
  if (sampleSize === 0) throw invalid('sample_size', 0, 'at least 1, or -1 for everything')

  const parsed: CsvOptions = {
    delim,
    quote: sign(taker, 'quote'),
    escape: sign(taker, 'escape'),
    comment: sign(taker, 'comment'),
    newline: newlineName === undefined ? undefined : NEWLINES[newlineName],
    header: taker.flag('header'),
    names,
    columns,
    types,
    skip: taker.count(0, 'skip'),
    nulls: taker.texts('nullstr') ?? [''],
    quotedNulls: taker.flag('allow_quoted_nulls') ?? true,
    allVarchar: taker.flag('all_varchar') ?? false,
    padding: taker.flag('null_padding') ?? false,
    ignoreErrors: taker.flag('ignore_errors') ?? false,
    dateFormat: taker.text('dateformat'),
    timestampFormat: taker.text('timestampformat'),
    decimal,
    maxLineSize: taker.count(1, 'max_line_size', 'maximum_line_size') ?? 2_000_000,
    sampleSize: sampleSize === -1 ? Number.POSITIVE_INFINITY : sampleSize,
    detect,
    record: taker.flag('record') ?? false,
  }
  checkDistinct(parsed)
  return parsed
}

/** One character cannot mean two things. */
function checkDistinct({ delim, quote, escape: escapeSign, comment, decimal }: CsvOptions): void {
  const clash = (a: string, b: string) =>
    new VarveError('invalid-input', `csv: options ${a} and ${b} must not be the same`, { option: a })
  const has = (sign: string | undefined) =>
    sign !== undefined && sign !== '' && delim?.includes(sign) === true
  if (has(quote)) throw clash('delim', 'quote')
  if (has(escapeSign)) throw clash('delim', 'escape')
  if (has(comment)) throw clash('delim', 'comment')
  if (comment && comment === quote) throw clash('comment', 'quote')
  if (delim === decimal) throw clash('delim', 'decimal_separator')
}
