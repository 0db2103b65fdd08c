import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parameterNames, splitScript } from '../../../src/cli/shell/statements.ts'

const texts = (script: string, final = true): string[] =>
  splitScript(script, final).items.map(({ text }) => text)

describe('splitScript', () => {
  test.each([
    ['select 1; select 2', ['select 1;', 'select 2']],
    ["select ';'; select 'it''s; ok';", ["select ';';", "select 'it''s; ok';"]],
    [`select e'\\';' ; select 1`, [`select e'\\';' ;`, 'select 1']],
    ['select "a;""b";select 2;', ['select "a;""b";', 'select 2;']],
    ['select $$;$$; select $a$ ; $$ $a$;', ['select $$;$$;', 'select $a$ ; $$ $a$;']],
    ['select $1 + $x; select a$b$c;', ['select $1 + $x;', 'select a$b$c;']],
    ['-- one; two\nselect 1 -- x;\n;', ['-- one; two\nselect 1 -- x;\n;']],
    ['/* a; /* nested; */ b; */ select 1;', ['/* a; /* nested; */ b; */ select 1;']],
    [';;;  ;', []],
    ['-- nothing', []],
    ['/* nothing */ ; select 1', ['select 1']],
    ['', []],
  ])('%j', (script, expected) => {
    expect(texts(script)).toEqual(expected)
  })

  test.each([
    ['select 1', 'statement'],
    ['select 1; from x', 'statement'],
    ["select 'a;", 'string'],
    ["select e'\\'", 'string'],
    ['select "a;', 'identifier'],
    ['select /* ;', 'comment'],
    ['select $$ ;', 'dollar'],
    ['select $tag$ ; $$', 'dollar'],
  ])('%j goes on: %s', (script, open) => {
    expect(splitScript(script, false).open).toBe(open)
  })

  test('nothing is open after a semicolon, blanks or comments', () => {
    for (const script of ['select 1;', '', ' \n', '-- x\n', 'select 1; -- done\n'])
      expect(splitScript(script, false).open).toBeUndefined()
  })

  test('dot commands are lines of their own between statements', () => {
    expect(splitScript('.mode csv\nselect 1\n.5;\n  .timer on\nselect .5;', true).items).toEqual([
      { kind: 'command', text: '.mode csv' },
      { kind: 'statement', text: 'select 1\n.5;' },
      { kind: 'command', text: '.timer on' },
      { kind: 'statement', text: 'select .5;' },
    ])
  })

  test('cuts a script of known statements where they end', () => {
    const piece = fc.constantFrom(
      'select',
      ' ',
      '\n',
      "'a;b'",
      "''",
      '"q;"',
      '$$;$$',
      '$t$;$$;$t$',
      '-- c;\n',
      '/* ; */',
      '1',
      '+',
      '$p',
      '.',
      'é',
    )
    // Pieces that touch could make other tokens (`$$` after a name): a space keeps them what they are.
    const statement = fc
      .array(piece, { minLength: 1, maxLength: 8 })
      .map((pieces) => `x ${pieces.join(' ')} ;`)
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 6 }), (statements) => {
        expect(texts(statements.join('\n'), false)).toEqual(statements)
      }),
    )
  })

  test('ends on any text', () => {
    const text = fc.string({
      unit: fc.constantFrom("'", '"', '$', '-', '/', '*', ';', '\n', 'a', 'e', '\\', '.', ' '),
    })
    fc.assert(fc.property(text, fc.boolean(), (script, final) => void splitScript(script, final)))
  })
})

test('parameterNames sees parameters, not strings or comments', () => {
  const statement = `select $a, $1, '$b', "$c", $$ $d $$, $tag$ $e $tag$ -- $f
    /* $g */ , x$h, $a`
  expect([...parameterNames(statement)]).toEqual(['a', '1'])
})
