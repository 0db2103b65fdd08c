/** What every output format offers, and the list of them. */

import type { ResultColumn } from '../../engine/types.ts'
import { VarveError } from '../../errors.ts'
import type { ColumnBatch } from '../../formats/batch.ts'

/** Turns one result's batches into pieces of output; each piece is written before the next batch is asked for. */
export interface ResultWriter {
  begin(columns: readonly ResultColumn[]): Iterable<string | Uint8Array>
  batch(batch: ColumnBatch): Iterable<string | Uint8Array>
  end(): Iterable<string | Uint8Array>
}

export const OUTPUT_FORMATS = ['table', 'csv', 'json', 'jsonl', 'parquet', 'arrow'] as const

export type OutputFormat = (typeof OUTPUT_FORMATS)[number]

export interface WriterOptions {
  /** Cells that a table may take; none without a terminal. */
  readonly width?: number | undefined
}

/** The writer of a format; parquet has none, because DuckDB itself writes it (`Session.write`). */
export async function createWriter(format: OutputFormat, options: WriterOptions = {}): Promise<ResultWriter> {
  switch (format) {
    case 'table':
      return (await import('./table.ts')).tableWriter(options)
    case 'csv':
      return (await import('./csv.ts')).csvWriter()
    case 'json':
    case 'jsonl':
      return (await import('./json.ts')).jsonWriter(format)
    case 'arrow':
      return (await import('./arrow.ts')).arrowWriter()
    case 'parquet':
      throw new VarveError('internal', 'parquet is written by the session')
  }
}

const ENDINGS: Readonly<Record<string, OutputFormat>> = {
  csv: 'csv',
  json: 'json',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  parquet: 'parquet',
  arrow: 'arrow',
  arrows: 'arrow',
}

/** The format that a file name asks for, when it does. */
export function formatOfPath(path: string): OutputFormat | undefined {
  return ENDINGS[/\.([^.\\/]+)$/.exec(path)?.[1]?.toLowerCase() ?? '']
}

export function parseOutputFormat(text: string): OutputFormat {
  const found = OUTPUT_FORMATS.find((format) => format === text)
  if (found === undefined) {
    throw new VarveError(
      'invalid-input',
      `the output format is "${text}", expected ${OUTPUT_FORMATS.join(', ')}`,
      {
        format: text,
      },
    )
  }
  return found
}
