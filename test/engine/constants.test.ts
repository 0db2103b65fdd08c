import { describe, expect, it } from 'vitest'
import { predicatesFor } from '../../src/engine/predicates.ts'
import { alignConstants, type Constant } from '../../src/scan/constants.ts'
import type { Bound } from '../../src/scan/types.ts'

describe('constants that are compared in one type', () => {
  it.each<[what: string, given: readonly Constant[], aligned: readonly Constant[] | undefined]>([
    [
      'of one kind stay',
      [
        ['text', 'a'],
        ['text', 'b'],
      ],
      [
        ['text', 'a'],
        ['text', 'b'],
      ],
    ],
    [
      'whole numbers beside decimals',
      [
        ['integer', '1'],
        ['decimal', '2.5'],
      ],
      [
        ['decimal', '1'],
        ['decimal', '2.5'],
      ],
    ],
    [
      'numbers beside a double',
      [
        ['integer', '1'],
        ['double', 2.5],
        ['decimal', '0.5'],
      ],
      [
        ['double', 1],
        ['double', 2.5],
        ['double', 0.5],
      ],
    ],
    [
      'days beside moments stay',
      [
        ['date', '2020-01-01'],
        ['timestamp', '2020-01-02'],
      ],
      [
        ['date', '2020-01-01'],
        ['timestamp', '2020-01-02'],
      ],
    ],
    [
      'texts beside numbers: what is compared is no text',
      [
        ['text', 'a'],
        ['integer', '5'],
      ],
      undefined,
    ],
    [
      'moments of a zone beside others',
      [
        ['timestamp', '2020-01-02'],
        ['timestamptz', '2020-01-02'],
      ],
      undefined,
    ],
  ])('%s', (_, given, aligned) => expect(alignConstants(given)).toEqual(aligned))
})

describe('what a scan is told', () => {
  const bound = { columns: [{ name: 'n', type: { kind: 'int64' } }], zones: ['n'] } as unknown as Bound
  const told = (values: readonly Constant[], beside: readonly Constant[] = []) =>
    predicatesFor({ predicates: [{ column: 'n', op: 'in', values, beside }] }, bound).map(
      ({ values }) => values,
    )

  it('no whole number that a double beside it rounds', () => {
    expect(told([['integer', '9007199254740993']])).toEqual([[9007199254740993n]])
    expect(
      told([
        ['integer', '9007199254740993'],
        ['double', 2],
      ]),
    ).toEqual([])
    expect(told([['integer', '9007199254740993']], [['double', 2]])).toEqual([])
    expect(told([['integer', '5']], [['double', 2]])).toEqual([[5]])
  })

  it('nothing beside a parameter that is not known', () => {
    expect(told([['integer', '5']], [['parameter', '1']])).toEqual([])
  })
})
