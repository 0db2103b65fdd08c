/** Runs statements one by one and writes what they return. */

import type { QueryResult, RunOptions, Session } from '../engine/types.ts'
import { VarveError } from '../errors.ts'
import type { Argument, Progress } from '../scan/types.ts'
import type { Context } from './context.ts'
import { fileOutput, type Output, streamOutput } from './output.ts'
import { writeParquet } from './parquet-output.ts'
import { type ProgressBar, progressBar } from './progress.ts'
import { createWriter, type OutputFormat } from './render/writer.ts'
import { parameterNames } from './shell/statements.ts'
import type { Verbs } from './verbs.ts'

export interface RunnerSettings {
  format: OutputFormat
  timing: boolean
  readonly pushdown: boolean
  readonly params: Readonly<Record<string, Argument>>
  /** A file for the rows instead of standard output. */
  readonly path?: string | undefined
}

export interface RunStatement {
  /** Whether its rows are shown; they are counted all the same. */
  readonly show: boolean
  readonly signal: AbortSignal
}

export interface Outcome {
  readonly rows: number
  readonly returns: QueryResult['returns']
  readonly changed?: number | undefined
}

/** Runs one statement; its rows go where the settings say. */
export async function runStatement(
  context: Context,
  verbs: Verbs,
  session: Session,
  settings: RunnerSettings,
  statement: string,
  { show, signal }: RunStatement,
): Promise<Outcome> {
  const bar = progressBar(context, 'query')
  const timing = startTiming(verbs)
  const options: RunOptions = {
    params: paramsOf(statement, settings.params),
    pushdown: settings.pushdown,
    signal,
    onProgress: (progress: Progress) => bar.update(progress),
  }
  try {
    let outcome: Outcome
    if (show && settings.format === 'parquet') {
      const { rows } = await writeParquet(context, session, statement, settings.path, options)
      outcome = { rows, returns: 'rows' }
    } else outcome = await runAndWrite(context, session, settings, statement, options, show, bar, timing)
    bar.stop()
    if (settings.timing) context.io.stderr.write(`varve-timing ${JSON.stringify(timing.end(outcome.rows))}\n`)
    return outcome
  } finally {
    bar.stop()
  }
}

async function runAndWrite(
  context: Context,
  session: Session,
  settings: RunnerSettings,
  statement: string,
  options: RunOptions,
  show: boolean,
  bar: ProgressBar,
  timing: Timing,
): Promise<Outcome> {
  const output = lazyOutput(context, settings, bar)
  const writes = show && (settings.path !== undefined || settings.format !== 'table')
  let outcome: Outcome = { rows: 0, returns: 'nothing' }
  let written = false
  try {
    for await (const result of session.run(statement, options)) {
      const { returns, changed } = result
      // A statement that returns no rows still leaves a valid, empty document behind.
      const here = show && returns === 'rows'
      if (here && written && settings.format !== 'table')
        throw new VarveError(
          'unsupported',
          `a statement returned rows twice, which ${settings.format} cannot hold`,
        )
      const rows = await writeResult(result, here ? output : undefined, settings.format, context, timing)
      written ||= here
      outcome = { rows: outcome.rows + rows, returns, changed }
    }
    if (writes && !written) await writeNothing(output, settings.format)
    await output.finish()
    return outcome
  } catch (error) {
    await output.discard()
    throw error
  }
}

async function writeResult(
  result: QueryResult,
  output: Output | undefined,
  format: OutputFormat,
  context: Context,
  timing: Timing,
): Promise<number> {
  let rows = 0
  try {
    const writer = output && (await createWriter(format, { width: context.io.stdout.columns }))
    const send = async (pieces: Iterable<string | Uint8Array>): Promise<void> => {
      for (const piece of pieces) await output?.write(piece)
    }
    if (writer) await send(writer.begin(result.columns))
    for await (const batch of result.batches) {
      if (batch.rows > 0) timing.row()
      rows += batch.rows
      if (writer) await send(writer.batch(batch))
    }
    if (writer) await send(writer.end())
  } finally {
    await result.close()
  }
  return rows
}

async function writeNothing(output: Output, format: OutputFormat): Promise<void> {
  const writer = await createWriter(format)
  if (format === 'csv') return output.write('')
  for (const pieces of [writer.begin([]), writer.end()]) for (const piece of pieces) await output.write(piece)
}

/** Opened by the first byte, so that a statement that fails at once touches no file. */
function lazyOutput(context: Context, { path }: RunnerSettings, bar: ProgressBar): Output {
  let opened: Promise<Output> | undefined
  const open = (): Promise<Output> => {
    opened ??= path === undefined ? Promise.resolve(streamOutput(context.io.stdout)) : fileOutput(path)
    return opened
  }
  const onScreen = path === undefined && context.io.stdout.isTTY === true
  return {
    write: async (piece) => {
      if (onScreen) bar.clear()
      await (await open()).write(piece)
    },
    finish: async () => {
      if (opened !== undefined) await (await opened).finish()
    },
    discard: async () => {
      if (opened !== undefined) await (await opened.catch(() => undefined))?.discard()
    },
  }
}

/** Of all `--param`s those that this statement names: another statement of the script may use the others. */
function paramsOf(
  statement: string,
  params: Readonly<Record<string, Argument>>,
): Readonly<Record<string, Argument>> | undefined {
  const names = parameterNames(statement)
  const used = Object.entries(params).filter(([name]) => names.has(name))
  return used.length === 0 ? undefined : Object.fromEntries(used)
}

interface Timing {
  row(): void
  end(rows: number): {
    rows: number
    ms: number
    first_row_ms: number | null
    requests: number
    bytes: number
  }
}

function startTiming(verbs: Verbs): Timing {
  const began = performance.now()
  const { requests, bytes } = verbs.meters
  let first: number | null = null
  const since = (): number => Number((performance.now() - began).toFixed(1))
  return {
    row: () => {
      first ??= since()
    },
    end: (rows) => {
      const now = verbs.meters
      return {
        rows,
        ms: since(),
        first_row_ms: first,
        requests: now.requests - requests,
        bytes: now.bytes - bytes,
      }
    },
  }
}
