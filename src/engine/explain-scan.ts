/**
 * `explain_scan(sql)`: what a statement's scans would read. A table function is asked while the engine is busy with
 * the statement around it, so the statement inside is planned before that one starts.
 */

import { VarveError } from '../errors.ts'
import type { Field } from '../formats/batch.ts'
import type { Value } from '../formats/values.ts'
import { rowStream } from '../scan/rows.ts'
import type { ScanService, TableFunction } from '../scan/types.ts'
import { shownPredicates } from './predicates.ts'
import { EXPLAINED_ROWS } from './protocol.ts'
import { type AstNode, isNode, listOf, nodeOf, textOf, walk } from './rewrite/ast.ts'
import { parameterValue } from './rewrite/constants.ts'
import { splitStatements, tokenize } from './rewrite/tokens.ts'
import type { ExplainedScan } from './scan-host.ts'
import type { Explained, Statements } from './statements.ts'
import type { RunOptions } from './types.ts'

export const EXPLAIN_SCAN: TableFunction = {
  name: 'explain_scan',
  positional: 1,
  lists: false,
  named: {},
  summary: 'What the scans of a statement would read: segments kept of all, bytes to fetch.',
}

const utf8 = (name: string): Field => ({ name, type: { kind: 'utf8' } })
const int64 = (name: string): Field => ({ name, type: { kind: 'int64' } })

const COLUMNS: readonly Field[] = [
  utf8('function'),
  utf8('path'),
  utf8('format'),
  { name: 'columns', type: { kind: 'list', item: { kind: 'utf8' } } },
  utf8('predicates'),
  int64('segments'),
  int64('segments_kept'),
  int64('rows_kept'),
  int64('bytes_total'),
  int64('bytes_to_fetch'),
  { name: 'indexed', type: { kind: 'bool' } },
  utf8('note'),
]

type Row = readonly Value[]

export interface Explanations {
  /** The scan service with `explain_scan`. */
  readonly scan: ScanService
  /** Plans what the statement that comes next wants explained. */
  before(sql: string, options: RunOptions, statements: Statements): Promise<void>
}

export function explanations(service: ScanService): Explanations {
  const rows = new Map<string, readonly Row[]>()
  const bound = new Map<number, readonly Row[]>()
  // The service counts upwards from 1, procedures downwards from -1.
  let nextId = 0.5

  return {
    scan: {
      async bind(request, signal) {
        if (request.name !== EXPLAIN_SCAN.name) return service.bind(request, signal)
        const found = rows.get(String(request.args[0]))
        if (found === undefined) throw notPlanned()
        const id = nextId++
        bound.set(id, found)
        return { id, columns: COLUMNS, zones: [], cardinality: { rows: found.length, exact: true } }
      },
      scan(request) {
        const found = bound.get(request.bound)
        return found === undefined ? service.scan(request) : rowStream(COLUMNS, request.columns, () => found)
      },
      explain: service.explain,
      unbind(id) {
        if (!bound.delete(id)) service.unbind(id)
      },
      close: () => service.close(),
    },
    async before(sql, options, statements) {
      rows.clear()
      for (const text of explainedIn(sql, options.params)) {
        if (!rows.has(text)) rows.set(text, await explain(text, options, statements, service))
      }
    },
  }
}

function notPlanned(): VarveError {
  const message = 'explain_scan takes one statement, as a text literal or a parameter'
  return new VarveError('invalid-input', message, { function: EXPLAIN_SCAN.name })
}

/** The arguments of the calls in a statement. */
function explainedIn(sql: string, params: RunOptions['params']): string[] {
  if (!/explain_scan/i.test(sql)) return []
  const tokens = tokenize(sql)
  return tokens.flatMap((token, i) => {
    if (token.value.toLowerCase() !== EXPLAIN_SCAN.name || tokens[i + 1]?.value !== '(') return []
    const [argument, close] = [tokens[i + 2], tokens[i + 3]]
    if (close?.value !== ')') return []
    if (argument?.kind === 'string') return [argument.value]
    if (argument?.kind !== 'parameter') return []
    const before = tokens.slice(0, i + 2).filter(({ value }) => value === '?').length
    const name = argument.value === '?' ? `${before + 1}` : argument.value.slice(1)
    const value = parameterValue(name, params)
    return typeof value === 'string' ? [value] : []
  })
}

