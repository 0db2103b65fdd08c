import { createReadStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunOptions, Session } from '../engine/types.ts'
import { VarveError } from '../errors.ts'
import type { Context } from './context.ts'
import { streamOutput } from './output.ts'

/** A statement's rows as Parquet, by DuckDB itself: to a file, or through one to standard output. */
export async function writeParquet(
  context: Context,
  session: Session,
  statement: string,
  path: string | undefined,
  options: RunOptions,
): Promise<{ rows: number }> {
  if (path !== undefined) return session.write(statement, path, 'parquet', options)
  // Parquet's footer comes last and its writer seeks: it needs a file first.
  const folder = await mkdtemp(join(tmpdir(), 'varve-'))
  try {
    const file = join(folder, 'result.parquet')
    const report = await session.write(statement, file, 'parquet', options)
    const output = streamOutput(context.io.stdout)
    for await (const piece of createReadStream(file, { highWaterMark: 1 << 20 }))
      await output.write(piece as Uint8Array)
    return report
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Binary formats are kept off terminals. */
export function refuseTerminal(context: Context, format: string): void {
  if (context.io.stdout.isTTY !== true) return
  throw new VarveError(
    'invalid-input',
    `${format} is binary and standard output is a terminal: give a file with -o, or pipe it`,
    { format },
  )
}
