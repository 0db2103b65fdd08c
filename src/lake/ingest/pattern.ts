/**
 * Metadata from paths: `{experiment}/{camera_id}/{*}-{frame_number:int}.{ext}` is a path with holes.
 *
 * | hole | stands for |
 * |---|---|
 * | `{name}`, `{name:text}` | one character or more within a part of the path, as few as will do |
 * | `{name:int}`, `float`, `date`, `bool` | a value of this type, as long as will do |
 * | `{name:path}` | as text, but across parts |
 * | `{*}` | anything within a part, also nothing |
 * | `{**}` | anything across parts; `{**}/` where a part begins also no folder at all |
 *
 * Everything else stands for itself; `{{` and `}}` are braces.
 */

import { VarveError } from '../../errors.ts'
import type { Field } from '../../formats/batch.ts'
import type { Row, Value } from '../types.ts'
import { type Hole, matchPath, type Token } from './pattern-match.ts'
import { HOLE_TYPES, type HoleType } from './pattern-types.ts'

export interface Pattern {
  /** One for each name, in the order of the pattern. */
  readonly columns: readonly Field[]
  /** The columns' values when the pattern matches the whole path; texts are in Unicode's form NFC. */
  match(path: string): Row | undefined
}

/** Columns that `files` has of its own (DESIGN §12), those of the files' heads and of `add` among them. */
const TAKEN = new Set([
  ...['path', 'bytes', 'sha256', 'etag', 'uri', 'media_type', 'format', 'tier', 'asset_id', 'modified_at'],
  ...['image', 'exif', 'dicom', 'nifti', 'video', 'sequencing', 'points', 'raster'],
  ...['head_error', 'origin', 'derived_from'],
])

/** Columns of `files` that come from the path as well: a pattern may say where they are, and makes none. */
const MATCHED_ONLY = new Set(['name', 'ext'])

const LONGEST_PATTERN = 1024

type Column = { readonly name: string; readonly type: HoleType }

/**
 * Reads a pattern; `invalid-input`, with the place, for one that cannot be.
 *
 * @example compilePattern('{sample}_R{read:int}.fastq.gz').match('S1_R2.fastq.gz') // { sample: 'S1', read: 2n }
 */
export function compilePattern(pattern: string): Pattern {
  const tokens = tokensOf(pattern.normalize('NFC'))
  const columns = columnsOf(tokens)
  return {
    columns: columns.map(({ name, type }) => ({ name, type: type.column })),
    match(path) {
      const found = matchPath(tokens, path.normalize('NFC'))
      if (found === undefined) return undefined
      const row: Record<string, Value> = {}
      for (const { name, type } of columns) row[name] = type.parse(found.get(name)!)!
      return row
    },
  }
}

function columnsOf(tokens: readonly Token[]): readonly Column[] {
  const types = new Map<string, HoleType>()
  for (const token of tokens) {
    if (token.kind !== 'hole' || token.name === undefined || MATCHED_ONLY.has(token.name)) continue
    if (!types.has(token.name)) types.set(token.name, token.type)
  }
  return [...types].map(([name, type]) => ({ name, type }))
}

function tokensOf(pattern: string): Token[] {
  if (pattern === '') throw wrong(pattern, 'is empty')
  if (pattern.length > LONGEST_PATTERN) throw wrong(pattern, `is longer than ${LONGEST_PATTERN} characters`)
  if (pattern.startsWith('/')) throw wrong(pattern, 'begins with "/", which no path in a dataset does')
  const tokens: Token[] = []
  const names = new Map<string, Hole & { name: string }>()
  let literal = ''
  const endLiteral = (): void => {
    if (literal !== '') tokens.push({ kind: 'literal', text: literal })
    literal = ''
  }
  for (const { 0: piece, index, groups } of pattern.matchAll(
    /\{\{|\}\}|\{\*\*\}\/|\{(?<hole>[^{}]*)\}|[^{}]+|[{}]/g,
  )) {
    const place = `${JSON.stringify(piece)} at character ${index + 1}`
    const startsPart = index === 0 || pattern[index - 1] === '/'
    if (piece === '{**}/' && startsPart) {
      endLiteral()
      tokens.push({ kind: 'folders' })
    } else if (groups?.hole !== undefined || piece === '{**}/') {
      endLiteral()
      const hole = holeOf(groups?.hole ?? '**', names, (problem) =>
        wrong(pattern, `has ${place}, ${problem}`),
      )
      tokens.push(hole)
      if (piece === '{**}/') literal = '/'
    } else if (piece === '{' || piece === '}') {
      throw wrong(pattern, `has ${place} alone, expected {name}, or ${piece}${piece} for the brace itself`)
    } else {
      literal += piece === '{{' || piece === '}}' ? piece[0] : piece
    }
  }
  endLiteral()
  return tokens.map((token, at) =>
    token.kind === 'hole' ? { ...token, repeats: comesAgain(tokens, at) } : token,
  )
}

function comesAgain(tokens: readonly Token[], at: number): boolean {
  const { name } = tokens[at] as Hole
  if (name === undefined) return false
  return tokens.some((token, i) => i > at && token.kind === 'hole' && token.name === name)
}

function holeOf(
  text: string,
  names: Map<string, Hole & { name: string }>,
  fail: (problem: string) => VarveError,
): Hole {
  if (text === '*' || text === '**') {
    const type = HOLE_TYPES[text === '*' ? 'text' : 'path']!
    return { kind: 'hole', name: undefined, type, least: 0, repeats: false }
  }
  const parts = /^([\p{L}_][\p{L}\p{M}\p{N}_]*)(?::(.*))?$/u.exec(text)
  const name = parts?.[1]
  if (name === undefined) throw fail('expected {name}, {name:type}, {*} or {**}')
  const kind = parts?.[2] ?? 'text'
  if (!Object.hasOwn(HOLE_TYPES, kind))
    throw fail(`whose type is none of ${Object.keys(HOLE_TYPES).join(', ')}`)
  // SQL does not tell columns apart by case.
  const lower = name.toLowerCase()
  if (TAKEN.has(lower) || (MATCHED_ONLY.has(lower) && name !== lower))
    throw fail(`but "${lower}" is a column that every dataset has; expected another name`)
  const type = HOLE_TYPES[kind]!
  const before = names.get(lower)
  if (before !== undefined && before.name !== name)
    throw fail(`but SQL does not tell it from "${before.name}"; expected another name`)
  if (before !== undefined && before.type !== type) throw fail('which had another type before')
  const hole = { kind: 'hole', name, type, least: 1, repeats: false } as const
  names.set(lower, hole)
  return hole
}

function wrong(pattern: string, problem: string): VarveError {
  const shown = pattern.length > 200 ? `${pattern.slice(0, 200)}…` : pattern
  return new VarveError('invalid-input', `the pattern ${JSON.stringify(shown)} ${problem}`, {
    pattern: shown,
  })
}
