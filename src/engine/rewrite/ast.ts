/** Reading what `json_serialize_sql(…, skip_default := true)` says, without trusting its shape. */

export type AstNode = Readonly<Record<string, unknown>>

export function isNode(value: unknown): value is AstNode {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function nodeOf(value: unknown): AstNode | undefined {
  return isNode(value) ? value : undefined
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** The syntax tree of one SELECT statement, `undefined` when the text is anything else. */
export function parseAst(json: string): AstNode | undefined {
  // Integers past 2^53 would lose digits; inside strings the quotes before "value" are escaped.
  const safe = json.replace(/("(?:value|upper|lower)":)(-?\d{16,})([,}])/g, '$1"$2"$3')
  const root = nodeOf(JSON.parse(safe))
  if (root === undefined || root.error !== false) return undefined
  const statements = listOf(root.statements)
  return statements.length === 1 ? nodeOf(nodeOf(statements[0])?.node) : undefined
}

/**
 * Every object of the tree, outer ones first. With a stack of its own: the tree of a UNION of a hundred is a hundred
 * deep, and generators within generators hand each object up through all of them.
 */
export function* walk(value: unknown): Generator<AstNode> {
  const ahead = [value]
  while (ahead.length > 0) {
    const next = ahead.pop()
    if (isNode(next)) yield next
    else if (!Array.isArray(next)) continue
    const inner = Object.values(next)
    for (let i = inner.length - 1; i >= 0; i--) if (typeof inner[i] === 'object') ahead.push(inner[i])
  }
}
