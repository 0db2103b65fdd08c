/**
 * Makes a statement ready for DuckDB: paths become calls of varve's table functions, DuckDB's functions on remote
 * paths become varve's, and what the WHERE says about a scan goes along as a hidden argument (the WHERE stays).
 *
 * The syntax tree comes from DuckDB's own parser; what changes is the text, at the places the tree names, so
 * that everything that is not understood stays exactly as it was written. Rejected: printing the changed tree
 * with `json_deserialize_sql`, which would put every query through a printer that is not used otherwise.
 */

import type { RawPredicate } from '../constants.ts'
import { HIDDEN } from '../protocol.ts'
import { quoteIdentifier, quoteText } from '../quote.ts'
import type { RunOptions } from '../types.ts'
import { type AstNode, isNode, listOf, nodeOf, parseAst, textOf, walk } from './ast.ts'
import { leavesOf, predicatesOf } from './conjuncts.ts'
import { parameterValue } from './constants.ts'
import { defaultAlias, isRemote } from './paths.ts'
import { type Region, regionsOf } from './regions.ts'
import { closing, type Token, tokenize } from './tokens.ts'

export interface RewriteOptions {
  /** Names of varve's table functions, in lower case. */
  readonly functions: ReadonlySet<string>
  /** Whether `FROM 'path'` is varve's to read. */
  readonly claims: (path: string) => boolean
  /** The syntax tree of a query as JSON, `undefined` where DuckDB has none for it. */
  readonly serialize: (sql: string) => Promise<string | undefined>
  readonly pushdown: boolean
  readonly params: RunOptions['params']
}

interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** The statement as DuckDB shall run it; the same text when nothing in it concerns varve. */
export async function rewriteStatement(sql: string, options: RewriteOptions): Promise<string> {
  if (sql.includes('\0')) return sql
  const tokens = tokenize(sql)
  if (!concerns(tokens, options)) return sql
  const edits = new Map<number, Edit>()
  const add = (edit: Edit): void => {
    if (!edits.has(edit.start)) edits.set(edit.start, edit)
  }
  routeCalls(tokens, options, add)
  const parsed: Region[] = []
  for await (const { region, ast } of parsedRegions(sql, tokens, options)) {
    parsed.push(region)
    // `?` is numbered from the region's start, where the tree was made.
    const shifted = tokens.some((token) => token.value === '?' && token.start < region.start)
    const params = region.opaque || shifted ? undefined : options.params
    const pushdown = options.pushdown && !region.opaque
    rewriteTree(ast, place(sql, tokens, region), { ...options, params, pushdown }, add)
  }
  replaceAfterKeywords(tokens, parsed, options, add)
  return apply(sql, [...edits.values()])
}

function concerns(tokens: readonly Token[], options: RewriteOptions): boolean {
  return tokens.some((token, i) => {
    if (token.kind === 'word') return options.functions.has(token.value) || isRouted(tokens, i, options)
    if (token.kind === 'identifier')
      return options.functions.has(token.value.toLowerCase()) || options.claims(token.value)
    return token.kind === 'string' && options.claims(token.value)
  })
}

/** The queries of the statement that DuckDB can parse alone: the whole, or the largest parts. */
async function* parsedRegions(
  sql: string,
  tokens: readonly Token[],
  options: RewriteOptions,
): AsyncGenerator<{ region: Region; ast: AstNode }> {
  const done: Region[] = []
  for (const region of regionsOf(tokens)) {
    if (done.some((other) => other.start <= region.start && region.end <= other.end)) continue
    const json = await options.serialize(sql.slice(region.start, region.end))
    const ast = json === undefined ? undefined : parseAst(json)
    if (ast === undefined) continue
    done.push(region)
    yield { region, ast }
  }
}

/** Finds the token at a place that the tree names: a byte of the region's UTF-8. */
type Place = (location: unknown) => number | undefined

interface Located {
  readonly tokens: readonly Token[]
  readonly indexAt: Place
}

function place(sql: string, tokens: readonly Token[], region: Region): Located {
  const text = sql.slice(region.start, region.end)
  const bytes = Buffer.from(text)
  const ascii = bytes.length === text.length
  const byStart = new Map(tokens.map((token, i) => [token.start, i]))
  return {
    tokens,
    indexAt(location) {
      if (typeof location !== 'number' || location < 0 || location >= bytes.length) return undefined
      const offset = ascii ? location : bytes.subarray(0, location).toString().length
      return byStart.get(region.start + offset)
    },
  }
}

