/** Arguments that several procedures share. */

import { VarveError } from '../../errors.ts'
import { optionalText } from '../../scan/arguments.ts'
import type { BindRequest } from '../../scan/types.ts'
import type { CommitOptions } from './verbs.ts'

export const COMMIT_ARGUMENTS = { label: 'text', message: 'text', author: 'text' } as const

export function commitOptions({ named }: BindRequest, signal: AbortSignal | undefined): CommitOptions {
  return {
    label: optionalText('label', named.label),
    message: optionalText('message', named.message),
    author: optionalText('author', named.author),
    signal,
  }
}

/** One of some words. */
export function optionalWord<T extends string>(
  name: string,
  value: BindRequest['args'][number] | undefined,
  words: readonly T[],
): T | undefined {
  const text = optionalText(name, value)
  const word = words.find((known) => known === text)
  if (text === undefined || word !== undefined) return word
  const message = `${name} is ${JSON.stringify(text)}, expected one of ${words.join(', ')}`
  throw new VarveError('invalid-input', message, { argument: name })
}
