/** The Python package: its own tests (python/tests), types and lint, against the program and extension of this repository. */

import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openStore } from '../../src/store/index.ts'
import { type Minio, startMinio } from '../servers/minio.ts'

const ROOT = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'varve-python-'))
let minio: Minio

/** What scripts/python.sh says; an error has all of it. */
function script(...words: string[]): Promise<string> {
  const env = { ...process.env, VARVE_TEST_S3: JSON.stringify(minio.env) }
  return new Promise((resolve, reject) =>
    execFile(join(ROOT, 'scripts/python.sh'), words, { env, maxBuffer: 2 ** 26 }, (error, out, complaints) =>
      error === null ? resolve(out) : reject(new Error(`${out}\n${complaints}`)),
    ),
  )
}

beforeAll(async () => {
  // Binaries, and a Python with the DuckDB before 2.0.
  const built = ['v2.0.0/varve.duckdb_extension', 'v1.2.0/varve.duckdb_extension', 'python-1.5.6/.ready']
  if (!built.every((name) => existsSync(join(ROOT, '.tools/extension', name))))
    execFileSync(join(ROOT, 'scripts/extension.sh'), { cwd: ROOT, stdio: 'pipe' })
  minio = await startMinio()
  await script()
  // The bucket of docs/notebooks/genomics.ipynb.
  const python = join(ROOT, '.tools/python/bin/python')
  execFileSync(python, [join(ROOT, 'python/tests/genomics.py'), folder])
  const store = openStore(`s3://${minio.bucket('genomics')}/`, { env: minio.env })
  for (const name of ['chr20.vcf.gz', 'people.csv']) await store.put(name, readFileSync(join(folder, name)))
}, 600_000)
afterAll(async () => {
  await minio?.stop()
  rmSync(folder, { recursive: true, force: true })
})

it('has neither lint nor wrong types', async () => {
  expect(await script('--check')).toContain('mypy finds nothing')
}, 120_000)

it('passes its tests, the notebooks among them', async () => {
  expect(await script('--test', '-rs')).toMatch(/\d+ passed in (?!.*skipped)/)
}, 600_000)