function rewriteTree(
  ast: AstNode,
  located: Located,
  options: RewriteOptions,
  add: (edit: Edit) => void,
): void {
  const nodes = [...walk(ast)]
  const nameOf = (node: AstNode): string => relationName(node)
  const predicates = new Map<AstNode, RawPredicate[]>()
  const shadowed = new Set<string>()
  for (const node of nodes) {
    if (node.type === 'SELECT_NODE' && options.pushdown && nodeOf(node.sample) === undefined) {
      const leaves = leavesOf(nodeOf(node.from_table), nameOf)
      for (const [leaf, found] of predicatesOf(nodeOf(node.where_clause), leaves, options.params)) {
        predicates.set(leaf, found)
      }
    }
    for (const entry of listOf(nodeOf(node.cte_map)?.map)) {
      if (isNode(entry)) shadowed.add(textOf(entry.key).toLowerCase())
    }
  }
  for (const node of nodes) {
    const found = predicates.get(node) ?? []
    if (node.type === 'BASE_TABLE' && !shadowed.has(textOf(node.table_name).toLowerCase()))
      replacePath(node, found, located, options, add)
    if (node.type === 'TABLE_FUNCTION' && found.length > 0) passPredicates(node, found, located, options, add)
  }
}

function relationName(node: AstNode): string {
  const alias = textOf(node.alias)
  if (alias !== '') return alias
  if (node.type === 'TABLE_FUNCTION') return textOf(nodeOf(node.function)?.function_name)
  const name = textOf(node.table_name)
  return defaultAlias(name) ?? name
}

/** Words before which a table's name stands alone, where a function call needs a FROM. */
const BARE = new Set(['summarize', 'describe', 'desc', 'show', 'table'])

function replacePath(
  node: AstNode,
  predicates: readonly RawPredicate[],
  { tokens, indexAt }: Located,
  options: RewriteOptions,
  add: (edit: Edit) => void,
): void {
  const path = textOf(node.table_name)
  const qualified = textOf(node.schema_name) !== '' || textOf(node.catalog_name) !== ''
  if (qualified || nodeOf(node.at_clause) !== undefined || !options.claims(path)) return
  const index = indexAt(node.query_location)
  if (index === undefined) return
  const token = tokens[index]!
  if ((token.kind !== 'string' && token.kind !== 'identifier') || token.value !== path) return
  const before = tokens[index - 1]
  const bare = before?.kind === 'word' && BARE.has(before.value) ? before : undefined
  const alias = textOf(node.alias) === '' && bare === undefined ? aliasOf(path) : ''
  const start = bare?.value === 'table' ? bare.start : token.start
  const text = `${bare === undefined ? '' : 'from '}${callOf(path, predicates)}${alias}`
  add({ start, end: token.end, text })
}

function callOf(path: string, predicates: readonly RawPredicate[]): string {
  const hidden = predicates.length === 0 ? '' : `, ${hiddenArgument(predicates)}`
  return `read_auto(${quoteText(path)}${hidden})`
}

function aliasOf(path: string): string {
  const alias = defaultAlias(path)
  return alias === undefined ? '' : ` as ${quoteIdentifier(alias)}`
}

function hiddenArgument(predicates: readonly RawPredicate[]): string {
  return `${HIDDEN} := ${quoteText(JSON.stringify(predicates))}`
}

function passPredicates(
  node: AstNode,
  predicates: readonly RawPredicate[],
  { tokens, indexAt }: Located,
  options: RewriteOptions,
  add: (edit: Edit) => void,
): void {
  const fn = nodeOf(node.function)
  const name = textOf(fn?.function_name).toLowerCase()
  if (!options.functions.has(name) && routed(name, options) === undefined) return
  const first = indexAt(node.query_location)
  if (first === undefined) return
  // The place is that of `main` in `main.read_fastq(…)`.
  const open = tokens.findIndex((token, i) => i > first && token.value === '(' && token.kind === 'symbol')
  const called = tokens[open - 1]
  if (open < 0 || open - first > 5 || called === undefined || called.value.toLowerCase() !== name) return
  if (!options.functions.has(name) && !isRemoteCall(tokens, open, options)) return
  const close = closing(tokens, open)
  if (close < 0) return
  const at = tokens[close]!.start
  add({ start: at, end: at, text: `${close === open + 1 ? '' : ', '}${hiddenArgument(predicates)}` })
}

