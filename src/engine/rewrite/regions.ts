/** Where queries may stand in a statement that is not a plain query itself. */

import { type AstNode, parseAst } from './ast.ts'
import type { RewriteOptions } from './edits.ts'
import { closing, type Token } from './tokens.ts'

/** A part of the statement, [start, end) in UTF-16 units, that may be a query. */
export interface Region {
  readonly start: number
  readonly end: number
  /** Names in it may mean something else than columns (the parameters of a macro): no constants, no pushdown. */
  readonly opaque: boolean
  /** The values of parameters come later: the statement is a PREPARE. */
  readonly deferred: boolean
  /** The query is kept, to stand in other statements: a view. */
  readonly kept: boolean
}

const QUERY = new Set([
  'select',
  'from',
  'with',
  'values',
  'pivot',
  'unpivot',
  'summarize',
  'describe',
  'table',
])
const TAILS = new Set(['on', 'returning', 'with'])

/** Candidates, larger ones first; those inside a region that parses need not be looked at. */
export function regionsOf(tokens: readonly Token[]): Region[] {
  const first = tokens[0]!
  const end = tokens.at(-1)!.end
  const opaque =
    first.value === 'create' &&
    tokens.some((token) => /^(macro|function)$/.test(token.value) && token.depth === 0)
  const kept = first.value === 'create' && tokens.some((token) => token.value === 'view' && token.depth === 0)
  const common = { opaque, deferred: first.value === 'prepare', kept }
  const regions: Region[] = [{ start: first.start, end, ...common }]
  const body = bodyOf(tokens)
  if (body > 0) {
    const start = tokens[body]!.start
    regions.push({ start, end, ...common })
    // INSERT … ON CONFLICT, … RETURNING, CREATE TABLE AS … WITH NO DATA
    for (let i = tokens.length - 1; i > body; i--) {
      const token = tokens[i]!
      if (token.depth === 0 && token.kind === 'word' && TAILS.has(token.value))
        regions.push({ start, end: tokens[i - 1]!.end, ...common })
    }
  }
  tokens.forEach((token, i) => {
    const next = tokens[i + 1]
    if (token.value !== '(' || token.kind !== 'symbol' || next === undefined) return
    if (next.value !== '(' && !(next.kind === 'word' && QUERY.has(next.value))) return
    const close = closing(tokens, i)
    if (close > i + 1) regions.push({ start: next.start, end: tokens[close - 1]!.end, ...common })
  })
  return regions
}

/** The index of the first token of the query that a statement carries at its end; -1 when it has none. */
function bodyOf(tokens: readonly Token[]): number {
  const first = tokens[0]!.value
  const top = (i: number, ...values: string[]): boolean =>
    tokens[i]!.depth === 0 && tokens[i]!.kind === 'word' && values.includes(tokens[i]!.value)
  if (first === 'explain') {
    let i = 1
    while (i < tokens.length && top(i, 'analyze', 'analyse', 'verbose')) i++
    if (tokens[i]?.value === '(' && !QUERY.has(tokens[i + 1]?.value ?? '')) i = closing(tokens, i) + 1
    if (i <= 0 || i >= tokens.length) return -1
    const inner = bodyOf(tokens.slice(i))
    return inner > 0 ? i + inner : i
  }
  if (first === 'create' || first === 'prepare') {
    const as = tokens.findIndex((_, i) => top(i, 'as'))
    if (as < 0 || as + 1 >= tokens.length) return -1
    return top(as + 1, 'table') && first === 'create' && QUERY.has(tokens[as + 2]?.value ?? '')
      ? as + 2
      : as + 1
  }
  if (first === 'insert' || first === 'replace') {
    return tokens.findIndex(
      (token, i) => i > 1 && token.depth === 0 && token.kind === 'word' && QUERY.has(token.value),
    )
  }
  return -1
}

/** The queries of the statement that DuckDB can parse alone: the whole, or the largest parts. */
export async function* parsedRegions(
  sql: string,
  tokens: readonly Token[],
  options: Pick<RewriteOptions, 'serialize'>,
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
