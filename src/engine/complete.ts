/** Completion: DuckDB's own suggestions and varve's table functions. */

import type { TableFunction } from '../scan/types.ts'
import type { Suggestion } from './protocol.ts'

/** Suggestions for the end of `text`; `start` is where the suggested text begins to replace it. */
export function completeText(
  text: string,
  suggestions: readonly Suggestion[],
  functions: readonly TableFunction[],
): Suggestion[] {
  const word = /[A-Za-z_][A-Za-z0-9_]*$/.exec(text)?.[0].toLowerCase() ?? ''
  const start = text.length - word.length
  // After a word that must be followed by a relation, everything fits.
  const open = word === '' && /\b(from|join|call)\s+$/i.test(text)
  const own = functions
    .filter(({ name }) => open || (word !== '' && name.startsWith(word)))
    .map(({ name }) => ({ text: name, start }))
  const known = new Set(own.map((suggestion) => suggestion.text))
  return [...own, ...suggestions.filter((suggestion) => !known.has(suggestion.text.trim()))]
}