/** The varve function that stands for one of DuckDB's on remote paths. */
function routed(name: string, { functions }: RewriteOptions): string | undefined {
  const plain = name === 'parquet_scan' ? 'read_parquet' : name.replace(/_auto$/, '')
  const own = `varve_${plain}`
  return functions.has(own) ? own : undefined
}

function routeCalls(tokens: readonly Token[], options: RewriteOptions, add: (edit: Edit) => void): void {
  tokens.forEach((token, i) => {
    if (token.kind === 'word' && isRouted(tokens, i, options))
      add({ start: token.start, end: token.end, text: routed(token.value, options)! })
  })
}

function isRouted(tokens: readonly Token[], index: number, options: RewriteOptions): boolean {
  if (tokens[index + 1]?.value !== '(' || routed(tokens[index]!.value, options) === undefined) return false
  return isRemoteCall(tokens, index + 1, options)
}

/** Whether the first argument is a remote path, a list with one, or a parameter that holds one. */
function isRemoteCall(tokens: readonly Token[], open: number, { params }: RewriteOptions): boolean {
  const first = tokens[open + 1]
  if (first?.kind === 'string') return isRemote(first.value)
  if (first?.kind === 'parameter') {
    const placeholder = tokens.slice(0, open + 1).filter((token) => token.value === '?').length + 1
    const name = first.value === '?' ? `${placeholder}` : first.value.slice(1)
    const value = parameterValue(name, params)
    const values = Array.isArray(value) ? value : [value]
    return values.some((item) => typeof item === 'string' && isRemote(item))
  }
  if (first?.value !== '[') return false
  const close = closing(tokens, open + 1)
  return tokens
    .slice(open + 2, close < 0 ? undefined : close)
    .some((token) => token.kind === 'string' && isRemote(token.value))
}

const BEFORE_PATH = new Set([
  'from',
  'join',
  'pivot',
  'pivot_wider',
  'pivot_longer',
  'unpivot',
  'summarize',
  'describe',
  'desc',
])

/** Paths where no tree could be had (PIVOT, UPDATE … FROM, …): a string right after FROM, JOIN, PIVOT, … */
function replaceAfterKeywords(
  tokens: readonly Token[],
  parsed: readonly Region[],
  options: RewriteOptions,
  add: (edit: Edit) => void,
): void {
  const first = tokens[0]!
  tokens.forEach((token, i) => {
    const before = tokens[i - 1]
    if (token.kind !== 'string' && token.kind !== 'identifier') return
    if (before?.kind !== 'word' || !BEFORE_PATH.has(before.value) || !options.claims(token.value)) return
    if (parsed.some(({ start, end }) => start <= token.start && token.end <= end)) return
    // COPY t FROM 'path' names a file, not a relation.
    if (first.value === 'copy' && token.depth === 0) return
    const bare = BARE.has(before.value)
    const after = tokens[i + 1]
    const named = after?.value === 'as' || after?.kind === 'identifier' || isAlias(after)
    const alias = bare || named ? '' : aliasOf(token.value)
    add({
      start: token.start,
      end: token.end,
      text: `${bare ? 'from ' : ''}${callOf(token.value, [])}${alias}`,
    })
  })
}

const AFTER_RELATION = new Set(
  (
    'where on using group order limit having qualify window union intersect except join inner left right full ' +
    'cross natural asof positional semi anti tablesample sample pivot unpivot returning set when offset select'
  ).split(' '),
)

function isAlias(token: Token | undefined): boolean {
  return token?.kind === 'word' && !AFTER_RELATION.has(token.value)
}

function apply(sql: string, edits: readonly Edit[]): string {
  const ordered = [...edits].sort((a, b) => a.start - b.start)
  let out = ''
  let at = 0
  for (const edit of ordered) {
    if (edit.start < at) continue
    out += sql.slice(at, edit.start) + edit.text
    at = edit.end
  }
  return out + sql.slice(at)
}
