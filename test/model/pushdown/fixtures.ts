/** Files for the differential test: a new format adds its line to `FIXTURES`. */

import { csv } from '../../../src/formats/csv/index.ts'
import { fasta } from '../../../src/formats/fasta/index.ts'
import { fastq } from '../../../src/formats/fastq/index.ts'
import { lines } from '../../../src/formats/lines/index.ts'
import { vcf } from '../../../src/formats/vcf/index.ts'
import { words } from '../../../src/formats/words/index.ts'
import { BLOCK_FIXTURES } from './block-fixtures.ts'
import { type Column, type Fixture, ODD_NUMBERS, RECORD, ROWS, range, whole } from './fixture.ts'

const BIG = 2n ** 53n

const day = (i: number): string =>
  new Date(Date.UTC(2020, 0, 1 + Math.floor(i / 10))).toISOString().slice(0, 10)
const two = (n: number): string => `${n}`.padStart(2, '0')
const clock = (i: number): string => `${two(i % 24)}:${two((i * 7) % 60)}:00`

const SYLLABLES = ['ab', 'é', '%', '_', 'Ω', "'", '', 'Z', '\\', '日本', 'b!', '🧬']
/** In order with the rows, about. */
const word = (i: number): string =>
  `${String.fromCharCode(97 + Math.floor((i * 26) / ROWS))}${SYLLABLES[(i * 7) % SYLLABLES.length]}${i % 5}`
const TEXTS = [
  ...range(8, (i) => word(i * 75)).map(sqlText),
  ...SYLLABLES.map(sqlText),
  "'m'",
  "'zzz'",
  "'c' || 'é'",
  "'d'::varchar",
  'null',
]

function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** Sorted, scattered, with nulls, past 2^53, not a number, with zones that overlap. */
const csvRows = range(ROWS, (i) => {
  const scattered = (i * 37) % ROWS
  const float = i % 41 === 0 ? 'nan' : i % 43 === 0 ? '-0' : i % 47 === 0 ? 'inf' : `${(i - 100) / 8}`
  return [
    i < 560 ? i : BIG + BigInt(i - 580),
    i % 7 === 0 ? '' : Math.floor(i / 4) - 20 + (i % 3),
    i % 11 === 0 ? '' : float,
    i % 13 === 0 || (i > 200 && i < 260) ? '' : `"${word(i).replaceAll('"', '""')}"`,
    i % 17 === 0 ? '' : day(i),
    `${day(i)} ${clock(i)}`,
    i > 300 ? 'true' : i % 5 === 0 ? '' : 'false',
    scattered,
    `${day(i)} ${clock(i)}+02`,
  ].join(',')
})
const days = (cast: (text: string) => string): string[] => range(8, (i) => cast(day(i * 80 + 3)))

const CSV_COLUMNS: readonly Column[] = [
  { name: 'n', kind: 'number', samples: [...whole(8), ...ODD_NUMBERS] },
  { name: 'i', kind: 'number', samples: [...range(8, (i) => `${i * 20 - 20}`), ...ODD_NUMBERS] },
  { name: 'f', kind: 'number', samples: [...range(8, (i) => `${i * 9.5 - 12.5}`), ...ODD_NUMBERS] },
  { name: 's', kind: 'text', samples: TEXTS },
  {
    name: 'd',
    kind: 'day',
    samples: [
      ...days((d) => `'${d}'`),
      ...days((d) => `date '${d}'`),
      `timestamp '${day(99)} 01:00:00'`,
      `date '${day(99)}' + 1`,
      "'2020-1-9'",
      'null',
    ],
  },
  {
    name: 't',
    kind: 'moment',
    samples: [
      ...days((d) => `'${d} 02:00:00'`),
      ...days((d) => `timestamp '${d} 23:59:59.5'`),
      `date '${day(300)}'`,
      `'${day(200)}'`,
      `timestamptz '${day(200)} 00:00:00+05'`,
      'null',
    ],
  },
  { name: 'b', kind: 'flag', samples: ['true', 'false', "'t'", '1', 'null'] },
  { name: 'x', kind: 'number', samples: [...whole(8), ...ODD_NUMBERS] },
  {
    name: 'z',
    kind: 'zoned',
    samples: [
      ...days((d) => `timestamptz '${d} 00:00:00+00'`),
      ...days((d) => `'${d} 12:00:00+02'`),
      `timestamp '${day(100)} 00:00:00'`,
      `date '${day(300)}'`,
      'null',
    ],
  },
]

