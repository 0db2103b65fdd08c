/** The extension in a DuckDB that knows nothing of varve: rows and types of the Node engine, faults, many threads. */

import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createCatalog } from '../../src/catalog/index.ts'
import { valuesFrom } from '../../src/formats/values.ts'
import { createVarve } from '../../src/library/index.ts'
import { TABLE_FUNCTIONS } from '../../src/scan/functions/index.ts'
import { fastqFile, manyReads } from '../scan/support/corpus.ts'

const ROOT = join(import.meta.dirname, '../..')
const TOOLS = join(ROOT, '.tools/extension')
const folder = mkdtempSync(join(tmpdir(), 'varve-extension-'))
const lakeUrl = join(folder, 'lake')
const pids = join(folder, 'pids')
const program = join(folder, 'varve program')
const socket = join(folder, 'engine/engine.sock')
vi.stubEnv('VARVE_CACHE', join(folder, 'cache'))
const varve = createVarve({ lake: lakeUrl, jobs: 2 })

const VCF =
  '##fileformat=VCFv4.3\n##INFO=<ID=DP,Number=1,Type=Integer,Description="d">\n##FORMAT=<ID=GT,Number=1,Type=String,Description="g">\n' +
  '#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ts1\ts2\n' +
  '1\t5\t.\tA\tC,G\t.\tPASS\tDP=7\tGT\t0/1\t./.\n1\t9\trs1\tAC\t.\t3.5\t.\t.\tGT\t0|0\t1/2\n'

function file(name: string, bytes: Uint8Array | string): string {
  writeFileSync(join(folder, name), bytes)
  return join(folder, name)
}

const places = {
  fastq: file('reads.fastq', fastqFile(manyReads(20_000, 7)).raw),
  csv: file('t.csv', 'a,b,c,d,e\n1,x,2.5,2026-01-02,true\n,,,,\n3,"y ""z""",-1e300,1969-12-31,false\n'),
  vcf: file('v.vcf', VCF),
} as const

const QUERIES = JSON.parse(readFileSync(join(import.meta.dirname, 'queries.json'), 'utf8')) as string[]

/** A slice's JSON is known only when the file has an index. */
const known: Record<string, string> = { ...places }
const filled = (query: string): string => query.replace(/\{(\w+)\}/g, (_, name: string) => known[name]!)

interface Step {
  readonly sql: string
  readonly threads?: number
  readonly times?: number
  readonly interrupt?: number
  readonly scanned?: boolean
}

interface Answer {
  readonly rows?: (string | null)[][]
  readonly error?: string
  readonly answers?: Answer[]
  readonly before?: number
  readonly after?: number
  readonly seconds?: number
  readonly scanned?: number[]
}

/** Each DuckDB with the binary that it takes. */
const BINARIES = { '2.0.0': 'v2.0.0', '1.5.6': 'v1.2.0' } as const
const VERSIONS = Object.keys(BINARIES) as (keyof typeof BINARIES)[]

interface Options {
  /** Default 2.0.0. */
  readonly version?: keyof typeof BINARIES
  readonly env?: NodeJS.ProcessEnv
  readonly config?: object
  readonly load?: readonly string[]
  /** Called with each answer as it comes. */
  readonly each?: (answer: Answer) => void
}

