/** What every command gets: where to read and write, what was said globally, and the verbs when needed. */

import type { VarveOptions } from '../library/types.ts'
import { oneOf } from './arguments.ts'
import type { CreateVerbs, Needs, Verbs } from './verbs.ts'

/** The process's edge, so that tests can stand in for it. */
export interface Io {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean | undefined }
  readonly stdout: NodeJS.WritableStream & {
    readonly isTTY?: boolean | undefined
    readonly columns?: number | undefined
  }
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean | undefined }
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Options that every command takes, before or after its name. */
export interface GlobalOptions {
  readonly lake?: string
  readonly json?: boolean
  readonly quiet?: boolean
  /** How the command prints: json and jsonl make errors JSON, too. */
  readonly format?: string
  /** Decoding threads. */
  readonly jobs?: number
}

export interface Context {
  readonly io: Io
  readonly options: GlobalOptions
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
  /** The verbs, made by the first call. */
  verbs(needs?: Needs): Promise<Verbs>
  /** One line on stderr for the person who looks on; nothing with `--quiet`. */
  note(line: string): void
  /** The same with other options; all of them share one set of verbs, made with the options of the first use. */
  with(options: GlobalOptions): Context
  /** From now on SIGTERM is how the command ends well: exit code 0. */
  serves(): void
  /** Takes over Ctrl-C until the returned function is called; for the shell, which goes on after it. */
  onInterrupt(handler: () => void): () => void
}

/** Verbs made on demand and closed once. */
export function lazyVerbs(create: CreateVerbs): {
  get(options: VarveOptions, needs: Needs): Promise<Verbs>
  close(): Promise<void>
} {
  let made: Promise<Verbs> | undefined
  return {
    get: (options, needs) => {
      made ??= Promise.resolve().then(() => create(options, needs))
      return made
    },
    close: async () => {
      if (made === undefined) return
      const verbs = await made.catch(() => undefined)
      await verbs?.close()
    },
  }
}

/** How a command's report is printed. */
export type ReportFormat = 'plain' | 'json' | 'jsonl'

/** Asked before a command acts, so that a wrong `--format` changes nothing: `invalid-input`. */
export function reportFormat({ json, format }: GlobalOptions): ReportFormat {
  if (format !== undefined) return oneOf(format, '--format', ['json', 'jsonl'])
  return json === true ? 'json' : 'plain'
}

/** How a command's list is printed; plain: nothing was said. */
export type ListFormat = ReportFormat | 'table' | 'csv'

/** The same for a list. */
export function listFormat({ json, format }: GlobalOptions): ListFormat {
  if (format !== undefined) return oneOf(format, '--format', ['table', 'csv', 'json', 'jsonl'])
  return json === true ? 'json' : 'plain'
}
