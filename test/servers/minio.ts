import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A real S3 server of one test file. */
export interface Minio {
  readonly endpoint: string
  readonly accessKey: string
  readonly secretKey: string
  /** What a program needs in its environment to use it. */
  readonly env: Readonly<Record<string, string>>
  /** Makes a bucket, and gives its name. */
  bucket(name?: string): string
  stop(): Promise<void>
}

const root = fileURLToPath(new URL('../../', import.meta.url))
const accessKey = 'varve-test'
const secretKey = 'varve-test-secret'

/** Starts MinIO on a free port of 127.0.0.1 with an empty folder; throws loudly when there is no `minio`. */
export async function startMinio(): Promise<Minio> {
  const program = findMinio()
  const data = mkdtempSync(join(tmpdir(), 'varve-minio-'))
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    const started = await start(program, data, port)
    if (started !== undefined) return minio(started, data, port)
    if (attempt === 3) throw new Error(`minio (${program}) did not start on three free ports`)
  }
}

function minio(child: ChildProcess, data: string, port: number): Minio {
  const endpoint = `http://127.0.0.1:${port}`
  let buckets = 0
  // A test run that dies takes its server along.
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  return {
    endpoint,
    accessKey,
    secretKey,
    env: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: accessKey,
      AWS_SECRET_ACCESS_KEY: secretKey,
      AWS_REGION: 'us-east-1',
    },
    // On a single disk a bucket is a folder; making it so spares the tests a second S3 client.
    bucket(name = `test-${process.pid}-${++buckets}`) {
      mkdirSync(join(data, name))
      return name
    },
    async stop() {
      process.off('exit', kill)
      if (child.exitCode === null && child.signalCode === null) {
        const gone = new Promise((resolve) => child.once('exit', resolve))
        child.kill('SIGTERM')
        const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
        await gone
        clearTimeout(timer)
      }
      rmSync(data, { recursive: true, force: true })
    },
  }
}

/** Resolves once the server answers, or to undefined when it ended (its port was taken meanwhile). */
async function start(program: string, data: string, port: number): Promise<ChildProcess | undefined> {
  const child = spawn(program, ['server', '--quiet', '--address', `127.0.0.1:${port}`, data], {
    stdio: 'ignore',
    env: {
      ...process.env,
      MINIO_ROOT_USER: accessKey,
      MINIO_ROOT_PASSWORD: secretKey,
      MINIO_BROWSER: 'off',
      MINIO_UPDATE: 'off',
      MINIO_CI_CD: 'on',
    },
  })
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; ) {
    if (child.exitCode !== null) return undefined
    const ready = await fetch(`http://127.0.0.1:${port}/minio/health/ready`).then(
      (answer) => answer.ok,
      () => false,
    )
    if (ready) return child
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  child.kill('SIGKILL')
  return undefined
}

function findMinio(): string {
  try {
    return execFileSync('sh', ['-c', 'command -v minio'], { encoding: 'utf8' }).trim()
  } catch {
    const built = join(root, '.tools/bin/minio')
    if (existsSync(built)) return built
    throw new Error(`no S3 server: minio is neither on the PATH nor in ${built}; scripts/minio.sh builds it`)
  }
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}
