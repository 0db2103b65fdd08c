/** Rows for a table: of a file that DuckDB or varve reads, of standard input, or of a query. */

import { createWriteStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { quoteText } from '../../engine/quote.ts'
import { VarveError } from '../../errors.ts'
import { fileError } from '../../store/file/errors.ts'

const READERS: Readonly<Record<string, string>> = {
  csv: 'read_csv',
  tsv: 'read_csv',
  tab: 'read_csv',
  psv: 'read_csv',
  json: 'read_json',
  jsonl: 'read_json',
  ndjson: 'read_json',
  parquet: 'read_parquet',
  pq: 'read_parquet',
}

/** Of local files DuckDB's readers take several that are alike as one table, columns by name. */
const UNITED = ', union_by_name := true'

function readerByEnding(file: string): string | undefined {
  const ending = /\.([a-z0-9]+)(?:\.(?:gz|zst))?$/i.exec(file)?.[1]?.toLowerCase() ?? ''
  return READERS[ending]
}

/** The query that reads a file, or the files of a pattern, by its ending. */
export function fileQuery(file: string): string {
  const isRemote = /^[a-z0-9+.-]+:\/\//i.test(file)
  const reader = readerByEnding(file)
  // Everything else that varve reads is a table, too: reads, lines, whatever its head says.
  if (reader === undefined) return `from read_auto(${quoteText(file)})`
  return `from ${reader}(${quoteText(file)}${isRemote ? '' : UNITED})`
}

/** Whether a name stands for one local file, and for no pattern. */
const isPlain = (file: string): boolean => !/^[a-z0-9+.-]+:\/\/|[*?[{]/i.test(file)

/** What DuckDB would say less plainly, or pass over: `not-found` for no file, `invalid-data` for one of no bytes. */
export async function checkFile(file: string): Promise<void> {
  if (!isPlain(file)) return
  const { size } = await stat(file).catch((error: unknown) => {
    throw fileError(error, file)
  })
  if (size === 0 && readerByEnding(file) !== undefined)
    throw new VarveError('invalid-data', `${file} is empty, expected csv, json or parquet`)
}

/** Standard input as a file, for as long as `work` takes: what reads it must look at its beginning twice. */
export async function withStdin<T>(
  stdin: Readable,
  work: (query: string) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'varve-stdin-'))
  try {
    const path = join(folder, 'stdin')
    let head = Buffer.alloc(0)
    const noting = async function* (): AsyncGenerator<Buffer> {
      for await (const piece of stdin) {
        const bytes = Buffer.isBuffer(piece) ? piece : Buffer.from(piece as string)
        if (head.length < 64) head = Buffer.concat([head, bytes.subarray(0, 64)])
        yield bytes
      }
    }
    await pipeline(noting, createWriteStream(path, { mode: 0o600 }), { signal })
    return await work(`from ${readerOf(head)}(${quoteText(path)})`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** CSV unless it begins as JSON or Parquet does. */
function readerOf(head: Buffer): string {
  if (head.length === 0)
    throw new VarveError('invalid-data', 'standard input is empty, expected csv, json or parquet')
  if (head.subarray(0, 4).toString('latin1') === 'PAR1') return 'read_parquet'
  return /^\s*[[{]/.test(head.toString()) ? 'read_json' : 'read_csv'
}
