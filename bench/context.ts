/** What every measure is given: the data on both sides, the peers, and varve itself in two shapes. */

import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { CsvTotals } from './csv-data.ts'
import { type DataFile, ensureBig, ensureCsv, ensureReads, type Reads } from './data.ts'
import type { FastqTotals } from './fastq-data.ts'
import { type LakeSetting, startLakeSetting } from './lake/setting.ts'
import { type Minio, startMinio } from './minio.ts'
import { type MountSetting, startMountSetting } from './mount/setting.ts'
import { findPeers, type PeerName, type Peers } from './peers.ts'
import { type Ran, type RunOptions, run } from './process.ts'
import { BenchError } from './types.ts'
import { startWarm, type Warm } from './warm.ts'

export interface Settings {
  readonly runs: number
  readonly reads: number
  readonly csvBytes: number
  readonly bigBytes: number
  /** Files of the lake's versions. */
  readonly files: number
  readonly quick: boolean
  /** Where the bundled bench lies. */
  readonly built: string
}

export interface Context extends Settings {
  readonly peers: Peers
  fastq(): Promise<Reads>
  /** The same kind of file with another number of reads. */
  fastqOf(reads: number): Promise<Reads>
  csv(): Promise<DataFile<CsvTotals>>
  big(): Promise<DataFile<FastqTotals>>
  minio(): Promise<Minio>
  /** What the lake's measures share, with a MinIO of its own. */
  lake(): Promise<LakeSetting>
  /** What the mount's measures share, with a MinIO of its own. */
  mount(): Promise<MountSetting>
  /** The file in S3, uploaded at the first call. */
  inS3(file: DataFile<unknown>): Promise<string>
  /** A folder of this bench that is deleted at its end. */
  scratch(): string
  /** A lake of its own in S3, with nothing in it. */
  newLake(): Promise<string>
  /** One varve process with an empty cache; `lake` as from `newLake`. */
  varve(args: readonly string[], lake: string, options?: RunOptions): Promise<Ran>
  /** The same without S3 and without a lake. */
  varveBare(args: readonly string[]): Promise<Ran>
  /** A session that stays open, with an empty cache. */
  warm(lake: string): Promise<Warm>
  /** Why this peer cannot be measured, or undefined. */
  missing(...names: readonly PeerName[]): string | undefined
  close(): Promise<void>
}

const BUCKET = 'bench'
const main = join(process.cwd(), 'dist', 'main.js')

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => (made ??= make())
}

export async function makeContext(settings: Settings): Promise<Context> {
  if (!existsSync(main)) throw new BenchError('dist/main.js is not there: npm run build first')
  const parent = join(process.cwd(), 'bench', 'data')
  mkdirSync(parent, { recursive: true })
  const root = mkdtempSync(join(parent, 'scratch-'))
  const scratch = () => mkdtempSync(join(root, 'x'))
  const uploaded = new Map<string, Promise<string>>()
  const sessions: Warm[] = []
  let server: Minio | undefined
  const minio = once(async () => {
    server = await startMinio()
    await server.bucket(BUCKET)
    return server
  })
  let setting: LakeSetting | undefined
  const lake = once(async () => (setting = await startLakeSetting(settings.built, settings.files)))
  let mounting: MountSetting | undefined
  const mount = once(async () => (mounting = await startMountSetting(settings.built, settings.quick)))
  let lakes = 0
  const peers = await findPeers()
  const environment = async (lake: string) => ({
    ...(await minio()).env,
    VARVE_LAKE: lake,
    VARVE_CACHE: scratch(),
    NO_COLOR: '1',
  })
  const varve: Context['varve'] = async (args, lake, options) =>
    run(process.execPath, [main, ...args], {
      ...options,
      cwd: root,
      env: { ...(await environment(lake)), ...options?.env },
    })
  return {
    ...settings,
    peers,
    fastq: once(() => ensureReads(settings.reads)),
    fastqOf: ensureReads,
    csv: once(() => ensureCsv(settings.csvBytes)),
    big: once(() => ensureBig(settings.bigBytes)),
    minio,
    lake,
    mount,
    inS3(file) {
      const upload = async () => {
        await (await minio()).upload(file.path, BUCKET, file.key)
        return `s3://${BUCKET}/${file.key}`
      }
      const there = uploaded.get(file.key) ?? upload()
      uploaded.set(file.key, there)
      return there
    },
    scratch,
    async newLake() {
      const lake = `s3://${BUCKET}/lake-${lakes++}/`
      await varve(['init', lake], lake)
      return lake
    },
    varve,
    varveBare: (args) => run(process.execPath, [main, ...args], { cwd: root, env: { VARVE_CACHE: root } }),
    async warm(lake) {
      const session = await startWarm(settings.built, await environment(lake))
      sessions.push(session)
      return session
    },
    missing(...names) {
      const absent = names.filter((name) => !peers.versions.has(name))
      return absent.length === 0 ? undefined : `${absent.join(', ')} is not installed: scripts/peers.sh`
    },
    async close() {
      await Promise.all(sessions.map((session) => session.stop()))
      await server?.stop()
      await setting?.stop()
      await mounting?.stop()
      rmSync(root, { recursive: true, force: true })
    },
  }
}
