/**
 * Makes a statement ready for DuckDB: paths become calls of varve's table functions, DuckDB's functions on remote
 * paths become varve's, and what the WHERE says about a scan goes along as a hidden argument (the WHERE stays).
 *
 * The syntax tree comes from DuckDB's own parser; what changes is the text, at the places the tree names, so
 * that everything that is not understood stays exactly as it was written. Rejected: printing the changed tree
 * with `json_deserialize_sql`, which would put every query through a printer that is not used otherwise.
 */

import type { Hidden } from '../hidden.ts'
import { type AstNode, nodeOf, textOf, walk } from './ast.ts'
import { DEFERRED, type Params } from './constants.ts'
import { countedIn } from './counts.ts'
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
import { type Located, place } from './place.ts'
import { pushedInto } from './pushed.ts'
import { parsedRegions, type Region } from './regions.ts'
import { quoteReservedNames } from './reserved-names.ts'
import { isRemoteCall, isRouted, routeCalls, routed } from './routing.ts'
import { resolveCtes } from './scopes.ts'
import { closing, type Token, tokenize } from './tokens.ts'
import type { Tree } from './trace.ts'
import { namedAs, unnest, unnestedIn, type Wrap } from './unnested.ts'
import { usesOf } from './uses.ts'
import { inlineViews } from './views.ts'

/** The statement as DuckDB shall run it; the same text when nothing in it concerns varve. */
export async function rewriteStatement(given: string, options: RewriteOptions): Promise<string> {
  if (given.includes('\0')) return given
  const sql = quoteReservedNames(given)
  const tokens = tokenize(sql)
  const inlined = await inlineViews(sql, tokens, options)
  if (inlined !== undefined) {
    const { text, pushed } = await rewriteTokens(inlined, tokenize(inlined), options)
    // A view is looked into only where that spares something.
    if (pushed || options.explain === true) return text
  }
  return concerns(tokens, options) ? (await rewriteTokens(sql, tokens, options)).text : sql
}

async function rewriteTokens(
  sql: string,
  tokens: readonly Token[],
  options: RewriteOptions,
): Promise<{ text: string; pushed: boolean }> {
  const edits = new Map<number, Edit>()
  const add = (edit: Edit): void => {
    if (!edits.has(edit.start)) edits.set(edit.start, edit)
  }
  // Around what other edits change.
  const openings: Edit[] = []
  const closings: Edit[] = []
  const around: Around = (start, end, before, after) => {
    openings.push({ start, end: start, text: before })
    closings.push({ start: end, end, text: after })
  }
  routeCalls(tokens, options, add)
  nameOptional(tokens, options, add)
  const isExplained = options.explain === true || tokens[0]?.value === 'explain'
  const parsed: Region[] = []
  let last = 0
  let pushed = false
  for await (const { region, ast } of parsedRegions(sql, tokens, options)) {
    parsed.push(region)
    // `?` is numbered from the region's start, where the tree was made.
    const shifted = tokens.some((token) => token.value === '?' && token.start < region.start)
    const params = region.opaque || shifted ? undefined : region.deferred ? DEFERRED : options.params
    const pushdown = options.pushdown && !region.opaque
    const nextNumber = region.kept ? undefined : () => ++last
    // What is kept, or shown as a plan, stays as it was written.
    const unnest = pushdown && options.unnest === true && !region.kept && !region.deferred && !isExplained
    const telling: TreeOptions = { ...options, params, pushdown, nextNumber, unnest, around }
    pushed = rewriteTree(ast, place(sql, tokens, region), telling, add) || pushed
  }
  replaceAfterKeywords(tokens, parsed, options, add)
  return { text: apply(sql, [...openings, ...edits.values(), ...closings]), pushed }
}

function concerns(tokens: readonly Token[], options: RewriteOptions): boolean {
  return tokens.some((token, i) => {
    if (token.kind === 'word') return options.functions.has(token.value) || isRouted(tokens, i, options)
    if (token.kind === 'identifier')
      return options.functions.has(token.value.toLowerCase()) || options.claims(token.value)
    return token.kind === 'string' && options.claims(token.value)
  })
}

/** Puts text before and after [start, end). */
type Around = (start: number, end: number, before: string, after: string) => void

type TreeOptions = Omit<RewriteOptions, 'params'> & {
  readonly params: Params
  readonly nextNumber: (() => number) | undefined
  readonly around: Around
}

