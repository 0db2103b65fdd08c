/**
 * Views that stand in a FROM, as the subqueries that they are: so a WHERE outside of one reaches the scans in it. Their
 * texts are DuckDB's own, which it reads back itself when it opens a database.
 */

import { HIDDEN } from '../protocol.ts'
import { quoteIdentifier } from '../quote.ts'
import { type AstNode, listOf, nodeOf, parseAst, textOf, walk } from './ast.ts'
import { apply, BARE, type Edit, type RewriteOptions } from './edits.ts'
import { place } from './place.ts'
import { parsedRegions } from './regions.ts'
import { resolveCtes } from './scopes.ts'
import { closing, type Token, tokenize } from './tokens.ts'

/** Views in views in views. */
const DEPTH = 8

/** The statement with its views as subqueries; undefined where it has none. */
export async function inlineViews(
  sql: string,
  tokens: readonly Token[],
  options: RewriteOptions,
): Promise<string | undefined> {
  if (!options.pushdown || options.viewOf === undefined) return undefined
  let text: string | undefined
  for (let depth = 0; depth < DEPTH; depth++) {
    const next = await inlineOnce(text ?? sql, text === undefined ? tokens : tokenize(text), options)
    if (next === undefined) break
    text = next
  }
  return text
}

async function inlineOnce(
  sql: string,
  tokens: readonly Token[],
  options: RewriteOptions,
): Promise<string | undefined> {
  const mayBe = (token: Token): boolean =>
    isName(token) && options.views?.has(token.value.toLowerCase()) === true
  if (!tokens.some(mayBe)) return undefined
  const edits: Edit[] = []
  for await (const { region, ast } of parsedRegions(sql, tokens, options)) {
    // What is kept is to mean the view, whatever it will be then.
    if (region.opaque || region.kept || region.deferred) continue
    const { indexAt } = place(sql, tokens, region)
    const ctes = resolveCtes(ast)
    const cteNames = new Set(namesOfCtes(ast))
    for (const node of walk(ast)) {
      if (node.type !== 'BASE_TABLE' || ctes.has(node) || isQualified(node)) continue
      const index = indexAt(node.query_location)
      const token = index === undefined ? undefined : tokens[index]
      if (token === undefined || !mayBe(token) || BARE.has(tokens[index! - 1]?.value ?? '')) continue
      if (token.value.toLowerCase() !== textOf(node.table_name).toLowerCase()) continue
      const query = await queryOfView(token.value, cteNames, options)
      if (query === undefined) continue
      const alias = textOf(node.alias) === '' ? ` as ${quoteIdentifier(textOf(node.table_name))}` : ''
      edits.push({ start: token.start, end: token.end, text: `(${query})${alias}` })
    }
  }
  return edits.length === 0 ? undefined : apply(sql, edits)
}

function isName({ kind }: Token): boolean {
  return kind === 'word' || kind === 'identifier'
}

function isQualified(node: AstNode): boolean {
  return (
    textOf(node.schema_name) !== '' ||
    textOf(node.catalog_name) !== '' ||
    nodeOf(node.at_clause) !== undefined
  )
}

function* namesOfCtes(ast: AstNode): Generator<string> {
  for (const node of walk(ast))
    for (const entry of listOf(nodeOf(node.cte_map)?.map)) yield textOf(nodeOf(entry)?.key).toLowerCase()
}

/** The view's query, unless a name in it would mean a CTE of the statement. */
async function queryOfView(
  name: string,
  cteNames: ReadonlySet<string>,
  { viewOf, serialize }: RewriteOptions,
): Promise<string | undefined> {
  const definition = await viewOf!(name)
  const query = definition === undefined ? undefined : queryOf(definition)
  if (query === undefined || cteNames.size === 0) return query
  const json = await serialize(query)
  const ast = json === undefined ? undefined : parseAst(json)
  if (ast === undefined) return undefined
  for (const node of walk(ast))
    if (node.type === 'BASE_TABLE' && cteNames.has(textOf(node.table_name).toLowerCase())) return undefined
  return query
}

/** The query of `CREATE VIEW name (a, b) AS query;`, with these names for its columns. */
export function queryOf(definition: string): string | undefined {
  const tokens = tokenize(definition)
  const as = tokens.findIndex(({ kind, value, depth }) => kind === 'word' && value === 'as' && depth === 0)
  const last = tokens.at(-1)
  if (as < 1 || last === undefined || as + 1 >= tokens.length) return undefined
  // Nothing before the query is changed, so its place stays.
  const text = apply(definition, hiddenArguments(tokens)).slice(tokens[as + 1]!.start)
  const query = last.value === ';' ? text.slice(0, text.lastIndexOf(';')) : text
  const before = tokens[as - 1]!
  if (before.value !== ')') return query
  const open = tokens.findIndex((token, i) => token.value === '(' && closing(tokens, i) === as - 1)
  if (open < 0) return undefined
  return `select * from (${query}) as columns${definition.slice(tokens[open]!.start, before.end)}`
}

/** What a rewrite told the scans of the view when it was made: they will be told anew. */
function hiddenArguments(tokens: readonly Token[]): Edit[] {
  return tokens.flatMap((token, i) => {
    if (!isName(token) || token.value !== HIDDEN || tokens[i + 3]?.kind !== 'string') return []
    const before = tokens[i - 1]
    const start = before?.value === ',' ? before.start : token.start
    return [{ start, end: tokens[i + 3]!.end, text: '' }]
  })
}
