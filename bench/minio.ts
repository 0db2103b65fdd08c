/** The S3 server of the bench: a real MinIO on a free port of 127.0.0.1, with the bench's data in it. */

import { type ChildProcess, spawn } from 'node:child_process'
import { createReadStream, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type Account, presign } from './presign.ts'
import { BenchError } from './types.ts'

export interface Minio extends Account {
  /** What varve, boto3 and the SDK read their settings from. */
  readonly env: Readonly<Record<string, string>>
  /** Makes a bucket that is not there yet. */
  bucket(name: string): Promise<void>
  upload(path: string, bucket: string, key: string): Promise<void>
  stop(): Promise<void>
}

const ACCOUNT = { accessKey: 'bench-access', secretKey: 'bench-secret-key' }
const START_MS = 20_000

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

function put(url: string, file?: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const length = file === undefined ? 0 : statSync(file).size
    const outgoing = request(url, { method: 'PUT', headers: { 'content-length': length } }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode ?? 0))
    })
    outgoing.on('error', reject)
    if (file === undefined) outgoing.end()
    else
      createReadStream(file, { highWaterMark: 1 << 20 })
        .on('error', reject)
        .pipe(outgoing)
  })
}

async function answers(endpoint: string): Promise<boolean> {
  try {
    return (await fetch(`${endpoint}/minio/health/ready`)).ok
  } catch {
    return false
  }
}

function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
  })
}

/** Starts a server with an empty folder under bench/data/, which `stop` removes again; or on a folder that is kept. */
export async function startMinio(kept?: string): Promise<Minio> {
  const built = join(process.cwd(), '.tools', 'bin', 'minio')
  const program = existsSync(built) ? built : 'minio'
  const parent = join(process.cwd(), 'bench', 'data')
  mkdirSync(parent, { recursive: true })
  const folder = kept ?? mkdtempSync(join(parent, 'minio-'))
  const port = await freePort()
  const endpoint = `http://127.0.0.1:${port}`
  const child = spawn(program, ['server', '--quiet', '--address', `127.0.0.1:${port}`, folder], {
    env: {
      ...process.env,
      MINIO_ROOT_USER: ACCOUNT.accessKey,
      MINIO_ROOT_PASSWORD: ACCOUNT.secretKey,
      MINIO_BROWSER: 'off',
      MINIO_UPDATE: 'off',
      // It walks over all objects again and again, on the cores that are measured.
      MINIO_SCANNER_SPEED: 'slowest',
    },
    stdio: ['ignore', 'ignore', 'ignore'],
  })
  let failure: Error | undefined
  child.on('error', (error) => {
    failure = error
  })
  const clean = async () => {
    await stopped(child)
    if (kept === undefined) rmSync(folder, { recursive: true, force: true })
  }
  const deadline = Date.now() + START_MS
  while (!(await answers(endpoint))) {
    if (failure !== undefined || child.exitCode !== null || Date.now() > deadline) {
      await clean()
      throw new BenchError(
        `minio does not start: ${failure?.message ?? 'no answer'} (scripts/minio.sh builds it)`,
      )
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const account = { endpoint, ...ACCOUNT }
  return {
    ...account,
    env: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: account.accessKey,
      AWS_SECRET_ACCESS_KEY: account.secretKey,
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
    },
    async bucket(name) {
      let status = await put(presign(account, 'PUT', name))
      // It says that it is ready a little before it is.
      for (let tries = 0; status === 503 && tries < 20; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 100))
        status = await put(presign(account, 'PUT', name))
      }
      if (status !== 200 && status !== 409) throw new BenchError(`bucket ${name} was answered with ${status}`)
    },
    async upload(path, bucket, key) {
      const status = await put(presign(account, 'PUT', `${bucket}/${key}`), path)
      if (status !== 200) throw new BenchError(`upload of ${key} was answered with ${status}`)
    },
    stop: clean,
  }
}
