/** Clients that people use DuckDB through, each with the binary that it takes: `scripts/extension.sh --clients`. */

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isHere } from '../reference.ts'
import { fastqFile, manyReads } from '../scan/support/corpus.ts'
import { binaryOf, makeSetting, type Setting, TOOLS } from './support.ts'

const CLIENTS = join(TOOLS, 'clients')
const JDBC = join(CLIENTS, 'duckdb_jdbc-2.0.0.0.jar')
const CLI = join(CLIENTS, 'cli/bin/duckdb')
const NOTEBOOK = join(CLIENTS, 'notebook/bin/python')
const OWN = join(import.meta.dirname, 'clients')

const missing = [JDBC, CLI, NOTEBOOK]
  .filter((path) => !existsSync(path))
  .concat(isHere('java') ? [] : ['java'])
if (missing.length > 0) {
  const message = `${missing.join(', ')} missing: scripts/extension.sh --clients installs the clients`
  if (process.env.CI === 'true') throw new Error(message)
  console.error(`\nSKIPPED, ${message.toUpperCase()}\n`)
}

describe.skipIf(missing.length > 0)('through', () => {
  let setting: Setting
  let fastq: string
  beforeAll(() => {
    setting = makeSetting()
    fastq = setting.file('reads.fastq', fastqFile(manyReads(20_000, 7)).raw)
  }, 240_000)
  afterAll(() => setting.close())

  async function run(program: string, args: readonly string[]): Promise<string> {
    const { folder, env } = setting
    // IPython and the CLI keep settings and histories at home.
    const options = { cwd: folder, env: { ...process.env, ...env, HOME: folder }, timeout: 100_000 }
    return (await promisify(execFile)(program, args, options)).stdout
  }

  /** The first reads' numbers of bases, as the Node engine's tests hold them. */
  const bases = async (): Promise<number[]> => {
    const [answer] = await setting.python([`select length(sequence) from '${fastq}' order by record`])
    return answer!.rows!.map(([length]) => Number(length))
  }

  it('JDBC a tree of columns, prepared statements, errors and Stop work as in DBeaver', async () => {
    const lengths = await bases()
    const printed = await run('java', ['-cp', JDBC, join(OWN, 'Jdbc.java'), binaryOf('2.0.0'), fastq])
    expect(printed.trim().split('\n')).toEqual([
      'columns record:BIGINT id:VARCHAR bases:BIGINT',
      'types BIGINT BIGINT',
      `rows 3:${lengths[3]} 4:${lengths[4]}`,
      `rows 19998:${lengths[19998]} 19999:${lengths[19999]}`,
      'count 20000',
      'error IO Error: /nowhere/x.fastq does not exist',
      'cancelled soon',
      'after 20000',
    ])
  }, 120_000)

  it('the DuckDB CLI of PyPI the rows come, with -unsigned', async () => {
    const sql = `select record, length(sequence) as n from '${fastq}' where record < 2 order by record`
    const printed = await run(CLI, ['-unsigned', '-csv', '-c', `load '${binaryOf('1.5.6')}'`, '-c', sql])
    const [first, second] = await bases()
    expect(printed).toBe(`record,n\n0,${first}\n1,${second}\n`)
  }, 60_000)

  it('jupysql and SQLAlchemy the rows come', async () => {
    const rows = (await bases()).slice(0, 3).map((length, i) => [i, length])
    const printed = await run(NOTEBOOK, [join(OWN, 'notebook.py'), binaryOf('2.0.0'), fastq])
    // jupysql says goodbye on stdout.
    expect(JSON.parse(printed.split('\n')[0]!)).toEqual({
      sqlalchemy: { bound: rows, columns: ['record', 'id'], count: 20_000 },
      jupysql: { rows, n: 20_000 },
    })
  }, 60_000)
})
