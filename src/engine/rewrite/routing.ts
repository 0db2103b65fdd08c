/** DuckDB's own functions on remote paths: varve has them under names of its own. */

import { parameterValue } from './constants.ts'
import type { AddEdit, RewriteOptions } from './edits.ts'
import { isRemote } from './paths.ts'
import { closing, type Token } from './tokens.ts'

/** The varve function that stands for one of DuckDB's on remote paths. */
export function routed(name: string, { functions }: Pick<RewriteOptions, 'functions'>): string | undefined {
  const plain = name === 'parquet_scan' ? 'read_parquet' : name.replace(/_auto$/, '')
  const own = `varve_${plain}`
  return functions.has(own) ? own : undefined
}

/** Renames the calls that are varve's. */
export function routeCalls(tokens: readonly Token[], options: RewriteOptions, add: AddEdit): void {
  tokens.forEach((token, i) => {
    if (token.kind === 'word' && isRouted(tokens, i, options))
      add({ start: token.start, end: token.end, text: routed(token.value, options)! })
  })
}

/** Whether the word at `index` is such a call. */
export function isRouted(tokens: readonly Token[], index: number, options: RewriteOptions): boolean {
  if (tokens[index + 1]?.value !== '(' || routed(tokens[index]!.value, options) === undefined) return false
  return isRemoteCall(tokens, index + 1, options)
}

/** Whether the first argument is a remote path, a list with one, or a parameter that holds one. */
export function isRemoteCall(
  tokens: readonly Token[],
  open: number,
  { params }: Pick<RewriteOptions, 'params'>,
): boolean {
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
