import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { VarveError } from '../errors.ts'

const loaded = new Set<string>()

/**
 * Sets what `.env` of a folder says in the environment, without touching what is set there already.
 * Once per folder and thread; no file is no error.
 */
export function loadDotEnv(cwd: string = process.cwd()): void {
  if (loaded.has(cwd)) return
  loaded.add(cwd)
  const path = join(cwd, '.env')
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'EISDIR') return
    throw new VarveError('invalid-input', `${path} cannot be read: ${message}`, { path }, error)
  }
  for (const [name, value] of Object.entries(parseEnv(text))) {
    if (value !== undefined) process.env[name] ??= value
  }
}
