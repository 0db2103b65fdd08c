import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { duckdb, ours, type Table } from './support.ts'

const BOOLEANS = [
  'true',
  'TRUE',
  't',
  'T',
  'yes',
  'y',
  'Y',
  'no',
  'n',
  'on',
  '1',
  '0',
  '2',
  ' true',
  'true ',
  'tRuE',
  'fals',
  'falsey',
  'ture',
]

const INTEGERS = [
  ...[
    '1',
    '-1',
    '+1',
    '01',
    '-01',
    '+01',
    ' 1',
    '1 ',
    '1.5',
    '-1.5',
    '1.4',
    '.5',
    '-.5',
    '1.',
    '.',
    '1e3',
    '1e-3',
  ],
  ...[
    '1.5e1',
    '1_000',
    '1__0',
    '1_',
    '_1',
    '0x1F',
    '0X1f',
    '0b101',
    '-0x1',
    '--1',
    '-',
    '+',
    '1a',
    '1,5',
    '  ',
    '-0',
  ],
  ...[
    '9223372036854775807',
    '9223372036854775808',
    '-9223372036854775808',
    '-9223372036854775809',
    '2.5',
    '3.49999',
  ],
  ...[
    '9223372036854775807.4',
    '9223372036854775807.5',
    '1 2',
    '1.5 ',
    '\t1',
    '1.5.5',
    '1e',
    '0x',
    '0xG',
    '0b2',
    '00',
  ],
  ...[
    '1e18',
    '1e19',
    '12e-1',
    '15e-1',
    '25e-1',
    '0.5',
    '-0.5',
    '1_000.5',
    '999999999',
    '1000000000',
    '-4294967296',
  ],
  ...[
    '123456789012345',
    '1234567890123456',
    '123456789012345678',
    '-123456789012345678',
    '1234567890123456789',
  ],
  ...[
    '127',
    '128',
    '-128',
    '-129',
    '255',
    '256',
    '32767',
    '32768',
    '65535',
    '65536',
    '2147483647',
    '2147483648',
  ],
  ...[
    '-2147483648',
    '-2147483649',
    '4294967295',
    '4294967296',
    '18446744073709551615',
    '18446744073709551616',
  ],
]

const DOUBLES = [
  ...[
    '1',
    '1.5',
    '+1.5',
    '-1.5',
    '01.5',
    '00',
    '0',
    '0.5',
    '-0',
    '-0.0',
    '.5',
    '5.',
    '1e5',
    '1E5',
    '1e+5',
    '1e',
  ],
  ...[
    '1e999',
    '-1e999',
    '1e-999',
    'nan',
    'NaN',
    'inf',
    'Infinity',
    '-inf',
    '+inf',
    'infinit',
    '1_000',
    '1_000.5',
  ],
  ...[
    '1__0',
    ' 1.5',
    '1.5 ',
    '1.5a',
    '0x1F',
    '1,5',
    '--1',
    '-.5',
    '.',
    '-',
    'e5',
    '1.5e3.5',
    '1d5',
    '1f',
    '0.1',
  ],
  ...[
    '4.9e-324',
    '2e-324',
    '1.7976931348623157e308',
    '1.7976931348623159e308',
    '123456789012345678901234567890',
  ],
  ...[
    'nan(1)',
    '1e5 ',
    '\t1.5',
    '0.30000000000000004',
    '123456.789012345',
    '1234567.8901234567',
    '9007199254740993',
  ],
  ...[
    '999999999999999',
    '9999999999999999',
    '0.000000000000001',
    '12345678901234.5',
    '1.00000000000000011102230246251565',
  ],
]

const DATES = [
  ...['2020-01-02', '2020-1-2', '20-1-2', '2-1-2', '020-01-02', '12020-01-02', '2020/01/02', '2020 01 02'],
  ...[
    '2020\\01\\02',
    '2020.01.02',
    '2020-01/02',
    ' 2020-01-02',
    '2020-01-02 ',
    '2020-01-02x',
    '2020-01-02 x',
  ],
  ...[
    '2020-01-023',
    '2020-13-01',
    '2020-02-30',
    '2020-02-29',
    '2019-02-29',
    '1900-02-29',
    '2000-02-29',
    '-2020-01-02',
  ],
  ...[
    '2020-01-02 (BC)',
    '0000-01-01',
    '0001-01-01',
    '9999-12-31',
    'inf',
    'infinity',
    '-infinity',
    'epoch',
    '2020-01',
  ],
  ...[
    '2020-01-02 10:00:00',
    '2020-01-02T10:00:00',
    '5881580-07-10',
    '5881580-07-11',
    '999999-01-01',
    '20200102',
  ],
  ...[
    '01/02/2020',
    'Infinity ',
    'now',
    'today',
    '2020-01-02Z',
    '2020-00-01',
    '2020-01-00',
    '2020-01-32',
    '2020-04-31',
  ],
]

