import { createInterface } from 'node:readline'
import { VarveError } from '../../errors.ts'
import type { Context } from '../context.ts'
import { streamOutput } from '../output.ts'
import { stringify, UsageError } from '../report.ts'

/** `varve cat [SLICE | -]`; with --header the first slice read gets the file's header before it. */
export async function cat(
  context: Context,
  given: string | undefined,
  { header = false }: { readonly header?: boolean },
): Promise<void> {
  const { io, signal } = context
  if ((given === undefined || given === '-') && io.stdin.isTTY === true)
    throw new UsageError("missing argument 'slice': give one, or pipe them in, one per line")
  const texts = given === undefined || given === '-' ? sliceLines(io.stdin) : [given]
  const verbs = await context.verbs()
  const output = streamOutput(io.stdout)
  let first = true
  for await (const text of texts) {
    const slice = await verbs.parseSlice(text)
    for await (const bytes of slice.text({ header: header && first, signal })) await output.write(bytes)
    first = false
  }
}

/** One slice per line; the array that `slices --json` prints is taken too. */
async function* sliceLines(input: NodeJS.ReadableStream): AsyncGenerator<string> {
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY, terminal: false })
  let array: string | undefined
  for await (const line of lines) {
    if (array !== undefined) array += `${line}\n`
    else if (line.trimStart().startsWith('[')) array = `${line}\n`
    else if (line.trim() !== '') yield line
  }
  if (array !== undefined) yield* parseArray(array)
}

function parseArray(text: string): string[] {
  try {
    return (JSON.parse(text) as unknown[]).map((slice) => stringify(slice))
  } catch (error) {
    throw new VarveError(
      'invalid-input',
      'standard input begins with "[" but is no JSON array of slices',
      {},
      error,
    )
  }
}
