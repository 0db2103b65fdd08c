/** Rows of `files` by someone who wants out of the tree, or to confuse it. */

import { filesSchema } from '../../../src/lake/files.ts'
import { pathKey } from '../../../src/lake/table/key.ts'
import { rewriteTable } from '../../../src/lake/table/rewrite.ts'
import type { Lake, Row } from '../../../src/lake/types.ts'
import { commitTables } from '../../../src/lake/write.ts'

const HASH = 'ab'.repeat(32)

/** A version with these rows, past every check of `add`. */
export async function commitRows(lake: Lake, rows: readonly Row[]): Promise<void> {
  const changes = rows
    .map((row) => ({ key: pathKey(row.path as string), row: { bytes: 1n, sha256: HASH, ...row } }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
  const { table } = await rewriteTable(lake, 'd', undefined, filesSchema([]), changes)
  await commitTables(lake, { dataset: 'd', base: undefined, tables: { files: table }, author: 'test' })
}

export const HOSTILE = [
  '../escape',
  'a/../../escape',
  '/etc/passwd',
  'a//b',
  'a/./b',
  '..',
  'nul\0byte',
  'new\nline',
  'back\\slash',
  'ends/',
  `${'long'.repeat(70)}/x`,
]
