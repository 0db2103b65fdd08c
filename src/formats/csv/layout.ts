/** From the head of a file and the user's options to its layout. */

import { isUtf8 } from 'node:buffer'
import { VarveError } from '../../errors.ts'
import type { DataType, Field } from '../batch.ts'
import type { Options, TextLayout } from '../text/types.ts'
import type { CsvDialect } from './dialect.ts'
import { buildMachine } from './machine.ts'
import { type CsvOptions, parseOptions } from './options.ts'
import { Found, RecordScanner } from './scanner.ts'
import type { Sample } from './sniff/count.ts'
import { DialectSniffer, detectNewline } from './sniff/dialect.ts'
import { generatedName, isHeader, namesFrom } from './sniff/header.ts'
import { type Typed, TypeSniffer } from './sniff/types.ts'
import { typeNamed } from './types.ts'

const MARK = [0xef, 0xbb, 0xbf]

export function csvLayout(head: Uint8Array, whole: boolean, given: Options): TextLayout {
  const options = parseOptions(given)
  const start = MARK.every((byte, i) => head[i] === byte) ? 3 : 0
  if (!options.ignoreErrors) checkUtf8(head, whole)
  const sample = skipLines({ bytes: head, start, end: head.length, whole }, options)
  if (!options.detect) return plainLayout(sample, options)

  const { candidates, columns } = new DialectSniffer(sample, options).detect()
  const typed = new TypeSniffer(sample, options).detect(candidates, columns)
  if (typed === undefined) throw unreadable(options)

  const { counter } = typed.candidate
  const row = typed.first?.cells
  const header =
    options.header ?? (row !== undefined && isHeader(row, givenTypes(options) ?? typed.types, typed, options))
  const fields = nameAndType(typed, row !== undefined && header, columns, options)
  return finish(sample, options, {
    fields,
    punctuation: counter.punctuation,
    dataStart: row !== undefined && header ? typed.first!.next : typed.candidate.start,
    dateFormat: typed.dateFormat,
    timestampFormat: typed.timestampFormat,
  })
}

function givenTypes({ columns }: CsvOptions): DataType[] | undefined {
  return columns === undefined ? undefined : [...columns.values()].map(typeNamed)
}

function nameAndType(typed: Typed, header: boolean, columns: number, options: CsvOptions): Field[] {
  const { first, types: sniffed } = typed
  if (options.columns !== undefined)
    return [...options.columns].map(([name, type]) => ({ name, type: typeNamed(type) }))
  const names = header ? namesFrom(first!.cells, columns) : sniffed.map((_, i) => generatedName(i, columns))
  if (options.names.length > names.length) {
    const message = `csv: ${options.names.length} names were given, the file has ${names.length} columns`
    throw new VarveError('invalid-input', message, { names: options.names })
  }
  for (const [i, name] of options.names.entries()) names[i] = name
  // A header without rows says nothing about types.
  const texts = options.allVarchar || (header && typed.single)
  const types: DataType[] = texts ? names.map(() => ({ kind: 'utf8' })) : [...sniffed]
  replaceTypes(names, types, options)
  return names.map((name, i) => ({ name, type: types[i]! }))
}

function replaceTypes(names: readonly string[], types: DataType[], { types: given }: CsvOptions): void {
  if (given === undefined) return
  if (Array.isArray(given)) {
    if (given.length > names.length) {
      const message = `csv: ${given.length} types were given, the file has ${names.length} columns`
      throw new VarveError('invalid-input', message, { types: given })
    }
    for (const [i, type] of given.entries()) types[i] = typeNamed(type)
    return
  }
  for (const [name, type] of given as ReadonlyMap<string, string>) {
    const i = names.findIndex((known) => known.toLowerCase() === name.toLowerCase())
    if (i < 0) {
      const message = `csv: types names the column "${name}", the file has ${names.join(', ')}`
      throw new VarveError('invalid-input', message, { column: name })
    }
    types[i] = typeNamed(type)
  }
}

interface Findings {
  readonly fields: readonly Field[]
  readonly punctuation: Pick<CsvDialect, 'delim' | 'quote' | 'escape' | 'comment' | 'newline'>
  readonly dataStart: number
  readonly dateFormat: string
  readonly timestampFormat: string
}

