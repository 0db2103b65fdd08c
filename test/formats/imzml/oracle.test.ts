/** Every image of ../shared/data, and images in all ways that pyimzML writes them, against pyimzML: all values. */

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DATA, hasData } from '../../sql/runner.ts'
import { type Dumped, dumpAll, expectSame, hasPyimzml, type Made, makeImages, openFiles } from './support.ts'

const real = join(DATA, 'imzml')
if (!hasData()) console.warn(`SKIPPED: ${real} is missing, so no real image was read`)
const found = hasData()
  ? readdirSync(real, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.imzml$/i.test(name))
      .sort()
  : []

const folder = mkdtempSync(join(tmpdir(), 'varve-imzml-'))
afterAll(() => rmSync(folder, { recursive: true }))

const common = { width: 6, height: 5, points: 300 }
const made: Made[] = [
  { ...common, mode: 'processed' as const, vary: true },
  { ...common, mode: 'continuous' as const },
  { ...common, mode: 'processed' as const, mz: 'float32', intensity: 'float64', vary: true, depth: 2 },
  { ...common, mode: 'processed' as const, intensity: 'int32', vary: true },
  { ...common, mode: 'continuous' as const, intensity: 'int64', mz: 'float32' },
  { ...common, mode: 'processed' as const, zlib: ['mz', 'intensity'] as const, vary: true },
  { ...common, mode: 'continuous' as const, zlib: ['mz'] as const },
  { ...common, mode: 'continuous' as const, zlib: ['intensity'] as const },
  // Several blocks of one spectrum, and of many.
  { mode: 'processed' as const, width: 3, height: 2, points: 200_000 },
  { mode: 'processed' as const, width: 70, height: 70, points: 3 },
].map((job, i) => ({ ...job, seed: i, path: join(folder, `${i}.imzML`) }))

const name = ({ path: _, seed: __, ...job }: Made): string => JSON.stringify(job)

describe.skipIf(!hasPyimzml)('equal to pyimzML', () => {
  const dumped = new Map<string, Dumped>()
  beforeAll(() => {
    makeImages(made)
    const paths = [...found.map((file) => join(real, file)), ...made.map(({ path }) => path)]
    for (const [i, one] of dumpAll(paths).entries()) dumped.set(paths[i]!, one)
  }, 120_000)

  it.skipIf(!hasData())('real files are there', () => expect(found.length).toBeGreaterThan(1))

  it.each(found)('%s', async (file) => {
    const path = join(real, file)
    await expectSame(await openFiles(path), dumped.get(path)!)
  })

  it.each(made.map((job) => [name(job), job.path] as const))('%s', async (_, path) => {
    await expectSame(await openFiles(path), dumped.get(path)!)
  })
})
