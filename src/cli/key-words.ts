/**
 * `--key a --key b`, `--key a,b` and `--key a b`: all three are how people write a list.
 *
 * A variadic option of commander's would take the operands behind it for keys, too. How many operands a command
 * has is known, so the first words behind a `--key` are keys as far as there are more words than that.
 */

import type { Option } from 'commander'
import { collectNames } from './arguments.ts'
import { UsageError } from './report.ts'

interface Word {
  readonly text: string
  /** A key for certain, an operand for certain, or a word behind a key that is either. */
  readonly role: 'key' | 'operand' | 'either'
}

/** Takes keys and operands apart; `needed` names the operands, and more or fewer are a usage error. */
export function keysAndOperands(
  argv: readonly string[],
  options: readonly Option[],
  needed: readonly string[],
): { readonly keys: string[]; readonly operands: string[] } {
  const words = classify(argv, options)
  const keys: string[] = []
  const operands: string[] = []
  let surplus = words.filter(({ role }) => role !== 'key').length - needed.length
  for (const { text, role } of words) {
    if (role === 'key') keys.push(text)
    else if (role === 'either' && surplus > 0) {
      surplus--
      keys.push(text)
    } else operands.push(text)
  }
  if (surplus < 0) throw new UsageError(`missing argument '${needed.at(surplus)}'`)
  if (surplus > 0)
    throw new UsageError(`too many arguments: expected ${needed.length}, got ${operands.length}`)
  return { keys: keys.reduce<string[]>((names, text) => collectNames(text, names), []), operands }
}

function classify(argv: readonly string[], options: readonly Option[]): Word[] {
  const words: Word[] = []
  let role: Word['role'] = 'operand'
  for (let i = 0; i < argv.length; i++) {
    const text = argv[i]!
    if (text === '--') {
      for (const rest of argv.slice(i + 1)) words.push({ text: rest, role: 'operand' })
      break
    }
    if (text.length < 2 || !text.startsWith('-')) {
      words.push({ text, role })
      continue
    }
    // `--key=a` is one word, and so is `-mtext`.
    const option = options.find(({ short, long }) => short === text || long === text)
    const inline = text.startsWith('--key=') ? text.slice('--key='.length) : undefined
    const key = inline ?? (option?.long === '--key' ? argv[i + 1] : undefined)
    role = key === undefined ? 'operand' : 'either'
    if (key !== undefined) words.push({ text: key, role: 'key' })
    if (option?.required === true) i++
  }
  return words
}
