/** Images through the whole scan service: threads, indexes, slices, and an .ibd that changes behind its XML. */

import { renameSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Bench, failure, query } from '../../scan/support/service.ts'
import { type MadeSpectrum, makeImage } from './image.ts'

const bench = new Bench()
const service = bench.service()

const spectra = (scale: number): MadeSpectrum[] =>
  Array.from({ length: 40 }, (_, i) => ({
    id: `scan=${i}`,
    x: (i % 8) + 1,
    y: Math.floor(i / 8) + 1,
    mz: Array.from({ length: 9000 }, (_value, k) => 100 + k),
    intensity: Array.from({ length: 9000 }, (_value, k) => (i + k) * scale),
  }))

function write(name: string, scale: number): string {
  const { xml, ibd } = makeImage(spectra(scale), { continuous: true })
  bench.file(`${name}.ibd`, ibd)
  return bench.file(`${name}.imzML`, xml)
}

/** x, y and the sum of the intensities of each spectrum. */
async function sums(path: string, predicates: { column: string; op: '<=' | '>='; values: number[] }[] = []) {
  const columns = ['x', 'y', 'intensity', 'mz', 'spectrum']
  const rows = await query(service, 'read_imzml', { args: [path], columns, predicates })
  return rows.map(([x, y, intensity, mz, spectrum]) => ({
    x: x as number,
    y: y as number,
    sum: (intensity as number[]).reduce((sum, value) => sum + value, 0),
    mz: (mz as number[]).length,
    spectrum: Number(spectrum),
  }))
}

const expected = (scale: number) =>
  spectra(scale).map(({ x, y, intensity, mz }, spectrum) => ({
    x,
    y,
    sum: intensity.reduce((sum, value) => sum + value, 0),
    mz: mz.length,
    spectrum,
  }))

describe('the service', () => {
  it('reads all, keeps an index, and reads by it', async () => {
    const path = write('all', 1)
    expect(await sums(path)).toEqual(expected(1))
    expect(bench.cached().filter((file) => file.endsWith('imzml.parquet')).length).toBe(1)
    expect(await sums(path)).toEqual(expected(1))
  })

  it('gives no row of pixels that are not asked for, with an index or without', async () => {
    const path = write('box', 1)
    const box = [
      { column: 'x', op: '>=' as const, values: [3] },
      { column: 'x', op: '<=' as const, values: [4] },
      { column: 'y', op: '<=' as const, values: [2] },
    ]
    const inside = expected(1).filter(({ x, y }) => x >= 3 && x <= 4 && y <= 2)
    expect(inside.length).toBe(4)
    expect(await sums(path, box)).toEqual(inside)
    await sums(path)
    expect(await sums(path, box)).toEqual(inside)
  })

  it('cuts slices that know the .ibd', async () => {
    const path = write('sliced', 1)
    const cut = { strategy: 'region', x: '8', y: '2:4' }
    const [[slice]] = (await query(service, 'slices', { args: [path], named: cut, columns: ['slice'] })) as [
      [string],
    ]
    const read = (): Promise<unknown[][]> =>
      query(service, 'read_slice', { args: [slice], columns: ['x', 'y', 'spectrum'] })
    expect(await read()).toEqual([
      [8, 2, 15n],
      [8, 3, 23n],
      [8, 4, 31n],
    ])
    bench.file('sliced.ibd', makeImage(spectra(2), { continuous: true }).ibd)
    const values = query(service, 'read_slice', { args: [slice], columns: ['intensity'] })
    expect(await failure(values)).toMatchObject({ code: 'stale' })
  })

  it('makes nothing of an index whose .ibd was written anew', async () => {
    const path = write('changed', 1)
    expect(await sums(path)).toEqual(expected(1))
    bench.file('changed.ibd', makeImage(spectra(3), { continuous: true }).ibd)
    expect(await sums(path)).toEqual(expected(3))
  })

  it('finds the .ibd in capitals', async () => {
    const path = write('capitals', 1)
    renameSync(path.replace(/imzML$/, 'ibd'), path.replace(/imzML$/, 'IBD'))
    expect(await sums(path)).toEqual(expected(1))
    renameSync(path.replace(/imzML$/, 'IBD'), path.replace('capitals.imzML', 'other.ibd'))
    expect(await failure(sums(path))).toMatchObject({
      code: 'invalid-data',
      message: expect.stringContaining('imzml: there is no .ibd of the same name beside it'),
    })
  })

  it('names both files where an .ibd is too short', async () => {
    const { xml, ibd } = makeImage(spectra(1))
    const path = bench.file('short.imzML', xml)
    bench.file('short.ibd', ibd.subarray(0, 1_000_000))
    const { code, message } = await failure(sums(path))
    expect(code).toBe('invalid-data')
    expect(message).toMatch(
      /^imzml: the (m\/z|intensity) array of spectrum \d+: it stands at bytes \d+ to \d+, expected within the 1000000 of file:.*short\.ibd \(file:.*short\.imzML\)$/,
    )
  })
})
