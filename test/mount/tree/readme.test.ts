/** Each promise of src/mount/README.md has the test that it names. */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '../../..')
/** The sections whose headings begin with "Promises". */
const readme = readFileSync(join(root, 'src/mount/README.md'), 'utf8')
  .split(/^(?=## )/m)
  .filter((section) => section.startsWith('## Promises'))
  .join('')

/** Rows `| promise | `file`: title |`; the suite that implementations share is called by its function. */
const promises = [...readme.matchAll(/^\| (.+?) \| `([\w./-]+)`: (.+?) \|$/gm)].map(
  ([, promise = '', file = '', title = '']) => ({ promise, file, title }),
)

const FOLDERS = ['test/mount/tree', 'test/mount/reading', 'test/mount/fuse', 'test/mount', 'test/e2e']

function pathOf(file: string): string {
  if (file === 'vfsContract') return join(root, 'test/contract/vfs.ts')
  const found = FOLDERS.map((folder) => join(root, folder, file)).find((path) => existsSync(path))
  return found ?? join(root, file)
}

it('promises something, every time with a test', () => {
  expect(promises.length).toBeGreaterThan(25)
  const rows = readme.split('\n').filter((line) => /^\| (?!promise|---|-)/.test(line))
  expect(promises.length).toBe(rows.length)
})

it('names tests that are there', () => {
  const missing = promises.filter(({ file, title }) => {
    const path = pathOf(file)
    return !existsSync(path) || !readFileSync(path, 'utf8').includes(title)
  })
  expect(missing).toEqual([])
})