function finish(sample: Sample, options: CsvOptions, found: Findings): TextLayout {
  const { punctuation } = found
  const dialect: CsvDialect = {
    delim: punctuation.delim,
    quote: punctuation.quote,
    escape: punctuation.escape,
    comment: punctuation.comment,
    newline: punctuation.newline,
    fields: found.fields.length,
    nulls: options.nulls,
    quotedNulls: options.quotedNulls,
    padding: options.padding,
    dateFormat: found.dateFormat,
    timestampFormat: found.timestampFormat,
    decimal: options.decimal,
    maxLineSize: options.maxLineSize,
  }
  const columns = [...found.fields]
  if (options.record) {
    const clash = columns.find(({ name }) => name.toLowerCase() === 'record')
    if (clash !== undefined) {
      const message = 'csv: the file has a column "record" of its own, so record := true needs names := [...]'
      throw new VarveError('invalid-input', message, { column: clash.name })
    }
    columns.push({ name: 'record', type: { kind: 'int64' } })
  }
  return {
    columns,
    zones: found.fields.map(({ name }) => name),
    dataStart: firstRecord(sample, dialect, found.dataStart),
    ordinal: options.record ? columns.length - 1 : undefined,
    dialect: { ...dialect },
  }
}

/** Blank and comment lines before the first record belong to what is before it. */
function firstRecord(sample: Sample, dialect: CsvDialect, from: number): number {
  const scanner = new RecordScanner(buildMachine(dialect))
  const blanksCount = dialect.fields === 1 && dialect.nulls.includes('')
  let at = from
  for (;;) {
    const found = scanner.scan(sample.bytes, at, sample.end, sample.whole)
    if (found !== Found.comment && (found !== Found.blank || blanksCount)) return at
    at = scanner.next
  }
}

/** Without detection everything not given is DuckDB's default. */
function plainLayout(sample: Sample, options: CsvOptions): TextLayout {
  const punctuation = {
    delim: options.delim ?? ',',
    quote: options.quote ?? '"',
    escape: options.escape ?? options.quote ?? '"',
    comment: options.comment ?? '',
    newline: options.newline ?? detectNewline(sample),
  }
  const fields = [...options.columns!].map(([name, type]) => ({ name, type: typeNamed(type) }))
  let dataStart = sample.start
  if (options.header === true) {
    const scanner = new RecordScanner(buildMachine(punctuation))
    let found = scanner.scan(sample.bytes, dataStart, sample.end, sample.whole)
    while (found === Found.blank || found === Found.comment) {
      dataStart = scanner.next
      found = scanner.scan(sample.bytes, dataStart, sample.end, sample.whole)
    }
    if (found === Found.record) dataStart = scanner.next
  }
  const { dateFormat = '', timestampFormat = '' } = options
  return finish(sample, options, { fields, punctuation, dataStart, dateFormat, timestampFormat })
}

function skipLines(sample: Sample, options: CsvOptions): Sample {
  if (options.skip === undefined || options.skip === 0) return sample
  const newline = options.newline ?? detectNewline(sample)
  const machine = buildMachine({
    delim: options.delim ?? ',',
    quote: options.quote ?? '',
    escape: options.escape ?? '',
    comment: options.comment ?? '',
    newline,
  })
  const scanner = new RecordScanner(machine)
  let start = sample.start
  for (let skipped = 0; skipped < options.skip; skipped++) {
    const found = scanner.scan(sample.bytes, start, sample.end, sample.whole)
    if (found === Found.end || found === Found.incomplete) {
      const where = sample.whole ? 'the file holds' : `the first ${sample.end} bytes of the file hold`
      const message = `csv: skip is ${options.skip}, but ${where} only ${skipped} lines`
      throw new VarveError('invalid-input', message, { option: 'skip' })
    }
    start = scanner.next
  }
  return { ...sample, start }
}

function unreadable(options: CsvOptions): VarveError {
  const given =
    options.columns === undefined ? '' : ` with the ${options.columns.size} columns that were given`
  const message = `csv: no delimiter and quote read the first records alike${given}; give delim, quote, escape, skip or header, or ignore_errors := true or null_padding := true`
  return new VarveError('invalid-data', message)
}

/** A file whose head is no UTF-8 is in another encoding. A character that the head's end cuts does not count. */
function checkUtf8(head: Uint8Array, whole: boolean): void {
  if (isUtf8(head)) return
  let at = 0
  for (let length = 1; at < head.length; at += length) {
    const byte = head[at]!
    if (byte < 0x80) length = 1
    else if (byte < 0xe0) length = 2
    else length = byte < 0xf0 ? 3 : 4
    const cut = !whole && at + length > head.length
    if (length > 1 && !cut && !isUtf8(head.subarray(at, at + length))) break
  }
  if (at >= head.length) return
  const message = `csv: byte ${at} is not valid UTF-8; files in other encodings are not supported`
  throw new VarveError('invalid-data', message, { byte: at })
}
