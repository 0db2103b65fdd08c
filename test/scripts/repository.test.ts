/** What the repository holds is the project and nothing of the machine it was made on. */

import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
/** What installers and builds fill, and an unpacked copy without history may hold. */
const MADE = /^(\.tools|node_modules|dist)(\/|$)/

interface Entry {
  readonly path: string
  readonly link: boolean
}

/** Of a clone what git tracks; of an unpacked copy what is there, aside from what was made in it. */
function entries(): Entry[] {
  if (existsSync(join(root, '.git'))) {
    return execFileSync('git', ['-c', 'safe.directory=*', 'ls-files', '--stage'], {
      cwd: root,
      encoding: 'utf8',
    })
      .trimEnd()
      .split('\n')
      .map((line) => ({ path: line.slice(line.indexOf('\t') + 1), link: line.startsWith('120000') }))
  }
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => !MADE.test(entry.name))
    .flatMap((entry) => [
      { path: entry.name, link: entry.isSymbolicLink() },
      ...(entry.isDirectory()
        ? readdirSync(join(root, entry.name), { withFileTypes: true, recursive: true }).map((child) => ({
            path: join(entry.name, child.name),
            link: child.isSymbolicLink(),
          }))
        : []),
    ])
}

// A link to another folder of the author's machine once took the place of .tools, and nothing could be installed there.
test('holds no symbolic link, and nothing of the folders that installers fill', () => {
  const all = entries()
  expect(all.length).toBeGreaterThan(500)
  expect(all.filter(({ path, link }) => link || MADE.test(path))).toEqual([])
})