/** What DuckDB in Python says to each step. */
async function python(steps: readonly (Step | string)[], options: Options = {}): Promise<Answer[]> {
  const { version = '2.0.0' } = options
  const binary = join(TOOLS, BINARIES[version], 'varve.duckdb_extension')
  const own = { VARVE_ENGINE: socket, VARVE_LAKE: lakeUrl, VARVE_PROGRAM: program }
  const child = spawn(join(TOOLS, `python-${version}/bin/python`), [join(import.meta.dirname, 'client.py')], {
    cwd: folder,
    env: { ...process.env, ...own, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let complaints = ''
  child.stderr.on('data', (text) => {
    complaints += text
  })
  const load = options.load ?? [`load '${binary}'`]
  const config = options.config ?? { allow_unsigned_extensions: 'true' }
  const list = steps.map((step) => (typeof step === 'string' ? { sql: step } : step))
  child.stdin.end(JSON.stringify({ config, load, steps: list }))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const answers: Answer[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === 'ready') continue
    answers.push(JSON.parse(line))
    options.each?.(answers.at(-1)!)
  }
  const code = await ended
  if (code !== 0) throw new Error(`python ended with ${code}: ${complaints}`)
  return answers
}

/** The number of the engine that was started last. */
const enginePid = (): number => Number(readFileSync(pids, 'utf8').trim().split('\n').at(-1))

async function node(sql: string): Promise<(string | null)[][]> {
  const result = await varve.sql(sql)
  const rows: (string | null)[][] = []
  for await (const batch of result.batches) {
    const columns = result.columns.map(({ type }, i) => valuesFrom(type, batch.columns[i]!))
    for (let row = 0; row < batch.rows; row++)
      rows.push(columns.map((column) => (column[row] === null ? null : String(column[row]))))
  }
  return rows
}

beforeAll(async () => {
  execFileSync(join(ROOT, 'scripts/extension.sh'), { cwd: ROOT, stdio: 'pipe' })
  file(
    'varve program',
    `#!/bin/sh\necho $$ >>'${pids}'\nexec '${process.execPath}' '${ROOT}/dist/main.js' "$@"\n`,
  )
  chmodSync(program, 0o755)
  await varve.initLake(lakeUrl)
  const lake = await varve.lake()
  mkdirSync(join(folder, 'files'))
  for (let i = 0; i < 9; i++)
    file(`files/frame-${i}-${i % 2 === 0 ? "O'Connor" : 'Smith'}.txt`, 'x\n'.repeat(i))
  await lake.add([join(folder, 'files')], { dataset: 'd', pattern: 'frame-{frame:int}-{name_of:text}.txt' })
  const query =
    "select 1 as id, 'ann' as name, [{'a': 1.5::decimal(5, 2)}] as more union all select 2, null, null"
  await lake.writeTable('d', 'people', { query }, { key: ['id'] })
  await node(`from varve_index('${places.fastq}')`)
  const [[slice]] = (await node(
    `select slice from slices('${places.fastq}', n := 3) where slice_id = 1`,
  )) as [[string]]
  known.slice = slice.replaceAll("'", "''")
}, 240_000)

afterAll(async () => {
  for (const pid of existsSync(pids) ? readFileSync(pids, 'utf8').trim().split('\n').map(Number) : []) {
    try {
      process.kill(pid)
    } catch {
      // It has ended already.
    }
  }
  await varve.close()
  rmSync(folder, { recursive: true, force: true })
  vi.unstubAllEnvs()
})

describe.each(VERSIONS)('in DuckDB %s rows and types are those of the Node engine', (version) => {
  const asTypes = (query: string): string => `select column_name, column_type from (describe ${query})`
  const asText = (query: string): string => `select to_json(t)::varchar from (${query}) t`
  // By the stable API an argument that may be left out has to be named.
  const queries =
    version === '2.0.0' ? QUERIES : QUERIES.filter((query) => !/(diff|history)\(.*, 'people'\)/.test(query))
  let answers: Answer[]
  beforeAll(async () => {
    answers = await python(
      queries.map(filled).flatMap((query) => [asTypes(query), asText(query)]),
      { version },
    )
  }, 120_000)

  it.each(queries.map((query, i) => [query, i] as const))('%s', async (_, i) => {
    const query = filled(queries[i]!)
    expect(answers[2 * i]).toEqual({ rows: await node(asTypes(query)) })
    expect(answers[2 * i + 1]).toEqual({ rows: await node(asText(query)) })
  })

  it('its functions are all that the engine serves', async () => {
    const served = [...TABLE_FUNCTIONS, ...createCatalog(lakeUrl).functions].map(({ name }) => name)
    const [own] = await python([
      `select distinct function_name from duckdb_functions() where function_type = 'table'`,
    ])
    const names = own!.rows!.map(([name]) => name)
    expect(served.filter((name) => !names.includes(name))).toEqual([])
  })
})

describe.each(VERSIONS)('in DuckDB %s a scan', (version) => {
  it('keeps the order with several threads', async () => {
    const steps = ['set threads = 4', `select record from '${places.fastq}'`]
    const [, all] = await python(steps, { version })
    expect(all!.rows!.map(([record]) => Number(record))).toEqual(Array.from({ length: 20_000 }, (_, i) => i))
  })

  it('may be one of three at once', async () => {
    const sql = `select count(*), sum(record) from '${places.fastq}'`
    const [three] = await python([{ sql, threads: 3 }], { version })
    expect(three!.answers).toEqual(Array(3).fill({ rows: [['20000', '199990000']] }))
  })

  it('that ends early frees what it held: 200 times, and no descriptor is left', async () => {
    const steps = [{ sql: `select id from '${places.fastq}' limit 2`, times: 200 }]
    const [many] = await python(steps, { version })
    expect(many!.rows!.length).toBe(2)
    expect(many!.after).toBe(many!.before)
  })

  it('of a file that a path names from the working folder, with quotes in its name', async () => {
    file('it\'s "odd".csv', 'a\n1\n')
    const [odd] = await python([`from varve_read_csv('it''s "odd".csv')`], { version })
    expect(odd).toEqual({ rows: [['1']] })
  })

  it('of prepared statements runs with each value', async () => {
    const [, first, second] = await python(
      [
        `prepare p as select record from '${places.fastq}' where record = $1`,
        'execute p(7)',
        'execute p(19999)',
      ],
      { version },
    )
    expect([first!.rows, second!.rows]).toEqual([[['7']], [['19999']]])
  })
})

describe.each(VERSIONS)('in DuckDB %s what goes wrong', (version) => {
  it('is said in the words of the engine', async () => {
    const [missing, option, bad, count] = await python(
      [
        `from read_fastq('${folder}/nope.fastq')`,
        `from varve_read_csv('${places.csv}', quote := 'too long')`,
        `from read_fastq('${file('bad.fastq', '@a\nACGT\n+\n!!!\n')}')`,
        `from read_fastq()`,
      ],
      { version },
    )
    expect(missing!.error).toContain(`${folder}/nope.fastq does not exist`)
    expect(option!.error).toMatch(/csv: .*quote/)
    expect(bad!.error).toMatch(/bad\.fastq @ byte/)
    expect(count!.error).toContain('read_fastq')
  })

  it('an engine that is killed in a scan is an error, and the next query has a new one', async () => {
    const copies = Array(20).fill(`'${places.fastq}'`).join(', ')
    const steps = [
      `select count(*) from '${places.fastq}'`,
      `select sum(length(repeat(sequence, 400))) from read_fastq([${copies}])`,
      `select count(*) from '${places.fastq}'`,
    ]
    let asked = 0
    const [first, killed, last] = await python(steps, {
      version,
      each: () => {
        if (asked++ === 0) setTimeout(() => process.kill(enginePid(), 'SIGKILL'), 250)
      },
    })
    expect(first).toEqual({ rows: [['20000']] })
    expect(killed!.error).toContain('the engine has gone away; run the query again')
    expect(last).toEqual({ rows: [['20000']] })
  })

  it('without an engine, what to install is said', async () => {
    const env = { VARVE_PROGRAM: '', VARVE_ENGINE: join(folder, 'none/engine.sock'), PATH: '/nowhere' }
    const [none] = await python(['from datasets()'], { version, env })
    expect(none!.error).toContain('install varve')
    expect(none!.error).toContain('SET varve_engine')
    expect(existsSync(join(folder, 'none'))).toBe(false)
  })

  it('a socket that others could reach is refused', async () => {
    mkdirSync(join(folder, 'open'), { recursive: true })
    chmodSync(join(folder, 'open'), 0o755)
    const env = { VARVE_ENGINE: join(folder, 'open/engine.sock') }
    const [refused] = await python(['from datasets()'], { version, env })
    expect(refused!.error).toContain('which others can enter (mode 755), expected 700')
  })

  it('a program that is no engine is named, with its output', async () => {
    const env = { VARVE_PROGRAM: '/bin/echo hello', VARVE_ENGINE: join(folder, `echo ${version}/e.sock`) }
    const [none] = await python(['from datasets()'], { version, env })
    expect(none!.error).toContain('"/bin/echo hello", did not answer')
    expect(readFileSync(join(folder, `echo ${version}/engine.log`), 'utf8')).toContain('hello engine')
  })
})

it('DuckDB 1.5 is told the names of all options', async () => {
  const own = await python(
    TABLE_FUNCTIONS.map(
      ({ name }) => `select unnest(parameters) from duckdb_functions() where function_name = '${name}'`,
    ),
    { version: '1.5.6' },
  )
  for (const [i, { name, named }] of TABLE_FUNCTIONS.entries()) {
    const known = own[i]!.rows!.map(([option]) => option)
    expect({ name, missing: Object.keys(named).filter((option) => !known.includes(option)) }).toEqual({
      name,
      missing: [],
    })
  }
})

describe('only DuckDB 2.0', () => {
  it('lets a WHERE prune', async () => {
    const from = `from read_fastq('${places.fastq}')`
    const [all, some] = await python([
      { sql: `select sum(length(id)) ${from}`, scanned: true },
      { sql: `select sum(length(id)) ${from} where record > 19990 and record < 20000`, scanned: true },
    ])
    expect(all!.scanned).toEqual([20_000])
    expect(some!.scanned![0]).toBeGreaterThanOrEqual(9)
    expect(some!.scanned![0]).toBeLessThan(20_000)
  })

  it('notices an interrupt when the engine has stopped answering', async () => {
    const sql = `select count(*) from '${places.fastq}'`
    let stopped = 0
    try {
      const [, interrupted] = await python([sql, { sql, interrupt: 0.3 }], {
        each: () => {
          if (stopped !== 0) return
          stopped = enginePid()
          process.kill(stopped, 'SIGSTOP')
        },
      })
      expect(interrupted!.error).toMatch(/interrupt/i)
      expect(interrupted!.seconds).toBeLessThan(0.5)
    } finally {
      process.kill(stopped, 'SIGCONT')
    }
  })

  it('has settings for the lake and the engine', async () => {
    const env = { VARVE_PROGRAM: '', VARVE_LAKE: '', VARVE_ENGINE: join(folder, 'set/engine.sock') }
    const set = [`set varve_engine = '${program}'`, `set varve_lake = '${lakeUrl}'`]
    const [, , datasets] = await python([...set, 'select name from datasets()'], { env })
    expect(datasets).toEqual({ rows: [['d']] })
  })

  it('installs it from a signed repository, without allow_unsigned_extensions', async () => {
    const key = readFileSync(join(TOOLS, 'key.pub.pem'), 'utf8')
    const [count] = await python([`select count(*) from '${places.fastq}'`], {
      // DuckDB keeps repositories and extensions in the home folder.
      env: { HOME: folder },
      config: {},
      load: [
        `set allow_extension_repositories = 'allowed'`,
        `create extension repository varve with prefix '${join(TOOLS, 'repository')}' using public key '${key}'`,
        `install varve from varve`,
        `load varve from varve`,
      ],
    })
    expect(count).toEqual({ rows: [['20000']] })
  })
})
