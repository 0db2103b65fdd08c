import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createCatalog } from '../../src/catalog/index.ts'
import { openSession } from '../../src/engine/session.ts'
import type { Row, TableSchema } from '../../src/lake/types.ts'
import { tagVersion } from '../../src/lake/versions/tags.ts'
import { claims } from '../../src/library/claims.ts'
import { signaturesOf, TABLE_FUNCTIONS } from '../../src/scan/functions/index.ts'
import { createScanService } from '../../src/scan/service.ts'
import { fakeVerbs } from '../catalog/fake-verbs.ts'
import { reads, testLake } from '../catalog/lakes.ts'
import { DATA, hasData, readTestFile, runTestFile, testFiles } from './runner.ts'

const folder = join(import.meta.dirname, 'lake')

const PATIENTS: TableSchema = {
  columns: [
    { name: 'id', type: { kind: 'int64' } },
    { name: 'name', type: { kind: 'utf8' } },
    { name: 'born', type: { kind: 'date' } },
    { name: 'weight', type: { kind: 'float64' } },
  ],
  key: ['id'],
  keyKind: 'values',
}

const VISITS: TableSchema = {
  columns: [
    { name: 'patient', type: { kind: 'int64' } },
    { name: 'day', type: { kind: 'date' } },
  ],
  key: ['patient', 'day'],
  keyKind: 'values',
}

const CAMERA = [{ name: 'camera_id', type: { kind: 'utf8' } }] as const

/**
 * `genomics`, three versions of it:
 *
 *   1 @first   reads/one.fastq (3 records), reads/two.fastq (2), notes.txt (registered), patients 1 2 3
 *   2          reads/one.fastq has 4 records, reads/two.fastq is gone, Reads/Deep/three.fastq (1) is new
 *   3 @paper   patients: 2 is heavier, 3 is gone, 4 is new; visits are new
 *
 * and `empty`, which has a table and no files.
 */
async function makeLake(temporary: string): Promise<void> {
  const { lake, at, commit, upload, register } = await testLake(join(temporary, 'lake'))
  mkdirSync(join(temporary, 'source'))
  const notes = join(temporary, 'source/notes.txt')
  writeFileSync(notes, 'first\nsecond\n')
  writeFileSync(join(temporary, 'source/gone.csv'), 'a,b\n1,2\n')
  const files = [
    await upload('reads/one.fastq', reads('one', 3), { camera_id: 'camera01' }),
    await upload('reads/two.fastq', reads('two', 2), { camera_id: 'camera02' }),
    await register('notes.txt', notes),
    await upload('table.csv', 'a,b\n1,x\n2,y\n'),
    await register('gone.csv', join(temporary, 'source/gone.csv')),
  ]
  rmSync(join(temporary, 'source/gone.csv'))
  const people: Row[] = [
    { id: 1n, name: 'Ada', born: 0, weight: 60.5 },
    { id: 2n, name: 'Bo', born: 366, weight: 70 },
    { id: 3n, name: 'Cy', weight: 80 },
  ]
  await commit(
    'genomics',
    { metadata: CAMERA, files, tables: { patients: { schema: PATIENTS, rows: people } } },
    { label: 'first', message: 'the first reads' },
  )
  at('2026-11-02T10:00:00Z')
  const more = [
    await upload('reads/one.fastq', reads('one', 4), { camera_id: 'camera01' }),
    await upload('Reads/Deep/three.fastq', reads('three', 1)),
  ]
  await commit('genomics', { metadata: CAMERA, files: more, gone: ['reads/two.fastq'] })
  at('2026-11-03T10:00:00Z')
  const { version } = await commit('genomics', {
    tables: {
      patients: {
        schema: PATIENTS,
        rows: [
          { id: 2n, name: 'Bo', born: 366, weight: 75 },
          { id: 4n, name: 'Di', weight: 50 },
        ],
        gone: [{ id: 3n }],
      },
      visits: { schema: VISITS, rows: [{ patient: 1n, day: 10 }] },
    },
  })
  await tagVersion(lake, version, 'paper')
  await commit('empty', { tables: { visits: { schema: VISITS, rows: [{ patient: 1n, day: 10 }] } } })
}

describe('the lake, as sqllogictest files', () => {
  it.each(testFiles(folder).map((path) => [relative(folder, path), path]))('%s', async (_, path) => {
    expect(readTestFile(path!).header.group).toBe('[lake]')
    const temporary = mkdtempSync(join(tmpdir(), 'varve-sql-'))
    process.env.VARVE_CACHE = join(temporary, 'cache')
    const url = join(temporary, path!.endsWith('no-lake.test') ? 'nothing' : 'lake')
    await makeLake(temporary)
    const { lake } = await testLake(join(temporary, 'lake'))
    const { functions, names, procedures } = createCatalog(url, fakeVerbs(lake))
    const scan = createScanService({ lake: url, functions, names, jobs: 2 })
    const signatures = [...TABLE_FUNCTIONS, ...signaturesOf(functions)]
    const session = openSession({ scan, functions: signatures, procedures, claims })
    try {
      const missing = await runTestFile(path!, {
        session,
        variables: { TMP: temporary, DATA },
        provides: { data: hasData() },
      })
      if (missing !== undefined) process.stderr.write(`${path}: skipped, it needs "${missing}"\n`)
    } finally {
      await session.close()
      await scan.close()
      rmSync(temporary, { recursive: true })
    }
  })
})
