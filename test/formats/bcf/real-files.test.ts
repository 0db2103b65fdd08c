/** Every VCF and BCF of ../shared/data as BCF: value by value what `read_vcf` gives for the VCF that bcftools makes of it. */

import { describe, expect, it } from 'vitest'
import { runOf } from '../../../src/index/runs.ts'
import { bindBytes, piecesAt, readWork, scanBytes } from '../../scan/support/harness.ts'
import { present } from '../vcf/support.ts'
import { bcfOf, bcftools, FILES, hasBcftools, toPlainBcf, toVcf } from './support.ts'

const rowsOfVcf = async (text: Uint8Array) => {
  const bound = await bindBytes(text, 'vcf')
  return { columns: bound.layout.columns, rows: (await scanBytes(bound)).rows }
}

describe.skipIf(!present || !hasBcftools)('real files', () => {
  it('are all there', () => expect(FILES.length).toBeGreaterThanOrEqual(19))

  it.each(FILES)('%s', async (name) => {
    const bytes = bcfOf(name)
    const expected = await rowsOfVcf(toVcf(bytes))
    const bound = await bindBytes(bytes, 'bcf')
    expect(bound.layout.columns).toEqual(expected.columns)
    const { rows, index } = await scanBytes(bound)
    expect(rows).toEqual(expected.rows)
    // By the index, from any cut, and without compression the rows are the same; of many their places tell it.
    const columns = rows.length > 5000 ? [0, 1, 9] : bound.layout.columns.map((_, i) => i)
    const same = rows.map((row) => columns.map((column) => row[column]!))
    const run = runOf(index, { firstRow: 0, rows: index.rows })
    if (run !== undefined) expect((await readWork(bound, run, columns)).rows).toEqual(same)
    const cuts = [0.2, 0.45, 0.7].map((share) => Math.floor(bytes.length * share))
    expect((await scanBytes(bound, piecesAt(bound, cuts), columns)).rows).toEqual(same)
    expect((await scanBytes(await bindBytes(toPlainBcf(bytes), 'bcf'), undefined, columns)).rows).toEqual(
      same,
    )
  })

  it.each(FILES)('%s: place and end as bcftools query prints them', async (name) => {
    const bytes = bcfOf(name)
    const bound = await bindBytes(bytes, 'bcf')
    const { rows } = await scanBytes(bound, undefined, [0, 1, 9])
    const printed = bcftools(['query', '-f', '%CHROM\t%POS\t%END\\n', '-'], bytes).toString('utf8')
    expect(rows.map((row) => `${row.join('\t')}\n`).join('')).toBe(printed)
  })
})
