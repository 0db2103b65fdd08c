/** What was typed, kept between sessions in a file that only its owner can read. */

import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

/** Entries kept. */
export const HISTORY_SIZE = 2000

/** `VARVE_HISTORY`, else `varve/history` in the user's state folder (XDG_STATE_HOME, ~/.local/state). */
export function historyPath(env: Readonly<Record<string, string | undefined>>): string {
  if (env.VARVE_HISTORY) return env.VARVE_HISTORY
  return join(env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'varve', 'history')
}

/** Entries, newest first, as readline wants them; none when there is no file. */
export function loadHistory(path: string): string[] {
  try {
    const lines = readFileSync(path, 'utf8').split('\n')
    return lines
      .filter((line) => line !== '')
      .slice(-HISTORY_SIZE)
      .reverse()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Writes the entries, oldest first, whole or not at all. */
export function saveHistory(path: string, newestFirst: readonly string[]): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const lines = newestFirst.filter(isKept).slice(0, HISTORY_SIZE).reverse()
  const beside = `${path}.${process.pid}.tmp`
  writeFileSync(beside, lines.map((line) => `${line}\n`).join(''), { mode: 0o600 })
  chmodSync(beside, 0o600)
  renameSync(beside, path)
}

/** Statements that set secrets are not kept. */
const isKept = (line: string): boolean => !/\b(secret|password|token|access_key|secret_key)\b/i.test(line)