/** Whether anything was pushed. */
function rewriteTree(ast: AstNode, located: Located, options: TreeOptions, add: AddEdit): boolean {
  const ctes = resolveCtes(ast)
  const isScan = (node: AstNode): boolean =>
    node.type === 'BASE_TABLE'
      ? !ctes.has(node) && isPath(node, options)
      : node.type === 'TABLE_FUNCTION' && isCall(node, options)
  const tree: Tree = { ctes, isScan, nameOf: relationName }
  const told = options.pushdown ? pushedInto(ast, tree, options) : new Map<AstNode, Hidden>()
  const counted = options.pushdown ? countedIn(ast) : new Set<AstNode>()
  const uses = options.pushdown ? usesOf(ast, relationName) : undefined
  const unnested =
    options.unnest === true ? unnestedIn(ast, isScan, relationName) : new Map<AstNode, string[]>()
  for (const node of walk(ast)) {
    if (!isScan(node)) continue
    const names = unnested.get(node)
    const more = {
      ...(uses && { uses }),
      ...(counted.has(node) && { counted: true as const }),
      ...(names && { inLists: true as const }),
    }
    const known =
      Object.keys(more).length === 0 ? told.get(node) : { predicates: [], ...told.get(node), ...more }
    const hidden = options.explain === true ? explained(known, options.nextNumber) : known
    const wrap = names && unnest(names)
    if (node.type === 'BASE_TABLE') replacePath(node, hidden, wrap, located, add)
    else if (hidden !== undefined) tell(node, hidden, wrap, located, options, add)
  }
  return told.size > 0
}

function explained(hidden: Hidden | undefined, nextNumber: TreeOptions['nextNumber']): Hidden | undefined {
  const scan = hidden?.scan ?? nextNumber?.()
  return scan === undefined ? hidden : { predicates: [], ...hidden, scan, explain: true }
}

/** `FROM 'path'`, where varve is to read it. */
function isPath(node: AstNode, { claims }: Pick<RewriteOptions, 'claims'>): boolean {
  const qualified = textOf(node.schema_name) !== '' || textOf(node.catalog_name) !== ''
  return !qualified && nodeOf(node.at_clause) === undefined && claims(textOf(node.table_name))
}

/** A call of one of varve's functions, or of one that may be routed to it. */
function isCall(node: AstNode, options: Pick<RewriteOptions, 'functions'>): boolean {
  const name = functionName(node)
  return options.functions.has(name) || routed(name, options) !== undefined
}

function functionName(node: AstNode): string {
  return textOf(nodeOf(node.function)?.function_name).toLowerCase()
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
  hidden: Hidden | undefined,
  wrap: Wrap | undefined,
  { tokens, indexAt }: Located,
  add: AddEdit,
): void {
  const path = textOf(node.table_name)
  const index = indexAt(node.query_location)
  if (index === undefined) return
  const token = tokens[index]!
  if ((token.kind !== 'string' && token.kind !== 'identifier') || token.value !== path) return
  const before = tokens[index - 1]
  const bare = before?.kind === 'word' && BARE.has(before.value) ? before : undefined
  const alias = textOf(node.alias) === '' && bare === undefined ? aliasOf(path) : ''
  const start = bare?.value === 'table' ? bare.start : token.start
  const call = callOf(path, hidden)
  const relation = wrap === undefined ? call : `${wrap.before}${call}${wrap.after}`
  const text = `${bare === undefined ? '' : 'from '}${relation}${alias}`
  add({ start, end: token.end, text })
}

/** Tokens of a function's name and of those that qualify it. */
const MOST_BEFORE_CALL = 5

function tell(
  node: AstNode,
  hidden: Hidden,
  wrap: Wrap | undefined,
  { tokens, indexAt }: Located,
  options: TreeOptions,
  add: AddEdit,
): void {
  const name = functionName(node)
  const first = indexAt(node.query_location)
  if (first === undefined) return
  // The place is that of `main` in `main.read_fastq(…)`.
  const near = tokens.slice(first + 1, first + 1 + MOST_BEFORE_CALL)
  const open = first + 1 + near.findIndex((token) => token.value === '(' && token.kind === 'symbol')
  const called = tokens[open - 1]
  if (open === first || called?.value.toLowerCase() !== name) return
  const params = options.params === DEFERRED ? undefined : options.params
  if (!options.functions.has(name) && !isRemoteCall(tokens, open, { params })) return
  const close = closing(tokens, open)
  if (close < 0) return
  const at = tokens[close]!.start
  add({ start: at, end: at, text: `${close === open + 1 ? '' : ', '}${hiddenArgument(hidden)}` })
  if (wrap === undefined) return
  const alias = textOf(node.alias) === '' ? namedAs(called.value) : ''
  options.around(tokens[first]!.start, tokens[close]!.end, wrap.before, `${wrap.after}${alias}`)
}