const TIMES = [
  ...[
    '10:20:30',
    '1:2:3',
    '10:20',
    '10',
    '10:20:30.5',
    '10:20:30.123456',
    '10:20:30.1234567',
    '24:00:00',
    '24:00:01',
  ],
  ...['25:00:00', '10:60:00', '10:20:60', ' 10:20:30', '10:20:30 ', '10:20:30x', '10:20:30+02', '10:20:30Z'],
  ...[
    '2020-01-02 10:20:30',
    '100:00:00',
    '10:20:',
    '10:20:3',
    '10:2',
    '10:20:30.',
    '10:20:30 AM',
    'T10:20:30',
  ],
]

const TIMESTAMPS = [
  ...['2020-01-02', '2020-01-02 10:20:30', '2020-01-02T10:20:30', '2020-01-02 10:20', '2020-01-02 10'],
  ...[
    '2020-01-02  10:20:30',
    '2020-01-02 10:20:30.123',
    '2020-01-02 10:20:30.123456789',
    '2020-01-02 10:20:30Z',
  ],
  ...[
    '2020-01-02 10:20:30 Z',
    '2020-01-02 10:20:30+02',
    '2020-01-02 10:20:30+02:30',
    '2020-01-02 10:20:30-0230',
  ],
  ...['2020-01-02 10:20:30 +02', '2020-01-02 10:20:30 UTC', '2020-01-02 10:20:30UTC', '2020-01-02 24:00:00'],
  ...['2020-01-02 24:00:01', '2020-01-02x', '2020-01-02 x', '2020-01-02 10:20:30 x', ' 2020-01-02 10:20:30 '],
  ...['infinity', '-infinity', 'epoch', '2020/01/02 10:20:30', '2020-1-2 1:2:3', '1-1-1 1:1:1'],
  ...[
    '290309-12-22 00:00:00',
    '294247-01-10 04:00:54.775806',
    '294247-01-10 04:00:54.775807',
    '294248-01-01 00:00:00',
  ],
  ...[
    '-290308-12-21 00:00:00',
    '2020-01-02 10:20:30 (BC)',
    '2020-01-02 (BC) 10:20:30',
    '2020-01-02 10:20:30.',
  ],
  ...[
    '2020-01-02T',
    '2020-01-02 ',
    '2020-01-02t10:20:30',
    '2020-01-02 10:20:30+2',
    '2020-01-02 10:20:30+14:59:59',
  ],
  ...[
    '2020-01-02 10:20:30+99',
    '1969-12-31 23:59:59.999999',
    '0001-01-01 00:00:00',
    '9999-12-31 23:59:59.999999',
  ],
  ...['2020-01-02 10:20:30.5+01', '2020-01-02 10:20+01', '2020-01-02 10:20:30 Foo/Bar', '2020-01-02+02'],
]

const TYPES: Readonly<Record<string, readonly string[]>> = {
  BOOLEAN: BOOLEANS,
  TINYINT: INTEGERS,
  SMALLINT: INTEGERS,
  INTEGER: INTEGERS,
  BIGINT: INTEGERS,
  UTINYINT: INTEGERS,
  USMALLINT: INTEGERS,
  UINTEGER: INTEGERS,
  UBIGINT: INTEGERS,
  FLOAT: DOUBLES,
  DOUBLE: DOUBLES,
  DATE: DATES,
  TIME: TIMES,
  TIMESTAMP: TIMESTAMPS,
  VARCHAR: [...BOOLEANS, ...DOUBLES],
}

