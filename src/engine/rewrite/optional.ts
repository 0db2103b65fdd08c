/**
 * `diff(a, b, 'table')`: DuckDB's table functions have as many positional arguments as they have, so one that may be
 * left out is a named one, and gets its name here.
 */

import type { AddEdit, RewriteOptions } from './edits.ts'
import { closing, type Token } from './tokens.ts'

/** Names the arguments that follow the positional ones of a call. */
export function nameOptional(tokens: readonly Token[], { optional }: RewriteOptions, add: AddEdit): void {
  if (optional === undefined) return
  tokens.forEach((token, i) => {
    const signature = token.kind === 'word' ? optional.get(token.value) : undefined
    const next = tokens[i + 1]
    if (signature === undefined || next?.kind !== 'symbol' || next.value !== '(') return
    const close = closing(tokens, i + 1)
    if (close < 0) return
    const behind = argumentsOf(tokens, i + 1, close).slice(signature.positional)
    // DuckDB says best what it expects instead.
    if (behind.length > signature.names.length) return
    for (const [k, first] of behind.entries()) {
      const name = signature.names[k]!
      if (isNamed(tokens, first)) return
      const { start } = tokens[first]!
      add({ start, end: start, text: `${name} := ` })
    }
  })
}

/** The index of each argument's first token. */
function argumentsOf(tokens: readonly Token[], open: number, close: number): number[] {
  if (close === open + 1) return []
  const inside = tokens[open]!.depth + 1
  const starts = [open + 1]
  for (let i = open + 1; i < close - 1; i++) {
    const { kind, value, depth } = tokens[i]!
    if (kind === 'symbol' && value === ',' && depth === inside) starts.push(i + 1)
  }
  return starts
}

/** `name := value` or `name => value`. */
function isNamed(tokens: readonly Token[], first: number): boolean {
  const [a, b] = [tokens[first + 1]?.value, tokens[first + 2]?.value]
  return (a === ':' && b === '=') || (a === '=' && b === '>')
}