const csvText = (names: string, rows: readonly string[]): string => `${names}\n${rows.join('\n')}\n`

/** The same names with other types, and another order: a UNION's sides need not agree. */
const otherRows = range(ROWS, (i) => `${word(i).replaceAll(',', '')}x,${i % 2 === 0 ? i / 2 : i}.25,${i * 2}`)

const reads = range(
  ROWS,
  (i) =>
    `@read${`${i}`.padStart(5, '0')} part ${i % 9}\nACGTTGCA${'A'.repeat(i % 20)}\n+\nIIIIIIII${'I'.repeat(i % 20)}\n`,
)
const contigs = range(ROWS, (i) => `>c${`${i}`.padStart(4, '0')} d\n${'ACGT'.repeat(1 + (i % 15))}\n`)
const variants = range(ROWS, (i) => {
  const chrom = i < 250 ? '19' : i < 500 ? '20' : 'X'
  return `${chrom}\t${1000 + (i % 250) * 100}\t${i % 3 === 0 ? '.' : `rs${i}`}\tA\tC,G\t${i % 9 === 0 ? '.' : i / 4}\tPASS\tDP=${i}`
})
const VCF_HEAD =
  '##fileformat=VCFv4.3\n##INFO=<ID=DP,Number=1,Type=Integer,Description="depth">\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n'

export const FIXTURES: readonly Fixture[] = [
  {
    name: 'table.csv',
    call: 'varve_read_csv(?, record := true)',
    format: csv,
    options: { record: true },
    content: csvText('n,i,f,s,d,t,b,x,z', csvRows),
    columns: [...CSV_COLUMNS, RECORD],
  },
  {
    name: 'other.csv',
    call: 'varve_read_csv(?)',
    format: csv,
    content: csvText('n,x,i', otherRows),
    columns: [
      { name: 'n', kind: 'text', samples: TEXTS },
      { name: 'x', kind: 'number', samples: [...whole(8), ...ODD_NUMBERS] },
      { name: 'i', kind: 'number', samples: [...whole(8), ...ODD_NUMBERS] },
    ],
  },
  {
    name: 'reads.fastq',
    call: 'read_fastq(?)',
    format: fastq,
    content: reads.join(''),
    columns: [
      { name: 'id', kind: 'text', samples: range(6, (i) => `'read00${i}'`) },
      { name: 'sequence', kind: 'text', samples: ["'ACGTTGCA'", "'ACGTTGCAA'", "'B'"] },
      RECORD,
    ],
  },
  {
    name: 'contigs.fasta',
    call: 'read_fasta(?)',
    format: fasta,
    content: contigs.join(''),
    columns: [
      { name: 'id', kind: 'text', samples: range(8, (i) => `'c0${i}50'`) },
      { name: 'length', kind: 'number', samples: ['4', '30', '60', ...ODD_NUMBERS] },
      RECORD,
    ],
  },
  {
    name: 'text.lines',
    call: 'read_lines(?)',
    format: lines,
    content: range(ROWS, (i) => `${word(i)} line ${i}`).join('\n'),
    columns: [{ name: 'line', kind: 'text', samples: TEXTS }, RECORD],
  },
  {
    name: 'text.words',
    call: 'read_words(?)',
    format: words,
    content: range(ROWS, (i) => `${word(i) || 'w'} `).join(''),
    columns: [{ name: 'word', kind: 'text', samples: TEXTS }, RECORD],
  },
  {
    name: 'variants.vcf',
    call: 'read_vcf(?)',
    format: vcf,
    content: `${VCF_HEAD}${variants.join('\n')}\n`,
    columns: [
      { name: 'chrom', kind: 'text', samples: ["'19'", "'20'", "'X'", "'2'"] },
      { name: 'pos', kind: 'number', samples: ['1e4', '2e4', '1500', '20000', ...ODD_NUMBERS] },
      { name: 'qual', kind: 'number', samples: ['10', '77.25', ...ODD_NUMBERS] },
      RECORD,
    ],
  },
  ...BLOCK_FIXTURES,
]
