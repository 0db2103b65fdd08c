/**
 * The files that the bench reads: made once from fixed seeds, streamed to bench/data/ (ignored by git), and
 * found again by the manifest beside them.
 */

import { spawn } from 'node:child_process'
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { type CsvTotals, csvChunks } from './csv-data.ts'
import { type FastqTotals, fastqChunks } from './fastq-data.ts'

export interface DataFile<Totals>
  extends Readonly<{ path: string; key: string; bytes: number; totals: Totals }> {}

/** Bump when a generator changes its bytes: files of another version are made anew. */
const VERSION = 1
const GZIP_LEVEL = 6
const folder = join(process.cwd(), 'bench', 'data')

interface Sink {
  readonly input: Writable
  readonly done: Promise<unknown>
}

function fileSink(path: string): Sink {
  const input = createWriteStream(path)
  return { input, done: finished(input) }
}

/** One gzip member, one deflate stream: what `gzip -6` leaves. */
function gzipSink(path: string): Sink {
  const input = createGzip({ level: GZIP_LEVEL, chunkSize: 1 << 20 })
  const file = createWriteStream(path)
  input.pipe(file)
  return { input, done: Promise.all([finished(input), finished(file)]) }
}

function bgzipSink(path: string): Sink {
  const file = createWriteStream(path)
  const child = spawn('bgzip', ['-c', '-l', String(GZIP_LEVEL)], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdout.pipe(file)
  const exited = new Promise<void>((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`bgzip ended with status ${code}`)),
    )
  })
  return { input: child.stdin, done: Promise.all([exited, finished(file)]) }
}

/** Writes every chunk to every sink, no faster than the slowest takes them. */
async function pour<T>(chunks: Generator<Buffer, T>, sinks: readonly Sink[]): Promise<T> {
  const failed = Promise.all(sinks.map((sink) => sink.done))
  failed.catch(() => {}) // awaited below; a failure while pouring must not be an unhandled rejection
  for (;;) {
    const step = chunks.next()
    if (step.done) {
      for (const sink of sinks) sink.input.end()
      await failed
      return step.value
    }
    const drains = sinks.map((sink) =>
      sink.input.write(step.value) ? undefined : new Promise((resolve) => sink.input.once('drain', resolve)),
    )
    await Promise.race([Promise.all(drains), failed])
  }
}

/** The files of one recipe, made together when any of them is missing. */
async function ensure<T>(
  name: string,
  files: Readonly<Record<string, (path: string) => Sink>>,
  chunks: () => Generator<Buffer, T>,
): Promise<Record<string, DataFile<T>>> {
  mkdirSync(folder, { recursive: true })
  const manifest = join(folder, `${name}.v${VERSION}.json`)
  const keys = Object.keys(files)
  if (!existsSync(manifest) || !keys.every((key) => existsSync(join(folder, key)))) {
    process.stderr.write(`bench: making ${keys.join(', ')} (once) …\n`)
    const temporary = (key: string) => join(folder, `${key}.tmp`)
    const totals = await pour(
      chunks(),
      keys.map((key) => (files[key] as (path: string) => Sink)(temporary(key))),
    )
    for (const key of keys) renameSync(temporary(key), join(folder, key))
    writeFileSync(manifest, `${JSON.stringify(totals, null, 2)}\n`)
  }
  const totals = JSON.parse(readFileSync(manifest, 'utf8')) as T
  return Object.fromEntries(
    keys.map((key) => [
      key,
      { path: join(folder, key), key, bytes: statSync(join(folder, key)).size, totals },
    ]),
  )
}

export interface Reads {
  /** One gzip member. */
  readonly gz: DataFile<FastqTotals>
  /** The same reads through bgzip. */
  readonly bgz: DataFile<FastqTotals>
}

export async function ensureReads(reads: number): Promise<Reads> {
  const [gz, bgz] = [`reads-${reads}.fastq.gz`, `reads-${reads}.bgzip.fastq.gz`]
  const made = await ensure(`reads-${reads}`, { [gz]: gzipSink, [bgz]: bgzipSink }, () =>
    fastqChunks(reads, 20),
  )
  return { gz: made[gz]!, bgz: made[bgz]! }
}

/** For the memory measure: a gz whose reads are about `raw` bytes when decompressed. */
export async function ensureBig(raw: number): Promise<DataFile<FastqTotals>> {
  const reads = Math.ceil(raw / 364)
  const key = `big-${reads}.fastq.gz`
  return (await ensure(`big-${reads}`, { [key]: gzipSink }, () => fastqChunks(reads, 21)))[key]!
}

export async function ensureCsv(bytes: number): Promise<DataFile<CsvTotals>> {
  const key = `table-${bytes}.csv`
  return (await ensure(`table-${bytes}`, { [key]: fileSink }, () => csvChunks(bytes, 22)))[key]!
}
