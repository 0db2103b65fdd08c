/** Just enough of SQL's lexical rules to find statements, names and strings in a text without a parser. */

export type TokenKind = 'word' | 'identifier' | 'string' | 'number' | 'parameter' | 'symbol'

export interface Token {
  readonly kind: TokenKind
  /** Position in the text, in UTF-16 units: [start, end). */
  readonly start: number
  readonly end: number
  /** Words in lower case; quoted identifiers and strings without quotes and escapes; others as written. */
  readonly value: string
  /** Open parentheses around the token; a parenthesis itself counts as outside. */
  readonly depth: number
}

const SPACE = /\s/
const WORD_START = /[A-Za-z_\u0080-\uffff]/
const WORD = /[A-Za-z0-9_$\u0080-\uffff]*/y
const NUMBER = /[0-9][0-9_]*(\.[0-9_]*)?([eE][+-]?[0-9]+)?|\.[0-9_]+([eE][+-]?[0-9]+)?/y
const DOLLAR_TAG = /\$([A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y
const PARAMETER = /\$[A-Za-z0-9_\u0080-\uffff]+|\?[0-9]*/y

/**
 * The tokens of a text: strings `'…'`, `E'…'`, `$$…$$` and `$tag$…$tag$`, identifiers `"…"`, `$1` and `?`; comments
 * (`--`, nested `/* *\/`) and white space are skipped. A string that does not end reaches to the end of the text.
 */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  let depth = 0
  let at = 0
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    return pattern.exec(text)?.[0]
  }
  const push = (kind: TokenKind, end: number, value: string): void => {
    tokens.push({ kind, start: at, end, value, depth })
    at = end
  }
  while (at < text.length) {
    const c = text[at]!
    if (SPACE.test(c)) at++
    else if (text.startsWith('--', at)) at = endOfLine(text, at)
    else if (text.startsWith('/*', at)) at = endOfComment(text, at)
    else if (c === "'") push('string', ...quoted(text, at, "'", false))
    else if ((c === 'e' || c === 'E') && text[at + 1] === "'")
      push('string', ...quoted(text, at + 1, "'", true))
    else if (c === '"') push('identifier', ...quoted(text, at, '"', false))
    else if (c === '$' && match(DOLLAR_TAG) !== undefined) {
      const tag = match(DOLLAR_TAG)!
      const end = text.indexOf(tag, at + tag.length)
      const stop = end < 0 ? text.length : end
      push('string', Math.min(text.length, stop + tag.length), text.slice(at + tag.length, stop))
    } else if ((c === '$' || c === '?') && match(PARAMETER) !== undefined) {
      const name = match(PARAMETER)!
      push('parameter', at + name.length, name)
    } else if (WORD_START.test(c)) {
      const word = match(WORD)!
      push('word', at + word.length, word.toLowerCase())
    } else if (match(NUMBER) !== undefined) {
      const number = match(NUMBER)!
      push('number', at + number.length, number)
    } else if (c === '(' || c === '[' || c === '{') {
      push('symbol', at + 1, c)
      depth++
    } else if (c === ')' || c === ']' || c === '}') {
      depth = Math.max(0, depth - 1)
      push('symbol', at + 1, c)
    } else push('symbol', at + 1, c)
  }
  return tokens
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end < 0 ? text.length : end + 1
}

function endOfComment(text: string, at: number): number {
  let open = 1
  let i = at + 2
  while (i < text.length && open > 0) {
    if (text.startsWith('*/', i)) open--
    else if (text.startsWith('/*', i)) open++
    else {
      i++
      continue
    }
    i += 2
  }
  return i
}

/** End and value of what stands in quotes from `at` on; a doubled quote is one, with `escapes` `\x` is x. */
function quoted(text: string, at: number, quote: string, escapes: boolean): [end: number, value: string] {
  let value = ''
  let i = at + 1
  while (i < text.length) {
    const c = text[i]!
    if (c === quote) {
      if (text[i + 1] !== quote) return [i + 1, value]
      value += quote
      i += 2
    } else if (escapes && c === '\\') {
      value += text[i + 1] ?? ''
      i += 2
    } else {
      value += c
      i++
    }
  }
  return [text.length, value]
}

/** The statements of a text, without their semicolons; those without a token are left out. */
export function splitStatements(text: string): string[] {
  const statements: string[] = []
  let first: Token | undefined
  let last: Token | undefined
  const flush = (): void => {
    if (first !== undefined && last !== undefined) statements.push(text.slice(first.start, last.end))
    first = undefined
  }
  for (const token of tokenize(text)) {
    if (token.kind === 'symbol' && token.value === ';') flush()
    else {
      first ??= token
      last = token
    }
  }
  flush()
  return statements
}

/** Whether a text ends a statement: its last token is a semicolon outside of strings and comments. */
export function endsStatement(text: string): boolean {
  const last = tokenize(text).at(-1)
  return last?.kind === 'symbol' && last.value === ';'
}

/** The index of the parenthesis that closes the one at `open`; -1 when none does. */
export function closing(tokens: readonly Token[], open: number): number {
  const { depth } = tokens[open]!
  for (let i = open + 1; i < tokens.length; i++) {
    if (tokens[i]!.depth === depth && tokens[i]!.kind === 'symbol' && /[)\]}]/.test(tokens[i]!.value))
      return i
  }
  return -1
}
