/** The Python package: from `varve.connect()` to the first row, with an engine that runs and one that has to start. */

import { existsSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Environment, engineEnvironment, startEngine } from '../extension/setting.ts'
import { run, shell } from '../process.ts'
import { figure, median } from '../timing.ts'
import { expectEqual, type Measure, type Row } from '../types.ts'
import { indexedLake } from '../varve.ts'

const PYTHON = join(process.cwd(), '.tools', 'python', 'bin', 'python')
const SCRIPT = join(process.cwd(), 'bench', 'peers', 'varve_connect.py')
const MS = 1000

async function firstRow(sql: string, env: Environment): Promise<number> {
  const { stdout } = await run(PYTHON, [SCRIPT, sql], { env })
  const { seconds, row } = JSON.parse(stdout.trim()) as { seconds: number; row: readonly number[] }
  expectEqual('varve.connect', 'its first row', row.join(), 0)
  return seconds
}

/** Ends an engine that a client has started: its socket is on its command line. */
async function endStarted({ VARVE_ENGINE: socket }: Environment): Promise<void> {
  await shell('kill $(pgrep -f -- "--socket $1")', [socket!], { allow: [0, 1, 2] })
  rmSync(dirname(socket!), { recursive: true, force: true })
}

function shown(engine: string, seconds: readonly number[], most: number): Row {
  const ms = median([...seconds]) * MS
  const measure = `python: first row after varve.connect(), ${engine}`
  return figure(measure, '–', `≤ ${most} ms`, `${ms.toFixed(0)} ms`, ms <= most)
}

export const python: Measure = {
  name: 'python',
  target: 'first row after varve.connect() ≤ 150 ms, where the engine has to start ≤ 800 ms',
  async run(context) {
    if (!existsSync(PYTHON))
      return [
        figure('python', '–', 'first row', 'not measured', false, `${PYTHON}: scripts/python.sh makes it`),
      ]
    const { gz } = await context.fastq()
    const reads = await context.inS3(gz)
    const sql = `select record from read_fastq('${reads}') limit 1`
    const lake = await indexedLake(context, reads)
    const engine = await startEngine(context, lake)
    const running: number[] = []
    const starting: number[] = []
    try {
      for (let round = 0; round <= context.runs; round++) {
        running.push(await firstRow(sql, engine.env))
        const env = await engineEnvironment(context, lake)
        starting.push(await firstRow(sql, env))
        await endStarted(env)
      }
    } finally {
      await engine.stop()
      rmSync(dirname(engine.env.VARVE_ENGINE!), { recursive: true, force: true })
    }
    return [
      shown('engine running', running.slice(1), 150),
      shown('engine not running', starting.slice(1), 800),
    ]
  },
}
