/** What Tab offers: dot commands, paths inside quotes, and whatever SQL could go on with. */

import { readdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Session } from '../../engine/types.ts'
import { OUTPUT_FORMATS } from '../render/writer.ts'
import { dotCommandNames } from './dot-commands.ts'

/** Candidates, and the end of the line that they would replace: readline's own shape. */
export type Completion = [candidates: string[], replaced: string]

const MOST = 200

/** Completes `line`; `before` is the statement's earlier lines. */
export async function complete(session: Session, before: string, line: string): Promise<Completion> {
  if (before.trim() === '' && line.startsWith('.')) return completeCommand(line)
  const quoted = openQuote(before + line)
  if (quoted !== undefined) return completePath(quoted)
  const text = before + line
  const all = await session.complete(text)
  // DuckDB suggests what resembles the word, too; Tab is expected to go on with what was typed.
  const found = all.filter(({ text: candidate, start }) => goesOn(candidate, text.slice(start)))
  const start = Math.min(...found.map((item) => item.start))
  if (found.length === 0 || start < before.length) return [[], line]
  // readline replaces one piece for all candidates: those that begin later get what stands before them.
  const candidates = found.map((item) => text.slice(start, item.start) + item.text)
  return [[...new Set(candidates)].slice(0, MOST), text.slice(start)]
}

/** After no word at all only names and keywords are offered, not every operator. */
function goesOn(candidate: string, typed: string): boolean {
  if (typed === '') return /^[a-z_]/i.test(candidate)
  return candidate.toLowerCase().startsWith(typed.toLowerCase())
}

async function completeCommand(line: string): Promise<Completion> {
  const [, mode] = /^\.mode\s+(\S*)$/.exec(line) ?? []
  if (mode !== undefined) return [OUTPUT_FORMATS.filter((format) => format.startsWith(mode)), mode]
  const [, path] = /^\.read\s+(.*)$/.exec(line) ?? []
  if (path !== undefined) return completePath(path)
  return [dotCommandNames.filter((name) => name.startsWith(line)), line]
}

/** The text after a quote that is still open. */
function openQuote(text: string): string | undefined {
  const quotes = [...text.matchAll(/'/g)]
  return quotes.length % 2 === 1 ? text.slice(quotes.at(-1)!.index + 1) : undefined
}

/** Files of this machine; folders end in `/`. Paths of other stores are not listed: that costs requests. */
export async function completePath(path: string): Promise<Completion> {
  const scheme = path.startsWith('file://') ? 'file://' : ''
  const local = path.slice(scheme.length)
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(local)) return [[], path]
  const cut = local.lastIndexOf('/') + 1
  const folder = local.slice(0, cut)
  const name = local.slice(cut)
  const real = folder.startsWith('~/') ? join(homedir(), folder.slice(2)) : folder || '.'
  // A folder that cannot be read offers nothing; the statement will say why.
  const entries = await readdir(real === '/' ? real : dirname(`${real}/x`), { withFileTypes: true }).catch(
    () => [],
  )
  const found = entries
    .filter((entry) => entry.name.startsWith(name) && (name.startsWith('.') || !entry.name.startsWith('.')))
    .map((entry) => `${scheme}${folder}${entry.name}${entry.isDirectory() ? '/' : ''}`)
    .sort()
  return [found.slice(0, MOST), path]
}
