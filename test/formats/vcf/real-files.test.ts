/** Every VCF of ../shared/data, against a parser of its text and against bcftools: all values of all columns. */

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { DataType } from '../../../src/formats/batch.ts'
import type { Value } from '../../scan/support/corpus.ts'
import { bindBytes, readWork, scanBytes } from '../../scan/support/harness.ts'
import {
  contentOf,
  FILES,
  FOLDER,
  parseVcf,
  present,
  type Struct,
  type Variant,
  variantsOf,
} from './support.ts'

function hasBcftools(): boolean {
  try {
    execFileSync('bcftools', ['--version'], { stdio: 'ignore' })
    return true
  } catch (error) {
    if (process.env.CI === 'true') throw new Error('bcftools is missing', { cause: error })
    console.warn('SKIPPED: bcftools is missing, nothing is compared with it')
    return false
  }
}

async function read(path: string): Promise<{ rows: Variant[]; types: readonly DataType[] }> {
  const bound = await bindBytes(readFileSync(join(FOLDER, path)), 'vcf')
  const { rows, index } = await scanBytes(bound)
  const types = bound.layout.columns.map(({ type }) => type)
  // By the index the rows are the same.
  const { runOf } = await import('../../../src/index/runs.ts')
  const run = runOf(index, { firstRow: 0, rows: index.rows })
  if (run !== undefined) expect((await readWork(bound, run)).rows).toEqual(rows)
  return { rows: variantsOf(rows), types }
}

/** What bcftools has no wish to read: no ##fileformat line, or a header that it calls broken. */
const REFUSED = [
  'breakends.vcf',
  'vcf4.3_spec_bnd.vcf',
  'weird_info_and_missing_format.vcf',
  'CNVtest.vcf.gz',
]

describe.skipIf(!present)('real files', () => {
  it('are all there', () => expect(FILES.length).toBeGreaterThanOrEqual(21))

  it.each(FILES)('%s: as its text says', async (path) => {
    const { rows } = await read(path)
    expect(rows).toEqual(parseVcf(contentOf(join(FOLDER, path))))
  })
})

/** As `bcftools query` prints a value; floats are compared as numbers of six digits. */
function printed(value: Value): string {
  if (value === null || value === false) return '.'
  if (value === true) return '1'
  if (Array.isArray(value)) return value.map(printed).join(',')
  return String(value)
}

function expectSame(actual: string, expected: string, what: string): void {
  const [ours, theirs] = [actual.split(','), expected.split(',')]
  const alike =
    ours.length === theirs.length &&
    ours.every((one, i) => {
      const other = theirs[i]!
      if (one === other) return true
      const [a, b] = [Number(one), Number(other)]
      return Math.abs(a - b) <= 1e-5 * Math.max(Math.abs(a), Math.abs(b))
    })
  if (!alike) expect(`${what}: ${actual}`).toBe(`${what}: ${expected}`)
}

const fieldNames = (type: DataType): string[] =>
  type.kind === 'struct'
    ? type.fields.map(({ name }) => name)
    : type.kind === 'list'
      ? fieldNames(type.item)
      : []

describe.skipIf(!present || !hasBcftools())('bcftools', () => {
  const accepted = FILES.filter((path) => !REFUSED.some((name) => path.endsWith(name)))
  it.each(accepted)('%s', async (path) => {
    const { rows, types } = await read(path)
    // bcftools refuses to print a key that the header does not declare.
    const header = contentOf(join(FOLDER, path))
    const info = fieldNames(types[7]!).filter((key) => header.includes(`##INFO=<ID=${key},`))
    const format = fieldNames(types[8]!).slice(1)
    const pattern = [
      '%CHROM',
      '%POS',
      '%ID',
      '%REF',
      '%ALT',
      '%QUAL',
      '%FILTER',
      '%END',
      ...info.map((key) => `%INFO/${key}`),
    ].join('\t')
    const samples =
      rows[0]?.samples.length === 0 || format.length === 0
        ? ''
        : `[\t${format.map((key) => `%${key}`).join('\t')}]`
    const out = execFileSync('bcftools', ['query', '-f', `${pattern}${samples}\\n`, join(FOLDER, path)], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const lines = out.split('\n').filter((line) => line !== '')
    expect(rows.length).toBe(lines.length)
    rows.forEach((row, i) => {
      const ours = [
        row.chrom,
        String(row.pos),
        printed(row.id),
        row.ref,
        printed(row.alt),
        printed(row.qual),
        row.filter?.join(';') ?? '.',
        String(row.end_pos),
        ...info.map((key) => printed((row.info as Struct | null)?.[key] ?? null)),
        ...(samples === ''
          ? []
          : row.samples.flatMap((sample) => format.map((key) => printed(sample[key]!)))),
      ]
      const theirs = lines[i]!.split('\t')
      expect(ours.length).toBe(theirs.length)
      ours.forEach((value, k) => {
        expectSame(value, theirs[k]!, `record ${i}, cell ${k}`)
      })
    })
  })
})
