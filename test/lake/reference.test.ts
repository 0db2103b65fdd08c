import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { numberOfName, parseLakeUri, parseReference } from '../../src/lake/reference.ts'
import { expectCode } from '../contract/bytes.ts'
import { thrown } from './thrown.ts'

const DAY = Date.UTC(2026, 10, 1)

describe('references', () => {
  test.each([
    ['d', { kind: 'latest' }],
    ['d@latest', { kind: 'latest' }],
    ['d@42', { kind: 'number', number: 42 }],
    ['d@000042', { kind: 'number', number: 42 }],
    ['d@v42', { kind: 'name', name: 'v42' }],
    ['d@paper 1', { kind: 'name', name: 'paper 1' }],
    ['d@2026-11', { kind: 'name', name: '2026-11' }],
    ['d@Latest', { kind: 'name', name: 'Latest' }],
    ['d@2026-11-01', { kind: 'time', until: DAY + 86_399_999, text: '2026-11-01' }],
    ['d@2024-02-29', { kind: 'time', until: Date.UTC(2024, 2, 1) - 1, text: '2024-02-29' }],
    ['d@2026-11-01T12:00:00Z', { kind: 'time', until: DAY + 43_200_000, text: '2026-11-01T12:00:00Z' }],
    [
      'd@2026-11-01t12:00:00.5678z',
      { kind: 'time', until: DAY + 43_200_567, text: '2026-11-01t12:00:00.5678z' },
    ],
    [
      'd@2026-11-01 01:30:00+02:00',
      { kind: 'time', until: DAY - 1_800_000, text: '2026-11-01 01:30:00+02:00' },
    ],
    [
      'd@2026-11-01T23:59:59-00:30',
      { kind: 'time', until: DAY + 86_399_000 + 1_800_000, text: '2026-11-01T23:59:59-00:30' },
    ],
  ])('%s', (text, version) => {
    expect(parseReference(text)).toEqual({ dataset: 'd', version })
  })

  test.each([
    '',
    '@1',
    'd@',
    'd@0',
    'd@99999999999999999999',
    'd@a@b',
    'd@a/b',
    'd/e@1',
    '../d@1',
    'd@2026-02-30',
    'd@2026-13-01',
    'd@2026-00-00',
    'd@2026-11-01T12:00:00',
    'd@2026-11-01T24:00:00Z',
    'd@2026-11-01T12:60:00Z',
    'd@2026-11-01T12:00:00+24:00',
    'd@2026-11-01-final',
    'd@a\nb',
  ])('not %j', async (text) => {
    await expectCode(
      thrown(() => parseReference(text)),
      'invalid-input',
    )
  })

  it('read every time that JavaScript writes', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true }), (date) => {
        const version = { kind: 'time', until: date.getTime(), text: date.toISOString() }
        expect(parseReference(`d@${date.toISOString()}`).version).toEqual(version)
      }),
    )
  })

  test.each([
    ['v42', 42],
    ['v007', 7],
    ['v0', undefined],
    ['v', undefined],
    ['V42', undefined],
    ['v4.2', undefined],
    ['v99999999999999999999', undefined],
    ['42', undefined],
  ])('%s without a label is %s', (name, number) => {
    expect(numberOfName(name)).toBe(number)
  })
})

describe('lake://', () => {
  test.each([
    ['lake://d@1/a/b.txt', { kind: 'number', number: 1 }, 'a/b.txt'],
    ['LAKE://d/a', { kind: 'latest' }, 'a'],
    ['lake://d', { kind: 'latest' }, ''],
    ['lake://d@latest/', { kind: 'latest' }, ''],
    ['lake://d@v3/**/*.fastq.gz', { kind: 'name', name: 'v3' }, '**/*.fastq.gz'],
    ['lake://d@1/100%25 @home#1', { kind: 'number', number: 1 }, '100%25 @home#1'],
    ['lake://d/x@1', { kind: 'latest' }, 'x@1'],
  ])('%s', (uri, version, path) => {
    expect(parseLakeUri(uri)).toEqual({ reference: { dataset: 'd', version }, path })
  })

  test.each(['', 'd@1/a', 's3://d/a', 'lake:/d', 'lake://', 'lake:///a', 'lake://@1/a', 'lake://d@/a'])(
    'not %j',
    async (uri) => {
      await expectCode(
        thrown(() => parseLakeUri(uri)),
        'invalid-input',
      )
    },
  )
})
