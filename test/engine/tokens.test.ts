import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { endsStatement, splitStatements, tokenize } from '../../src/engine/rewrite/tokens.ts'

const brief = (text: string): string[] => tokenize(text).map(({ kind, value }) => `${kind} ${value}`)

describe('tokenize', () => {
  it('knows strings, identifiers, dollar quotes, parameters and comments', () => {
    expect(
      brief(
        `SELECT 'it''s', E'a\\'b', "x""y", $$a'b$$, $t$ $$ $t$, $1, $name, ?, ?2 -- 'no'\n/* 'no' /* nested */ ; */ FROM t`,
      ),
    ).toEqual([
      'word select',
      "string it's",
      'symbol ,',
      "string a'b",
      'symbol ,',
      'identifier x"y',
      'symbol ,',
      "string a'b",
      'symbol ,',
      'string  $$ ',
      'symbol ,',
      'parameter $1',
      'symbol ,',
      'parameter $name',
      'symbol ,',
      'parameter ?',
      'symbol ,',
      'parameter ?2',
      'word from',
      'word t',
    ])
  })

  it('does not take numbers, names with dollars or e-words for something else', () => {
    expect(brief('1.5e-3 .5 a$b$c exists e1 1_000')).toEqual([
      'number 1.5e-3',
      'number .5',
      'word a$b$c',
      'word exists',
      'word e1',
      'number 1_000',
    ])
  })

  it('counts depth, and lets what never ends reach the end', () => {
    expect(tokenize('a(b[c])d').map(({ value, depth }) => [value, depth])).toEqual([
      ['a', 0],
      ['(', 0],
      ['b', 1],
      ['[', 1],
      ['c', 2],
      [']', 1],
      [')', 0],
      ['d', 0],
    ])
    for (const text of ["'open", '"open', '$$open', '/* open', "E'open\\", '$x$ open $$']) {
      expect(tokenize(text).at(-1)?.end ?? text.length).toBe(text.length)
    }
  })

  it('covers every text: tokens lie in order and say what they cover', () => {
    const pieces = fc.constantFrom(
      "'",
      '"',
      '$$',
      '$a$',
      '--',
      '\n',
      '/*',
      '*/',
      ';',
      '(',
      ')',
      'a',
      '1',
      '\\',
      'E',
      ' ',
      '$1',
      '?',
      'é',
    )
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        const text = parts.join('')
        let at = 0
        for (const token of tokenize(text)) {
          expect(token.start).toBeGreaterThanOrEqual(at)
          expect(token.end).toBeGreaterThan(token.start)
          expect(token.end).toBeLessThanOrEqual(text.length)
          if (token.kind === 'word')
            expect(text.slice(token.start, token.end).toLowerCase()).toBe(token.value)
          at = token.end
        }
      }),
    )
  })
})

describe('splitStatements', () => {
  it('splits at semicolons that are none of a string or comment', () => {
    expect(splitStatements('select \';\' ; -- ;\n select $$;$$ /* ; */ ;;\n; from "a;b"\n-- end')).toEqual([
      "select ';'",
      'select $$;$$',
      'from "a;b"',
    ])
    expect(splitStatements(' -- nothing\n ; ')).toEqual([])
  })

  it('tells a whole statement from an unfinished one', () => {
    expect(endsStatement('select 1;')).toBe(true)
    expect(endsStatement('select 1; -- done')).toBe(true)
    expect(endsStatement("select ';")).toBe(false)
    expect(endsStatement('select 1')).toBe(false)
    expect(endsStatement('')).toBe(false)
  })
})
