import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { checkDatasetName, checkRefName, foldPath, pathProblem } from '../../src/lake/names.ts'
import { parseReference } from '../../src/lake/reference.ts'
import { expectCode } from '../contract/bytes.ts'
import { thrown } from './thrown.ts'

describe('names of datasets', () => {
  test.each(['genomics', '1000g', 'a', '4dor-dataset', 'x.y_z', '_private', 'A'.repeat(128)])(
    '%s',
    (name) => {
      expect(checkDatasetName(name)).toBe(name)
    },
  )

  test.each([
    '',
    '.',
    '..',
    '.hidden',
    '-rf',
    'a/b',
    'a\\b',
    'a@b',
    'a b',
    'a\n',
    'é',
    'a\0',
    'a%2f',
    'A'.repeat(129),
  ])('not %j', async (name) => {
    await expectCode(
      thrown(() => checkDatasetName(name)),
      'invalid-input',
    )
  })
})

describe('names of labels and tags', () => {
  test.each(['v1', 'v42', 'paper-2026', '2026-11', 'é', 'camera ready'])('%s', (name) => {
    expect(checkRefName('label', name)).toBe(name)
  })

  it('are kept in one Unicode form', () => {
    expect(checkRefName('tag', 'e\u0301')).toBe('é')
  })

  test.each([
    '',
    '.',
    '..',
    '42',
    '0',
    'latest',
    '2026-11-01',
    '2026-11-01T10:00:00Z',
    '2026-11-01-final',
    '2026-13-99',
    'a/b',
    'a\\b',
    'a@b',
    ' a',
    'a\n',
    'a\0b',
    'a\x7f',
    'a\u0085b',
    '\ud83e',
    'é'.repeat(65),
    'x'.repeat(129),
  ])('not %j', async (name) => {
    await expectCode(
      thrown(() => checkRefName('tag', name)),
      'invalid-input',
    )
  })

  it('are found by the reference of that name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (text) => {
        let name: string
        try {
          name = checkRefName('label', text)
        } catch {
          return
        }
        expect(parseReference(`d@${name}`)).toEqual({ dataset: 'd', version: { kind: 'name', name } })
      }),
      { numRuns: 2000 },
    )
  })
})

describe('paths', () => {
  test.each([
    'a',
    '.hidden',
    'a/b/c.txt',
    '...',
    'a..b',
    'ünï 🧬.txt',
    '日本/語',
    '100% #1?*[x]{y}:"|<>',
    ' a ',
  ])('%s may stand in a manifest', (path) => {
    expect(pathProblem(path)).toBeUndefined()
  })

  it('may be long', () => {
    expect(pathProblem('x'.repeat(255))).toBeUndefined()
    expect(pathProblem(Array.from({ length: 512 }, () => 'x').join('/'))).toBeUndefined()
  })

  test.each([
    ['is empty', ''],
    ['begins with "/"', '/etc/passwd'],
    ['ends with "/"', 'a/'],
    ['has "//" in it', 'a//b'],
    ['has ".." in it', '../a'],
    ['has ".." in it', 'a/../b'],
    ['has ".." in it', 'a/..'],
    ['has "." in it', './a'],
    ['has "." in it', 'a/./b'],
    ['has "\\" in it', 'a\\b'],
    ['has a NUL in it', 'a\0b'],
    ['has a control character in it', 'a\nb'],
    ['has a control character in it', 'a\x7f'],
    ['has a control character in it', 'a\u0085'],
    ['is not Unicode: it has half a surrogate pair in it', 'a\ud800b'],
    ['has a part longer than 255 bytes', 'x'.repeat(256)],
    ['has a part longer than 255 bytes', 'é'.repeat(128)],
    ['is longer than 1024 bytes', Array.from({ length: 513 }, () => 'x').join('/')],
    ['is longer than 1024 bytes', Array.from({ length: 300 }, () => 'éé').join('/')],
  ])('are refused: one that %s', (problem, path) => {
    expect(pathProblem(path)).toBe(problem)
  })

  it('of any kind that pass lead to a place below', () => {
    const part = fc.oneof(fc.constantFrom('.', '..', '', 'a', '\\', '...'), fc.string({ unit: 'binary' }))
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
        const path = parts.join('/')
        if (pathProblem(path) !== undefined) return
        const url = new URL(path.split('/').map(encodeURIComponent).join('/'), 'http://h/root/')
        expect(url.pathname.startsWith('/root/')).toBe(true)
        expect(decodeURIComponent(url.pathname)).toBe(`/root/${path}`)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('folds', () => {
  test.each([
    ['README.md', 'readme.MD'],
    ['Straße', 'STRASSE'],
    ['ẞ', 'ß'],
    ['café', 'cafe\u0301'],
    ['ΣΟΦΟΣ', 'σοφος'],
    ['ΟΔΟΣ.txt', 'οδος.TXT'],
    ['ﬁle', 'FILE'],
    ['Å', 'Å'],
    ['İ', 'i\u0307'],
    ['ᾳ\u0301', 'ᾴ'],
  ])('%s and %s are one file', (a, b) => {
    expect(foldPath(a)).toBe(foldPath(b))
  })

  test.each([
    ['a', 'b'],
    ['e', 'é'],
    ['a/b', 'a b'],
    ['①', '1'],
    ['x²', 'x2'],
    ['ａ', 'a'],
  ])('%s and %s are two', (a, b) => {
    expect(foldPath(a)).not.toBe(foldPath(b))
  })

  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc
      .array(
        fc.constantFrom(
          'Σ',
          'ς',
          'a',
          'A',
          '\u0345',
          '\u0301',
          '\u0338',
          'ß',
          'ẞ',
          'İ',
          'ı',
          '.',
          '/',
          'ᾳ',
          'ΐ',
          'ǰ',
        ),
      )
      .map((letters) => letters.join('')),
  )

  it('fold a folder and a name apart', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(foldPath(`${a}/${b}`)).toBe(`${foldPath(a)}/${foldPath(b)}`)
      }),
      { numRuns: 5000 },
    )
  })

  it('are their own folds, and those of the other case and Unicode form', () => {
    fc.assert(
      fc.property(text, (path) => {
        const fold = foldPath(path)
        expect(foldPath(fold)).toBe(fold)
        expect(fold.normalize('NFC')).toBe(fold)
        expect(foldPath(path.normalize('NFD'))).toBe(fold)
        expect(foldPath(path.normalize('NFC'))).toBe(fold)
        // Decomposed, or the capital of an iota below (ΑΙ for ᾳ) lands before the accents that follow it.
        expect(foldPath(path.normalize('NFD').toLowerCase())).toBe(fold)
        expect(foldPath(path.normalize('NFD').toUpperCase())).toBe(fold)
      }),
      { numRuns: 5000 },
    )
  })

  it('of every character are as they should be', () => {
    for (let code = 0; code < 0x110000; code++) {
      const character = String.fromCodePoint(code)
      const fold = foldPath(character)
      if (foldPath(fold) !== fold || foldPath(`${character}/x`) !== `${fold}/x`)
        throw new Error(`U+${code.toString(16)} folds to ${JSON.stringify(fold)}`)
    }
  })
})
