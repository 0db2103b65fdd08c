import { createWriter, type OutputFormat } from '../../../src/cli/render/writer.ts'
import type { QueryResult } from '../../../src/engine/types.ts'

/** A whole result as bytes. */
export async function renderBytes(
  result: QueryResult,
  format: OutputFormat,
  width?: number,
): Promise<Buffer> {
  const writer = await createWriter(format, { width })
  const pieces: Buffer[] = []
  const take = (given: Iterable<string | Uint8Array>): void => {
    for (const piece of given) pieces.push(Buffer.from(piece as Uint8Array))
  }
  take(writer.begin(result.columns))
  for await (const batch of result.batches) take(writer.batch(batch))
  take(writer.end())
  return Buffer.concat(pieces)
}

/** A whole result as text. */
export async function render(result: QueryResult, format: OutputFormat, width?: number): Promise<string> {
  return (await renderBytes(result, format, width)).toString('utf8')
}

/** Without the spaces at the ends of lines, which DuckDB pads and varve does not. */
export const trimmed = (text: string): string => text.replace(/[ \t]+$/gm, '')