async function explain(
  text: string,
  options: RunOptions,
  statements: Statements,
  service: ScanService,
): Promise<Row[]> {
  const [statement, ...more] = splitStatements(text)
  if (statement === undefined || more.length > 0) throw notPlanned()
  if (/^(execute|call|explain)\b/i.test(statement)) {
    const word = statement.split(/\s/)[0]!.toUpperCase()
    const message = `explain_scan does not look into ${word}; expected the query itself`
    throw new VarveError('unsupported', message, { function: EXPLAIN_SCAN.name })
  }
  return statements.explain(statement, options, async (explained) => {
    // Of its own: the session's lives as long as the session, with all who listen to it.
    const ended = new AbortController()
    const { signal: outer } = options
    const signal = outer === undefined ? ended.signal : AbortSignal.any([outer, ended.signal])
    const rows: Row[] = []
    try {
      for (const scan of inOrder(explained)) {
        const row = await rowOf(scan, columnsRead(scan, explained.plan), service, signal)
        if (row !== undefined) rows.push(row)
      }
    } finally {
      ended.abort()
    }
    return rows
  })
}

/** As the statement names them; behind them those that no one could speak to, inside of macros. */
function inOrder({ order, scans }: Explained): ExplainedScan[] {
  const numbered = order.flatMap((number) => scans.find(({ hidden }) => hidden.scan === number) ?? [])
  return [...numbered, ...scans.filter(({ hidden }) => hidden.scan === undefined)]
}

/** The columns that the plan wants of the scan, `undefined` where it cannot be told. */
function columnsRead({ hidden }: ExplainedScan, plan: string): string[] | undefined {
  if (hidden.scan === undefined) return undefined
  if (hidden.counted === true) return []
  const rows = String(EXPLAINED_ROWS + hidden.scan)
  const found = new Set<string>()
  for (const node of walk(JSON.parse(plan) as unknown)) {
    const info: AstNode | undefined = nodeOf(node.extra_info)
    if (!isNode(info) || textOf(info.Function) === '' || info['Estimated Cardinality'] !== rows) continue
    const projections = info.Projections
    for (const name of typeof projections === 'string' ? [projections] : listOf(projections))
      if (typeof name === 'string' && name !== '') found.add(name)
  }
  return [...found]
}

async function rowOf(
  { request, bound, predicates }: ExplainedScan,
  read: readonly string[] | undefined,
  service: ScanService,
  signal: AbortSignal,
): Promise<Row | undefined> {
  const all = bound.columns.map(({ name }) => name)
  const columns = read === undefined ? all.map((_, i) => i) : read.map((name) => all.indexOf(name))
  // The plan's order is nobody's; the file's own says more.
  const wanted = columns.filter((column) => column >= 0).sort((a, b) => a - b)
  const explanation = await service.explain?.({ bound: bound.id, columns: wanted, predicates }, signal)
  if (explanation === undefined) return undefined
  const { format, segments, segmentsKept, rowsKept, bytesTotal, bytesToFetch, indexed, note } = explanation
  const notes = [note, read === undefined ? 'inside of a macro: all columns are taken for read' : undefined]
  return [
    request.name,
    [request.args[0]].flat().join(', '),
    format,
    wanted.map((column) => all[column]!),
    predicates.length === 0 ? null : shownPredicates(predicates),
    segments ?? null,
    segmentsKept ?? null,
    rowsKept ?? null,
    bytesTotal,
    bytesToFetch,
    indexed,
    notes.filter((one) => one !== undefined).join('; ') || null,
  ]
}
