/** Errors on stderr and lists on stdout, plain or as JSON. */

import { CODES, errorToJson, isVarveError, type VarveError } from '../errors.ts'
import type { Context, GlobalOptions, Io } from './context.ts'
import { streamOutput } from './output.ts'

/** The command line itself cannot be parsed: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Some files failed, the rest is done: exit code 3. */
export class PartialFailure extends Error {
  override readonly name = 'PartialFailure'

  constructor(
    message: string,
    readonly failures: readonly VarveError[],
  ) {
    super(message)
  }
}

export const EXIT = { done: 0, usage: 2, partial: 3, interrupted: 130 } as const

export function exitCode(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage
  if (error instanceof PartialFailure) return EXIT.partial
  return isVarveError(error) ? CODES[error.code].exit : CODES.internal.exit
}

/** Whether errors are JSON objects: said by an option, or, when the line could not be parsed, by its words. */
export function wantsJson(options: GlobalOptions, argv: readonly string[]): boolean {
  if (options.json === true || options.format === 'json' || options.format === 'jsonl') return true
  return argv.some(
    (arg, i) =>
      arg === '--json' ||
      /^--format=jsonl?$/.test(arg) ||
      (arg === '--format' && /^jsonl?$/.test(argv[i + 1] ?? '')),
  )
}

/** One message, or one JSON object `{ code, message, details }`. */
export function printError(io: Io, error: unknown, json: boolean): void {
  const { code, message, details } = errorObject(error)
  if (json) io.stderr.write(`${stringify({ code, message, details })}\n`)
  else io.stderr.write(`varve: ${message}\n`)
}

function errorObject(error: unknown): { code: string; message: string; details: unknown } {
  if (error instanceof UsageError) return { code: 'invalid-input', message: error.message, details: {} }
  if (error instanceof PartialFailure) {
    const failed = error.failures.map(errorToJson)
    return { code: failed[0]?.code ?? 'internal', message: error.message, details: { failed } }
  }
  return errorToJson(error)
}

/** JSON with bigints: numbers in the safe range, strings outside. */
export function stringify(value: unknown, indent?: number): string {
  return JSON.stringify(
    value,
    (_, item: unknown) => {
      if (typeof item !== 'bigint') return item
      const number = Number(item)
      return Number.isSafeInteger(number) ? number : item.toString()
    },
    indent,
  )
}

/** Writes text to stdout, with backpressure. */
export async function print(context: Context, text: string): Promise<void> {
  await streamOutput(context.io.stdout).write(text)
}
