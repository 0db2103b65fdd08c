import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createVarve } from '../../src/library/index.ts'
import { openStore } from '../../src/store/index.ts'
import { type Minio, startMinio } from '../servers/minio.ts'
import { DATA, hasData, readTestFile, runTestFile, testFiles } from './runner.ts'

const folder = join(import.meta.dirname, 'formats')
const FIXTURES = join(import.meta.dirname, '../../fixtures')
let minio: Minio
let bucket: string

/** The S3 settings are of this process, as they would be of a user's. */
beforeAll(async () => {
  minio = await startMinio()
  bucket = await minio.bucket()
  Object.assign(process.env, minio.env)
  if (!hasData()) return
  const store = openStore(`s3://${bucket}/`)
  for (const path of [
    'fastq/seqkit/reads_1.fq.gz',
    'fastq/derived/reads_1.bgzip.fq.gz',
    'csv/duckdb/weather.csv',
    'parquet/hyparquet/rowgroups.parquet',
  ]) {
    await store.put(basename(path), readFileSync(join(DATA, path)))
  }
})

afterAll(() => minio?.stop())

describe('the formats, as sqllogictest files', () => {
  it.each(testFiles(folder).map((path) => [relative(folder, path), path]))('%s', async (_, path) => {
    expect(readTestFile(path!).header.group).toBe('[formats]')
    const temporary = mkdtempSync(join(tmpdir(), 'varve-sql-'))
    process.env.VARVE_CACHE = join(temporary, 'cache')
    const varve = createVarve({ lake: join(temporary, 'no-lake') })
    try {
      const missing = await runTestFile(path!, {
        session: await varve.session(),
        variables: { TMP: temporary, DATA, FIXTURES, S3: `s3://${bucket}` },
        provides: { data: hasData() },
      })
      if (missing !== undefined) process.stderr.write(`${path}: skipped, it needs "${missing}"\n`)
    } finally {
      await varve.close()
      rmSync(temporary, { recursive: true })
    }
  })
})