describe('values of settled types, against DuckDB', () => {
  for (const [type, texts] of Object.entries(TYPES)) {
    it(type, async () => {
      const options = {
        columns: { k: 'VARCHAR', v: type },
        auto_detect: false,
        delim: '|',
        quote: '"',
        escape: '"',
        ignore_errors: true,
      }
      // The first column says which rows were refused.
      const rows = texts.map((text, i) => `${i}|${text}\n`).join('')
      const expected = (await duckdb(rows, options)) as Table
      const actual = ours(rows, options) as Table
      const byKey = ({ rows }: Table) =>
        Object.fromEntries(rows.map(([key, value]) => [texts[Number(key)], value]))
      expect(byKey(actual)).toEqual(byKey(expected))
      expect(Object.keys(byKey(actual)).length).toBeGreaterThan(4)

      const quoted = texts.map((text, i) => `${i}|"${text}"\n`).join('')
      expect(byKey(ours(quoted, options) as Table)).toEqual(byKey((await duckdb(quoted, options)) as Table))
    })
  }

  it('TIMESTAMP WITH TIME ZONE', async () => {
    const zones = [
      '2020-07-01 10:00:00 Europe/Berlin',
      '2021-03-28 02:30:00 Europe/Berlin',
      '2021-10-31 02:30:00 Europe/Berlin',
    ]
    // DuckDB turns texts that are none into NULL here; we refuse them.
    const good = [...TIMESTAMPS, ...zones].filter((text) => !text.startsWith('294247'))
    const options = { columns: { v: 'TIMESTAMPTZ' }, auto_detect: false, delim: '|', ignore_errors: true }
    for (const text of good) {
      const expected = (await duckdb(`${text}\n`, options)) as Table
      const value = expected.rows[0]?.[0] ?? undefined
      expect([text, (ours(`${text}\n`, options) as Table).rows[0]?.[0]]).toEqual([text, value])
    }
  })
})

describe('types guessed from one value, against DuckDB', () => {
  for (const [kind, texts] of Object.entries({ BOOLEANS, INTEGERS, DOUBLES, DATES, TIMES, TIMESTAMPS })) {
    it(kind.toLowerCase(), async () => {
      for (const text of texts) {
        const content = `h|k\n${text}|x\n`
        expect([text, ours(content, { delim: '|', header: true })]).toEqual([
          text,
          await duckdb(content, { delim: '|', header: true }),
        ])
      }
    })
  }
})

describe('numbers', () => {
  it('are the nearest doubles to their texts', async () => {
    const text = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
      fc.tuple(fc.integer(), fc.nat({ max: 20 })).map(([n, places]) => (n / 10 ** places).toFixed(places)),
      fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 20n }), fc.nat({ max: 25 })).map(([n, e]) => `${n}e-${e}`),
      fc.tuple(fc.nat({ max: 99999 }), fc.nat({ max: 999999999 })).map(([a, b]) => `${a}.${b}`),
    )
    const options = { columns: { v: 'DOUBLE' }, auto_detect: false }
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 50 }), (texts) => {
        const table = ours(texts.map((t) => `${t}\n`).join(''), options) as Table
        expect(table.rows.map(([value]) => value)).toEqual(texts.map(Number))
      }),
      { numRuns: 200 },
    )
  })

  it('are exact as 64-bit integers', () => {
    const options = { columns: { v: 'BIGINT' }, auto_detect: false }
    const number = fc.oneof(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc
        .tuple(fc.nat({ max: 19 }), fc.bigInt({ min: -9n, max: 9n }))
        .map(([e, d]) => (d * 10n ** BigInt(e)) % 2n ** 63n),
      fc
        .tuple(fc.nat({ max: 62 }), fc.integer({ min: -2, max: 2 }))
        .map(([e, d]) => 2n ** BigInt(e) + BigInt(d)),
    )
    fc.assert(
      fc.property(fc.array(number, { minLength: 1, maxLength: 50 }), (numbers) => {
        const table = ours(numbers.map((n) => `${n}\n`).join(''), options) as Table
        expect(table.rows.map(([value]) => value)).toEqual(numbers)
      }),
      { numRuns: 200 },
    )
  })

  it('are the days that the calendar says', () => {
    const options = { columns: { v: 'DATE' }, auto_detect: false }
    const day = fc.integer({ min: -719162, max: 2932896 })
    fc.assert(
      fc.property(fc.array(day, { minLength: 1, maxLength: 50 }), (days) => {
        const text = days.map((d) => `${new Date(d * 86400000).toISOString().replace(/T.*/, '')}\n`).join('')
        expect((ours(text, options) as Table).rows.map(([value]) => value)).toEqual(days)
      }),
    )
  })
})
