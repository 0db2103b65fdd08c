/** Cuts a script into statements and dot commands, as far as it goes; what is not ended yet is the rest. */

export type ScriptItem =
  | { readonly kind: 'statement'; readonly text: string }
  /** `.mode csv`: a line of its own that starts with a dot, between statements. */
  | { readonly kind: 'command'; readonly text: string }

/** What an unfinished statement is in the middle of. */
export type OpenPart = 'statement' | 'string' | 'identifier' | 'comment' | 'dollar'

export interface Script {
  readonly items: readonly ScriptItem[]
  /** The text after the last item; '' or blank when nothing is begun. */
  readonly rest: string
  /** Why `rest` is no item: undefined when it is blank or comments only. */
  readonly open: OpenPart | undefined
}

/** With `final` the text is all there is: a last statement needs no `;`. */
export function splitScript(text: string, final: boolean): Script {
  const items: ScriptItem[] = []
  let start = 0
  let begun = false
  let at = 0
  while (at < text.length) {
    if (!begun && text[at] === '.' && /(^|\n)\s*$/.test(text.slice(start, at))) {
      const end = endOfLine(text, at)
      items.push({ kind: 'command', text: text.slice(at, end).trim() })
      at = start = end
      continue
    }
    const token = nextToken(text, at)
    if (token.open !== undefined) {
      if (token.open === 'comment' && !begun) return finish(items, '', undefined)
      return final
        ? finish([...items, { kind: 'statement', text: text.slice(start).trim() }], '', undefined)
        : finish(items, text.slice(start), token.open)
    }
    if (token.kind === 'semicolon') {
      if (begun) items.push({ kind: 'statement', text: text.slice(start, token.end).trim() })
      start = token.end
      begun = false
    } else if (token.kind === 'word') begun = true
    at = token.end
  }
  if (!begun) return finish(items, final ? '' : text.slice(start), undefined)
  if (final) return finish([...items, { kind: 'statement', text: text.slice(start).trim() }], '', undefined)
  return finish(items, text.slice(start), 'statement')
}

const finish = (items: readonly ScriptItem[], rest: string, open: OpenPart | undefined): Script => ({
  items,
  rest,
  open,
})

/** The names of `$name` parameters (and `1` for `$1`) in a statement; those in strings and comments do not count. */
export function parameterNames(statement: string): Set<string> {
  const names = new Set<string>()
  for (let at = 0; at < statement.length; ) {
    const token = nextToken(statement, at)
    const name = /^\$(\w+)$/.exec(statement.slice(at, token.end))?.[1]
    if (name !== undefined) names.add(name)
    at = token.end
  }
  return names
}

interface Token {
  readonly kind: 'space' | 'comment' | 'semicolon' | 'word'
  readonly end: number
  /** The token does not end in this text. */
  readonly open?: OpenPart
}

const QUOTED_WITH_ESCAPES = /[eE]'(?:[^'\\]|\\[\s\S]|'')*('|$)/y
const STRING = /'(?:[^']|'')*('|$)/y
const IDENTIFIER = /"(?:[^"]|"")*("|$)/y
const DOLLAR_TAG = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y
const LINE_COMMENT = /--[^\n]*/y
const SPACE = /\s+/y
const WORD = /[\w\u0080-\uffff][\w$\u0080-\uffff]*|\$\w+/y

/** DuckDB's lexer is PostgreSQL's: https://www.postgresql.org/docs/current/sql-syntax-lexical.html */
function nextToken(text: string, at: number): Token {
  const space = match(SPACE, text, at)
  if (space !== undefined) return { kind: 'space', end: at + space[0].length }
  const line = match(LINE_COMMENT, text, at)
  if (line !== undefined) return { kind: 'comment', end: at + line[0].length }
  if (text.startsWith('/*', at)) return blockComment(text, at)
  if (text[at] === ';') return { kind: 'semicolon', end: at + 1 }
  const string = match(QUOTED_WITH_ESCAPES, text, at) ?? match(STRING, text, at)
  if (string !== undefined) return closed(at + string[0].length, string[1], 'string')
  const identifier = match(IDENTIFIER, text, at)
  if (identifier !== undefined) return closed(at + identifier[0].length, identifier[1], 'identifier')
  const tag = match(DOLLAR_TAG, text, at)?.[0]
  if (tag !== undefined) {
    const end = text.indexOf(tag, at + tag.length)
    return end < 0
      ? { kind: 'word', end: text.length, open: 'dollar' }
      : { kind: 'word', end: end + tag.length }
  }
  const word = match(WORD, text, at)
  return { kind: 'word', end: at + (word?.[0].length ?? 1) }
}

const closed = (end: number, mark: string | undefined, open: OpenPart): Token =>
  mark === '' ? { kind: 'word', end, open } : { kind: 'word', end }

/** Block comments nest. */
function blockComment(text: string, at: number): Token {
  let depth = 0
  for (const mark of text.slice(at).matchAll(/\/\*|\*\//g)) {
    depth += mark[0] === '/*' ? 1 : -1
    if (depth === 0) return { kind: 'comment', end: at + mark.index + 2 }
  }
  return { kind: 'comment', end: text.length, open: 'comment' }
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at
  return pattern.exec(text) ?? undefined
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end < 0 ? text.length : end + 1
}
