/** Where the data is not, may not be read, or cannot be reached; and where the output cannot go. */

import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FaultProxy, startFaultProxy } from '../servers/fault-proxy.ts'
import { freePort, type Minio, startMinio } from '../servers/minio.ts'
import { fastqText } from './data.ts'
import { HostedWorkplace } from './hosted.ts'
import { expectFailure } from './program.ts'

const place = new HostedWorkplace()
afterAll(() => place.remove())

const limit5 = (uri: string): string[] => ['sql', '-c', `from '${uri}' limit 5`]

describe.concurrent('on this machine', () => {
  beforeAll(() => {
    writeFileSync(place.path('reads.fastq'), fastqText(20))
    mkdirSync(place.path('folder.fastq'))
    symlinkSync('round.fastq', place.path('round.fastq'))
  })

  test.each([
    ['none.fastq', 'not-found', /^none\.fastq does not exist$/],
    ['none/at/all.fastq', 'not-found', /does not exist$/],
    ['reads.fastq/inside.fastq', 'not-found', /does not exist$/],
    ['none-*.fastq', 'not-found', /^no file matches none-\*\.fastq$/],
    ['folder.fastq', 'invalid-input', /folder\.fastq is a folder, expected a file/],
    ['round.fastq', 'invalid-input', /round\.fastq is a symbolic link that leads to itself/],
    ['gs://bucket/x.fastq', 'unsupported', /no store for gs:\/\//],
  ] as const)('%s', async (path, code, message) => {
    await expectFailure(place, limit5(path), code, message)
    if (!path.includes('*')) await expectFailure(place, ['info', path], code, message)
  })

  test('a missing file of several is the one that is named', async () => {
    const sql = "select count(*) from read_fastq(['reads.fastq', 'none.fastq'])"
    await expectFailure(place, ['sql', '-c', sql], 'not-found', /none\.fastq does not exist$/)
  })

  test('a file that this user may not read', async ({ skip }) => {
    writeFileSync(place.path('secret.fastq'), fastqText(3))
    chmodSync(place.path('secret.fastq'), 0o000)
    // root may read everything, so someone else must try; it needs a node that they can run.
    const root = process.getuid?.() === 0
    if (root && !runsAsNobody()) skip('nobody cannot run this node')
    chmodSync(place.dir, 0o777)
    const argv = ['info', place.path('secret.fastq')]
    const env = { VARVE_CACHE: place.path('.cache-of-nobody') }
    await expectFailure(place, argv, 'denied', /secret\.fastq may not be accessed by this user/, {
      env,
      ...(root && { uid: NOBODY }),
    })
  })
})

const NOBODY = 65_534

function runsAsNobody(): boolean {
  try {
    execFileSync(process.execPath, ['--version'], { uid: NOBODY, gid: NOBODY })
    return true
  } catch {
    return false
  }
}

describe.concurrent('in S3', () => {
  let minio: Minio
  let proxy: FaultProxy
  let bucket: string
  const keys = { AWS_ACCESS_KEY_ID: 'some-key-id', AWS_SECRET_ACCESS_KEY: 'some-secret-text' }

  beforeAll(async () => {
    minio = await startMinio()
    proxy = await startFaultProxy(minio.endpoint)
    bucket = minio.bucket()
  })
  afterAll(async () => {
    await proxy?.stop()
    await minio?.stop()
  })

  test('a missing key, a missing bucket', async () => {
    const options = { env: minio.env }
    const key = `s3://${bucket}/none.fastq.gz`
    await expectFailure(place, limit5(key), 'not-found', /^s3:\/\/\S+none\.fastq\.gz does not exist/, options)
    await expectFailure(place, ['info', key], 'not-found', /none\.fastq\.gz does not exist/, options)
    await expectFailure(place, limit5('s3://no-such-bucket/x.fastq'), 'not-found', /no-such-bucket/, options)
    const pattern = `s3://${bucket}/**/*.fastq`
    await expectFailure(place, limit5(pattern), 'not-found', /^no file matches s3:/, options)
  })

  test('a wrong secret key, an unknown access key: denied, and neither is printed', async () => {
    const uri = `s3://${bucket}/x.fastq`
    for (const env of [
      { ...minio.env, AWS_SECRET_ACCESS_KEY: 'not-the-secret' },
      { ...minio.env, AWS_ACCESS_KEY_ID: 'nobody-knows' },
    ]) {
      const failure = await expectFailure(place, limit5(uri), 'denied', /^s3:\/\/.*(key|permitted)/, { env })
      const said = JSON.stringify(failure)
      for (const secret of ['not-the-secret', 'nobody-knows', minio.accessKey, minio.secretKey])
        expect(said).not.toContain(secret)
      await expectFailure(place, ['index', uri], 'denied', /^s3:/, { env, stdout: /"failed": \[/ })
    }
  })

  test('expired credentials: denied, and what to renew', async () => {
    const env = { ...keys, AWS_SESSION_TOKEN: 'a-token-of-old', AWS_ENDPOINT_URL: proxy.endpoint }
    proxy.inject({ kind: 'status', status: 400, code: 'ExpiredToken', times: 1000 })
    const uri = `s3://${bucket}/x.fastq`
    const expired = /session token has expired; renew AWS_SESSION_TOKEN/
    const failure = await expectFailure(place, limit5(uri), 'denied', expired, { env })
    expect(JSON.stringify(failure)).not.toContain('a-token-of-old')
    expect(proxy.requests.length).toBeLessThan(6)
    proxy.reset()
    // A real server that does not know the token.
    const unknown = { ...minio.env, AWS_SESSION_TOKEN: 'no-token-at-all' }
    await expectFailure(
      place,
      limit5(uri),
      'denied',
      /does not know the (session token|access key)|permitted/,
      {
        env: unknown,
      },
    )
  })

  test('a port where nothing listens, a name that nobody knows, a server that is none', async () => {
    const refused = { ...keys, AWS_ENDPOINT_URL: `http://127.0.0.1:${await freePort()}` }
    const uri = 's3://bucket/x.fastq'
    await expectFailure(
      place,
      limit5(uri),
      'unavailable',
      /cannot be reached at http:\/\/127.*nothing listens/,
      {
        env: refused,
      },
    )
    const unknown = { ...keys, AWS_ENDPOINT_URL: 'http://nowhere.invalid:9000' }
    await expectFailure(place, ['info', uri], 'unavailable', /nowhere\.invalid:9000: .*DNS/, { env: unknown })
    proxy.inject({ kind: 'page', times: 1000 })
    const page = { ...keys, AWS_ENDPOINT_URL: proxy.endpoint }
    await expectFailure(place, ['info', uri], 'unsupported', /^s3:\/\/bucket\/x\.fastq /, { env: page })
    proxy.reset()
  })

  test.each([
    [{ AWS_ACCESS_KEY_ID: 'a' }, 'invalid-input', /^AWS_SECRET_ACCESS_KEY is not set/],
    [{ S3_ENDPOINT: 'localhost:1', S3_SECRET_KEY: 'a' }, 'invalid-input', /^S3_ACCESS_KEY is not set/],
    [
      { S3_ENDPOINT: 'ftp://x', S3_ACCESS_KEY: 'a', S3_SECRET_KEY: 'b' },
      'invalid-input',
      /^S3_ENDPOINT begins with ftp/,
    ],
    [keys, 'invalid-input', /needs AWS_REGION, which is not set/],
    [{ AWS_REGION: 'eu-west-1' }, 'denied', /set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY/],
    [{ S3_ENDPOINT: 'localhost:1' }, 'denied', /set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY/],
  ] as const)('settings %j: the missing one is named', async (env, code, message) => {
    await expectFailure(place, ['info', 's3://bucket/x.fastq'], code, message, { env })
  })

  test('a .env of the folder gives the settings', async () => {
    const other = new HostedWorkplace()
    const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = minio.env
    writeFileSync(
      other.path('.env'),
      `S3_ENDPOINT=${minio.endpoint}\nS3_ACCESS_KEY="${id}"\nS3_SECRET_KEY='${secret}'\n`,
    )
    await expectFailure(other, ['info', `s3://${bucket}/x.fastq`], 'not-found', /does not exist/)
    other.remove()
  })
})

describe.concurrent('the output', () => {
  const small = "select 'x' as x from range(200000)"

  test('a folder that is not there, a folder, a file as folder', async () => {
    await expectFailure(
      place,
      ['sql', '-c', small, '-o', 'none/x.csv'],
      'not-found',
      /none\/x\.csv cannot be written/,
    )
    await expectFailure(place, ['sql', '-c', small, '-o', 'none/x.parquet'], 'not-found', /none\/x\.parquet/)
    await expectFailure(
      place,
      ['sql', '-c', small, '-o', 'folder.fastq', '--format', 'csv'],
      'invalid-input',
      /is a folder/,
    )
    await expectFailure(
      place,
      ['sql', '-c', small, '-o', 'reads.fastq/x.csv'],
      'not-found',
      /reads\.fastq\/x\.csv/,
    )
  })

  test('a disk that is full', async () => {
    const full = /no space/i
    await expectFailure(
      place,
      ['sql', '-c', small, '--format', 'csv', '-o', '/dev/full'],
      'unavailable',
      full,
    )
  })

  test('a small disk that fills up: nothing is left on it', async ({ skip }) => {
    const disk = place.path('disk')
    mkdirSync(disk)
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'none', disk], { stdio: 'ignore' })
    } catch {
      skip('a tmpfs cannot be mounted here')
    }
    try {
      for (const name of ['x.csv', 'x.json', 'x.arrow', 'x.parquet']) {
        const sql = 'select random() as x from range(400000)'
        await expectFailure(place, ['sql', '-c', sql, '-o', `disk/${name}`], 'unavailable', /no space/i)
      }
      // Indexes are a gift of the scan: without room for it the rows come all the same.
      writeFileSync(`${disk}/fill`, Buffer.alloc(256 * 1024 - 8192))
      const env = { VARVE_CACHE: `${disk}/cache` }
      const ended = await place.run(
        ['sql', '-c', "select count(id) as n from 'reads.fastq'", '--format', 'csv'],
        { env },
      )
      expect(ended).toMatchObject({ code: 0, stdout: 'n\n20\n' })
    } finally {
      execFileSync('umount', [disk])
    }
  })
})
