/** The law of pushdown through the extension: random queries give the same rows when DuckDB hands filters to the scan. */

import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { indexFile } from '../../src/scan/build.ts'
import { indexFinely } from '../model/pushdown/fine-index.ts'
import { FIXTURES } from '../model/pushdown/fixtures.ts'
import { callOf, queries, viewName } from '../model/pushdown/queries.ts'
import { Bench } from '../scan/support/service.ts'

const RUNS = Number(process.env.VARVE_PUSHDOWN_RUNS ?? 60)
const SEED = Number(process.env.VARVE_PUSHDOWN_SEED ?? Math.floor(Math.random() * 2 ** 31))
const ROOT = join(import.meta.dirname, '../..')
const TOOLS = join(ROOT, '.tools/extension')

/** What random queries have found. */
const CASES = [
  // An OR of lists lost its commas, and the engine refused the scan.
  'select count(*) from v_other_csv where i in (150, 450) or 170141183460469231731687303715884105727 = i',
  'select count(*) from v_other_csv where i in (150, 450) or i in (7, 8) or 9 = i',
]

const bench = new Bench()
const socket = join(bench.folder, 'engine/engine.sock')
let engine: ReturnType<typeof spawn> | undefined

beforeAll(async () => {
  mkdirSync(join(bench.folder, 'engine'), { mode: 0o700 })
  engine = spawn(process.execPath, [join(ROOT, 'dist/main.js'), 'engine', '--socket', socket], {
    stdio: 'ignore',
  })
  await vi.waitUntil(() => existsSync(socket), { timeout: 20_000 })
})
afterAll(() => void engine?.kill())

it(`holds for ${RUNS} random queries`, { timeout: 24 * 3600_000 }, async () => {
  console.log(`pushdown through the extension: ${RUNS} queries, VARVE_PUSHDOWN_SEED=${SEED}`)
  const { context } = bench.service()
  const paths = new Map<string, string>()
  for (const fixture of FIXTURES) {
    const { name, content, beside, format, options } = fixture
    const path = bench.file(name, content)
    paths.set(name, path)
    if (beside !== undefined) bench.file(...beside)
    if (typeof format === 'string') await indexFile(path, context, { format, options })
    else await indexFinely(path, format, context, options && { options })
  }
  const job = {
    binary: join(TOOLS, 'v2.0.0/varve.duckdb_extension'),
    views: FIXTURES.map(
      (fixture) => `create view ${viewName(fixture)} as select * from ${callOf(fixture, paths)}`,
    ),
    queries: [
      ...CASES,
      ...fc.sample(queries(paths), { numRuns: RUNS, seed: SEED }).map(({ sql }) => sql.replace(/[«»]/g, '')),
    ],
  }
  const { stdout, stderr } = spawnSync(
    join(TOOLS, 'python-2.0.0/bin/python'),
    [join(import.meta.dirname, 'differential.py')],
    {
      input: JSON.stringify(job),
      env: { ...process.env, VARVE_ENGINE: socket },
      encoding: 'utf8',
      maxBuffer: 2 ** 30,
    },
  )
  expect(stderr).toBe('')
  const { compared, differences } = JSON.parse(stdout)
  expect(differences.slice(0, 3)).toEqual([])
  expect(compared).toBeGreaterThan(RUNS / 2 + CASES.length)
})
