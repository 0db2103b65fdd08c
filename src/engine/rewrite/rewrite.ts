/**
 * Makes a statement ready for DuckDB: paths become calls of varve's table functions, DuckDB's functions on remote
 * paths become varve's, and what the WHERE says about a scan goes along as a hidden argument (the WHERE stays).
 *
 * The syntax tree comes from DuckDB's own parser; what changes is the text, at the places the tree names, so
 * that everything that is not understood stays exactly as it was written. Rejected: printing the changed tree
 * with `json_deserialize_sql`, which would put every query through a printer that is not used otherwise.
 */

import type { RawPredicate } from '../constants.ts'
import { type AstNode, isNode, listOf, nodeOf, parseAst, textOf, walk } from './ast.ts'
import { leavesOf, predicatesOf } from './conjuncts.ts'
import {
  type AddEdit,
  aliasOf,
  apply,
  BARE,
  callOf,
  type Edit,
  hiddenArgument,
  type RewriteOptions,
} from './edits.ts'
import { replaceAfterKeywords } from './keyword-paths.ts'
import { nameOptional } from './optional.ts'
import { defaultAlias } from './paths.ts'
import { type Region, regionsOf } from './regions.ts'
import { isRemoteCall, isRouted, routeCalls, routed } from './routing.ts'
import { closing, type Token, tokenize } from './tokens.ts'

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
  nameOptional(tokens, options, add)
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

function rewriteTree(ast: AstNode, located: Located, options: RewriteOptions, add: AddEdit): void {
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

function replacePath(
  node: AstNode,
  predicates: readonly RawPredicate[],
  { tokens, indexAt }: Located,
  options: RewriteOptions,
  add: AddEdit,
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

function passPredicates(
  node: AstNode,
  predicates: readonly RawPredicate[],
  { tokens, indexAt }: Located,
  options: RewriteOptions,
  add: AddEdit,
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
