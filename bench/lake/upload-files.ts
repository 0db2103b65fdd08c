/** Files to upload, all different, made once. */

import { randomFillSync } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The folder with `files` files of `bytes` random bytes each. */
export function ensureUploads(files: number, bytes: number): string {
  const folder = join(process.cwd(), 'bench', 'data', `uploads-${files}x${bytes}`)
  if (existsSync(folder)) return folder
  process.stderr.write(`bench: making ${files} files in ${folder} …\n`)
  const unfinished = `${folder}.tmp`
  rmSync(unfinished, { recursive: true, force: true })
  mkdirSync(unfinished, { recursive: true })
  const body = Buffer.alloc(bytes)
  for (let i = 0; i < files; i++)
    writeFileSync(join(unfinished, `file-${String(i).padStart(5, '0')}.bin`), randomFillSync(body))
  renameSync(unfinished, folder)
  return folder
}
