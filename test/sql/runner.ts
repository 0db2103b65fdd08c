/** Runs sqllogictest files in a session that the caller opens. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Session } from '../../src/engine/types.ts'
import { isVarveError } from '../../src/errors.ts'
import { parseTestFile, type Step, type TestFile } from './parse.ts'
import { printValue } from './print.ts'

export interface RunSettings {
  readonly session: Session
  /** `${NAME}` in the file; DATA, FIXTURES, S3 and TMP by convention. */
  readonly variables: Readonly<Record<string, string>>
  /** What `require` may name, and whether it is there. */
  readonly provides: Readonly<Record<string, boolean>>
}

/** Real files beside the repository; `require data` asks for them. */
export const DATA = join(import.meta.dirname, '../../../shared/data')

/** What `require data` finds here. */
export function hasData(): boolean {
  return existsSync(DATA)
}

export function testFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test'))
    .sort()
    .map((name) => join(folder, name))
}

export function readTestFile(path: string): TestFile {
  return parseTestFile(readFileSync(path, 'utf8'), path)
}

/**
 * Runs a file's steps in order; throws at the first that does not hold, with its place.
 *
 * Returns what a `require` did not find: the rest of the file was not run. Under CI that is an error.
 */
export async function runTestFile(path: string, settings: RunSettings): Promise<string | undefined> {
  for (const step of readTestFile(path).steps) {
    const place = `${path}:${step.line}`
    if (step.kind === 'require') {
      if (settings.provides[step.what] === true) continue
      if (process.env.CI) throw new Error(`${place}: this needs "${step.what}", which is not here`)
      return step.what
    }
    try {
      await runStep(step, settings)
    } catch (error) {
      throw new Error(`${place}: ${error instanceof Error ? error.message : String(error)}\n\n${step.sql}`, {
        cause: error,
      })
    }
  }
  return undefined
}

async function runStep(step: Exclude<Step, { kind: 'require' }>, settings: RunSettings): Promise<void> {
  const fill = (text: string): string => fillIn(text, settings.variables)
  if (step.kind === 'error') return expectError(settings.session, fill(step.sql), fill(step.expected))
  const rows = await rowsOf(settings.session, fill(step.sql))
  if (step.kind === 'ok') return
  const wide = rows.find((row) => row.length !== step.types.length)
  if (wide !== undefined) throw new Error(`got ${wide.length} columns, expected ${step.types.length}`)
  const shown = arrange(
    rows.map((row) => row.map((value) => (value === '' ? '(empty)' : value))),
    step.sort,
  )
  const expected = arrange(
    step.expected.map((line) => fill(line).split('\t')),
    step.sort,
  )
  const same =
    shown.length === expected.length &&
    shown.every(
      (row, i) =>
        row.length === expected[i]!.length &&
        row.every((value, k) => equal(value, expected[i]![k]!, step.types[k])),
    )
  if (!same) throw new Error(`got\n${table(shown)}\nexpected\n${table(expected)}`)
}

function fillIn(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{([A-Z][A-Z0-9_]*)\}/g, (_, name: string) => {
    const value = variables[name]
    if (value === undefined) throw new Error(`there is no variable \${${name}}`)
    return value
  })
}

async function expectError(session: Session, sql: string, expected: string): Promise<void> {
  const outcome = await rowsOf(session, sql).then(
    () => undefined,
    (error: unknown) => error,
  )
  if (outcome === undefined) throw new Error(`it succeeded, expected an error with ${expected}`)
  if (!isVarveError(outcome)) throw outcome
  const text = `${outcome.code}: ${outcome.message}`
  const pattern = expected.startsWith('<REGEX>:') ? new RegExp(expected.slice(8), 's') : undefined
  if (pattern === undefined ? !text.includes(expected) : !pattern.test(text))
    throw new Error(`got the error\n${text}\nexpected\n${expected}`)
}

/** The rows of the last statement, as printed. */
async function rowsOf(session: Session, sql: string): Promise<string[][]> {
  let rows: string[][] = []
  for await (const result of session.run(sql)) {
    rows = []
    for await (const batch of result.batches) {
      for (let row = 0; row < batch.rows; row++)
        rows.push(result.columns.map(({ type }, i) => printValue(type, batch.columns[i]!, row)))
    }
    if (result.returns === 'changed') rows = [[String(result.changed)]]
  }
  return rows
}

function arrange(rows: readonly string[][], sort: string): string[][] {
  if (sort === 'rowsort') return [...rows].sort((a, b) => (a.join('\t') < b.join('\t') ? -1 : 1))
  if (sort === 'valuesort')
    return rows
      .flat()
      .sort()
      .map((value) => [value])
  return [...rows]
}

/** Numbers of columns marked R may differ in the last digits. */
function equal(value: string, expected: string, type: string | undefined): boolean {
  if (value === expected) return true
  if (type !== 'R') return false
  const [a, b] = [Number(value), Number(expected)]
  return Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b))
}

function table(rows: readonly string[][]): string {
  const shown = rows.slice(0, 30).map((row) => `  ${row.join('\t')}`)
  return [...shown, ...(rows.length > 30 ? [`  … ${rows.length} rows`] : [])].join('\n') || '  (no rows)'
}
