/** Sources in S3: the environment's credentials, buckets that are wrong, and queries that are stopped while they wait. */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openStore } from '../../src/store/index.ts'
import { fastqFile, manyReads } from '../scan/support/corpus.ts'
import { type FaultProxy, startFaultProxy } from '../servers/fault-proxy.ts'
import { type Minio, startMinio } from '../servers/minio.ts'
import { type Answer, makeSetting, type Setting, type Step, VERSIONS } from './support.ts'

/** Seconds: a query that nobody stopped waits for five; a busy machine needs a moment to pass a signal on. */
const AT_ONCE = 2

let setting: Setting
let minio: Minio
let proxy: FaultProxy
let bucket: string
let env: NodeJS.ProcessEnv

beforeAll(async () => {
  setting = makeSetting()
  minio = await startMinio()
  proxy = await startFaultProxy(minio.endpoint)
  bucket = minio.bucket()
  env = { ...minio.env, AWS_ENDPOINT_URL: proxy.endpoint }
  const store = openStore(`s3://${bucket}`, { env: minio.env })
  const bytes = gzipSync(fastqFile(manyReads(60_000, 7)).raw, { level: 1 })
  for (const name of ['some reads', 'scan 2.0.0', 'scan 1.5.6', 'bind 2.0.0', 'bind 1.5.6', 'head 2.0.0'])
    await store.put(`${name}.fastq.gz`, bytes)
  await store.put('t.csv', new TextEncoder().encode('a,b\n1,x\n'))
}, 240_000)
afterAll(async () => {
  setting?.close()
  await proxy?.stop()
  await minio?.stop()
})

/** A socket of its own: an engine keeps the environment of who started it. */
function engineOf(name: string): string {
  mkdirSync(join(setting.folder, name), { mode: 0o700 })
  return join(setting.folder, name, 'e.sock')
}

describe.each(VERSIONS)('in DuckDB %s', (version) => {
  it('s3:// paths are read with the credentials of the environment, and by a name in a FROM', async () => {
    const uri = `s3://${bucket}/some reads.fastq.gz`
    const answers = await setting.python(
      [
        `select count(*), sum(record) from '${uri}'`,
        `select count(*) from read_fastq('s3://${bucket}/*reads.fastq.gz')`,
        `from read_auto('s3://${bucket}/t.csv')`,
      ],
      { version, env },
    )
    expect(answers).toEqual([
      { rows: [['60000', '1799970000']] },
      { rows: [['60000']] },
      { rows: [['1', 'x']] },
    ])
  })

  it('a wrong bucket and a wrong key are named', async () => {
    const [noBucket, noKey] = await setting.python(
      [`from 's3://no-such-bucket/x.fastq'`, `from 's3://${bucket}/nope.fastq'`],
      { version, env },
    )
    expect(noBucket!.error).toContain('s3://no-such-bucket/x.fastq')
    expect(noBucket!.error).toMatch(/does not exist|no-such-bucket/)
    expect(noKey!.error).toContain(`s3://${bucket}/nope.fastq does not exist`)
  })

  it('credentials that are refused, and those that are missing, are said, without the secret', async () => {
    const uri = `from 's3://${bucket}/some reads.fastq.gz'`
    const wrong = {
      ...env,
      AWS_SECRET_ACCESS_KEY: 'wrong-secret',
      VARVE_ENGINE: engineOf(`wrong ${version}`),
    }
    const [refused] = await setting.python([uri], { version, env: wrong })
    expect(refused!.error).toMatch(/denied|refused|forbidden|403/i)
    expect(refused!.error).not.toContain('wrong-secret')
  })
})

describe('a query that waits for S3', () => {
  const file = (name: string): string => `s3://${bucket}/${name}.fastq.gz`

  /** What the step that waits says, when nothing more comes from S3 than what the first statement asked for. */
  async function stalled(version: (typeof VERSIONS)[number], first: string, step: Step): Promise<Answer> {
    let asked = 0
    const answers = await setting.python([first, step, 'select 42'], {
      version,
      env,
      each: () => {
        if (asked++ === 0) proxy.inject({ kind: 'stall', method: 'GET', times: 1000 })
      },
    })
    expect(answers[2]).toEqual({ rows: [['42']] })
    // The fetch has stopped, too.
    await vi.waitFor(() => expect(proxy.open).toBe(0), 5000)
    proxy.reset()
    return answers[1]!
  }

  it.each(VERSIONS)('ends at once on Ctrl-C in DuckDB %s, and its fetch', async (version) => {
    const sql = `select count(*) from '${file(`scan ${version}`)}'`
    const answer = await stalled(version, `describe ${sql.replace('count(*)', '*')}`, { sql, signal: 0.5 })
    expect(answer.error).toMatch(/KeyboardInterrupt|[Ii]nterrupt/)
    expect(answer.seconds).toBeLessThan(AT_ONCE)
  })

  it.each(VERSIONS)('ends at once on Ctrl-C while it is bound in DuckDB %s', async (version) => {
    const sql = `select count(*) from '${file(`bind ${version}`)}'`
    const answer = await stalled(version, 'select 1', { sql, signal: 0.5 })
    expect(answer.error).toMatch(/KeyboardInterrupt|[Ii]nterrupt/)
    expect(answer.seconds).toBeLessThan(AT_ONCE)
  })

  it('ends at once on interrupt() in DuckDB 2.0.0, while it is bound and while it is read', async () => {
    const sql = `select count(*) from '${file('head 2.0.0')}'`
    for (const first of ['select 1', `describe ${sql.replace('count(*)', '*')}`]) {
      const answer = await stalled('2.0.0', first, { sql, interrupt: 0.5 })
      expect(answer.error).toMatch(/[Ii]nterrupt/)
      expect(answer.seconds).toBeLessThan(AT_ONCE)
    }
  })

  it('ends on interrupt() in DuckDB 2.0.0 when the engine has stopped answering', async () => {
    const sql = `select count(*) from '${file('some reads')}'`
    let stopped = 0
    try {
      const [, interrupted] = await setting.python([sql, { sql, interrupt: 0.3 }], {
        env,
        each: () => {
          if (stopped !== 0) return
          stopped = setting.enginePid()
          process.kill(stopped, 'SIGSTOP')
        },
      })
      expect(interrupted!.error).toMatch(/interrupt/i)
      expect(interrupted!.seconds).toBeLessThan(AT_ONCE)
    } finally {
      process.kill(stopped, 'SIGCONT')
    }
  })
})
