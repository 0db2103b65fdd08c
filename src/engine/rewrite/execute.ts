/** What EXECUTE gives to the parameters of a prepared statement. */

import type { Constant } from '../../scan/constants.ts'
import { listOf, nodeOf, parseAst, textOf } from './ast.ts'
import { constantOf } from './constants.ts'
import type { RewriteOptions } from './edits.ts'
import { closing, tokenize } from './tokens.ts'

/** The constants by the names of the parameters: `1`, `2`, … or their own. Empty for any other statement. */
export async function executedWith(
  sql: string,
  serialize: RewriteOptions['serialize'],
): Promise<ReadonlyMap<string, Constant>> {
  const values = new Map<string, Constant>()
  if (!/\bexecute\b/i.test(sql)) return values
  const tokens = tokenize(sql)
  const word = tokens.findIndex(({ value, depth }) => value === 'execute' && depth === 0)
  const before = tokens.slice(0, word).every(({ value }) => /^(explain|analyze|analyse)$/.test(value))
  const open = word + 2
  if (word < 0 || !before || tokens[open]?.value !== '(') return values
  const close = closing(tokens, open)
  if (close < 0 || close === open + 1) return values
  const json = await serialize(`select f${sql.slice(tokens[open]!.start, tokens[close]!.end)}`)
  const ast = json === undefined ? undefined : parseAst(json)
  const call = nodeOf(listOf(ast?.select_list)[0])
  for (const [i, argument] of listOf(call?.children).map(nodeOf).entries()) {
    const value = constantOf(argument, undefined)
    // NULL makes no comparison true; what a scan is not told it does not prune by.
    if (value != null) values.set(textOf(argument?.alias) || `${i + 1}`, value)
  }
  return values
}
