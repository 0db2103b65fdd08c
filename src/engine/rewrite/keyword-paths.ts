/** Paths in statements that have no syntax tree. */

import { type AddEdit, aliasOf, BARE, callOf, type RewriteOptions } from './edits.ts'
import type { Region } from './regions.ts'
import type { Token } from './tokens.ts'

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
export function replaceAfterKeywords(
  tokens: readonly Token[],
  parsed: readonly Region[],
  options: RewriteOptions,
  add: AddEdit,
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
      text: `${bare ? 'from ' : ''}${callOf(token.value, undefined)}${alias}`,
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
