/**
 * DuckDB's sqllogictest files (https://duckdb.org/docs/stable/dev/sqllogictest/intro), as far as they are used here.
 *
 *   # name: / # description: / # group: [g]      header, all three needed
 *   require data | require s3                    the rest of the file needs it
 *   statement ok | statement error               SQL up to an empty line; after ---- the text of the error
 *   query IIT [nosort|rowsort|valuesort]         one letter a column; after ---- rows, values between tabs
 *
 * An expected error is part of `code: message`, or `<REGEX>:…`. `${NAME}` is a variable anywhere. An empty text is
 * written `(empty)`. Lines that begin with # are comments.
 */

export interface Header {
  readonly name: string
  readonly description: string
  readonly group: string
}

export type Sort = 'nosort' | 'rowsort' | 'valuesort'

export type Step =
  | { readonly kind: 'require'; readonly line: number; readonly what: string }
  | { readonly kind: 'ok'; readonly line: number; readonly sql: string }
  | { readonly kind: 'error'; readonly line: number; readonly sql: string; readonly expected: string }
  | {
      readonly kind: 'query'
      readonly line: number
      readonly sql: string
      readonly types: string
      readonly sort: Sort
      readonly expected: readonly string[]
    }

export interface TestFile {
  readonly header: Header
  readonly steps: readonly Step[]
}

/** Parses a file; whatever is not understood is an error with its line. */
export function parseTestFile(text: string, path: string): TestFile {
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''))
  const steps: Step[] = []
  let at = 0
  const fail = (message: string): never => {
    throw new Error(`${path}:${at + 1}: ${message}`)
  }
  const block = (until: (line: string) => boolean): string[] => {
    const taken: string[] = []
    while (at < lines.length && lines[at] !== '' && !until(lines[at]!)) taken.push(lines[at++]!)
    return taken
  }
  const separator = (line: string): boolean => line === '----'
  const result = (): string[] | undefined => {
    if (lines[at] !== '----') return undefined
    at++
    return block(() => false)
  }
  while (at < lines.length) {
    const line = lines[at]!
    const number = at + 1
    if (line === '' || line.startsWith('#')) {
      at++
      continue
    }
    const words = line.trim().split(/\s+/)
    if (words[0] === 'require' && words.length === 2) {
      steps.push({ kind: 'require', line: number, what: words[1]! })
      at++
      continue
    }
    at++
    const sql = block(separator).join('\n')
    if (sql === '') fail(`"${line}" has no SQL`)
    const expected = result()
    if (line === 'statement ok') {
      if (expected !== undefined) fail('"statement ok" has a result')
      steps.push({ kind: 'ok', line: number, sql })
    } else if (line === 'statement error') {
      if (expected === undefined || expected.length === 0) fail('"statement error" does not say which')
      steps.push({ kind: 'error', line: number, sql, expected: expected!.join('\n') })
    } else if (words[0] === 'query' && /^[ITRBD]+$/.test(words[1] ?? '')) {
      const sort = words[2] ?? 'nosort'
      if (sort !== 'nosort' && sort !== 'rowsort' && sort !== 'valuesort') fail(`unknown sort "${sort}"`)
      if (expected === undefined) fail('"query" has no result')
      steps.push({
        kind: 'query',
        line: number,
        sql,
        types: words[1]!,
        sort: sort as Sort,
        expected: expected!,
      })
    } else fail(`unknown record "${line}"`)
  }
  return { header: headerOf(lines, path), steps }
}

function headerOf(lines: readonly string[], path: string): Header {
  const field = (name: string): string => {
    const found = lines.find((line) => line.startsWith(`# ${name}: `))
    if (found === undefined) throw new Error(`${path}: the header has no "# ${name}: "`)
    return found.slice(name.length + 4).trim()
  }
  const header = { name: field('name'), description: field('description'), group: field('group') }
  if (!path.endsWith(header.name)) throw new Error(`${path}: the header says "# name: ${header.name}"`)
  return header
}
