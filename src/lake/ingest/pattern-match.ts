/**
 * Matching a path against a pattern's tokens.
 *
 * Not by a regular expression: `{a}-{b}-{c}-{d}.x` is a chain of `[^/]+?`, which takes a backtracking engine n⁴ steps to
 * give up on a name of n hyphens. Here what failed is remembered by token and place, so that it is tried once.
 */

import type { HoleType } from './pattern-types.ts'

export interface Hole {
  readonly kind: 'hole'
  /** Undefined for `{*}` and `{**}`. */
  readonly name: string | undefined
  readonly type: HoleType
  /** Fewest characters. */
  readonly least: 0 | 1
  /** Whether the name comes again further on, and must then stand for the same text. */
  readonly repeats: boolean
}

export type Token =
  | { readonly kind: 'literal'; readonly text: string }
  /** `{**}/` where a part begins: any number of whole parts, each with its slash. */
  | { readonly kind: 'folders' }
  | Hole

/**
 * Most steps for one path; thousands of times what a sensible pattern takes. Names that come again multiply them (what
 * failed for one text may fit for another), so such a path counts as one that does not match.
 */
const MOST_STEPS = 1_000_000

/** The text behind each name when the tokens match the whole path. */
export function matchPath(tokens: readonly Token[], path: string): ReadonlyMap<string, string> | undefined {
  const bound = new Map<string, string>()
  let failed = new Set<number>()
  let steps = 0

  function search(at: number, from: number): boolean {
    const token = tokens[at]
    if (token === undefined) return from === path.length
    const state = at * (path.length + 1) + from
    if (++steps > MOST_STEPS || failed.has(state)) return false
    if (fits(token, at, from)) return true
    failed.add(state)
    return false
  }

  function fits(token: Token, at: number, from: number): boolean {
    if (token.kind === 'hole') return fill(token, at, from)
    if (token.kind === 'literal')
      return path.startsWith(token.text, from) && search(at + 1, from + token.text.length)
    for (let start = from; ; ) {
      if (search(at + 1, start)) return true
      const slash = path.indexOf('/', start)
      if (slash < 0) return false
      start = slash + 1
    }
  }

  function fill(hole: Hole, at: number, from: number): boolean {
    const { name, repeats } = hole
    const known = name === undefined ? undefined : bound.get(name)
    if (known !== undefined) return path.startsWith(known, from) && search(at + 1, from + known.length)
    const failedBefore = failed
    const next = tokens[at + 1]
    for (const end of ends(hole, path, from, next?.kind === 'literal' ? next.text : '')) {
      if (name !== undefined) bound.set(name, path.slice(from, end))
      if (repeats) failed = new Set()
      if (search(at + 1, end)) return true
    }
    failed = failedBefore
    if (name !== undefined) bound.delete(name)
    return false
  }

  return search(0, 0) ? bound : undefined
}

/** Where a hole that begins at `from` and is followed by `literal` may end, the likeliest first. */
function* ends({ type, least }: Hole, path: string, from: number, literal: string): Generator<number> {
  const { stretch, across } = type
  if (stretch !== undefined) {
    stretch.lastIndex = from
    const longest = from + (stretch.exec(path)?.[0].length ?? 0)
    for (let end = longest; end > from; end--) if (type.parse(path.slice(from, end)) !== undefined) yield end
    return
  }
  const slash = across ? -1 : path.indexOf('/', from)
  const last = slash < 0 ? path.length : slash
  for (let end = from + least; end <= last; end++) {
    // Only speed: elsewhere the next token would say no.
    end = path.indexOf(literal, end)
    if (end < 0 || end > last) return
    if (!isInsidePair(path, end)) yield end
  }
}

/** Whether a cut there would part the halves of a surrogate pair. */
function isInsidePair(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xdc00 && (text.charCodeAt(at - 1) & 0xfc00) === 0xd800
}
