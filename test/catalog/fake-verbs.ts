/** Verbs for the procedures: those that need nothing but src/lake do what they say, the others tell what they got. */

import type { CatalogVerbs } from '../../src/catalog/index.ts'
import { valuesFrom } from '../../src/formats/values.ts'
import { removeFiles } from '../../src/lake/edit.ts'
import { parseReference } from '../../src/lake/reference.ts'
import { writeRows } from '../../src/lake/table-write.ts'
import type { Lake, Row } from '../../src/lake/types.ts'
import { resolveVersion } from '../../src/lake/versions/resolve.ts'
import { tagsOf, tagVersion, untag } from '../../src/lake/versions/tags.ts'
import type { Committed } from '../../src/lake/write.ts'

export interface FakeVerbs extends CatalogVerbs {
  /** What was called, with which arguments. */
  readonly calls: (readonly [name: string, ...args: unknown[]])[]
}

export function fakeVerbs(lake: Lake): FakeVerbs {
  const calls: FakeVerbs['calls'] = []
  const plain = (_: string, value: unknown): unknown =>
    value instanceof AbortSignal || value === undefined ? undefined : value
  const note = (name: string, ...args: unknown[]): void => {
    calls.push([name, ...(JSON.parse(JSON.stringify(args, plain)) as unknown[])])
  }
  const report = ({ version, created }: Committed) => ({
    dataset: version.dataset,
    version: version.number,
    created,
    label: version.label,
    hash: version.hash,
  })
  const made = { dataset: 'd', version: 7, created: true, label: null, hash: 'abc' }
  const named = async (reference: string) => {
    const version = await resolveVersion(lake, parseReference(reference))
    const tags = await tagsOf(lake, version)
    return { version, row: { dataset: version.dataset, version: version.number, label: version.label, tags } }
  }
  return {
    calls,
    async label(reference, label) {
      note('label', reference, label)
      return { dataset: 'd', version: 7, label, tags: [] }
    },
    async tag(reference, tag, options) {
      note('tag', reference, tag)
      await tagVersion(lake, (await named(reference)).version, tag, options)
      return (await named(reference)).row
    },
    async untag(dataset, tag, options) {
      note('untag', dataset, tag)
      await untag(lake, dataset, tag, options)
    },
    async delete(reference) {
      note('delete', reference)
    },
    async gc(options) {
      note('gc', options)
      const dry_run = options?.dryRun === true
      return { dry_run, grace_seconds: 60, versions: 3, objects: 2, bytes: 10, deleted: ['objects/aa/aab'] }
    },
    async add(paths, options) {
      note('add', paths, options)
      const counts = { added: 1, changed: 2, unchanged: 3, skipped: 4, bytes: 5, transferred: 6 }
      const error = { code: 'invalid-input', message: 'the path has ".." in it' }
      return { ...made, ...counts, unmatched: 0, heads_unread: 0, failed: [{ path: '../x', error }] }
    },
    async remove(dataset, paths, options = {}) {
      note('remove', dataset, paths, options)
      const removed = await removeFiles(lake, dataset, paths, { ...options, author: options.author ?? 'ada' })
      return { ...report(removed), removed: removed.removed }
    },
    async move(dataset, from, to, options) {
      note('move', dataset, from, to, options)
      return { ...made, moved: 1 }
    },
    async writeTable(dataset, table, source, options = {}) {
      const { columns, batches } = source
      const rows = async function* (): AsyncGenerator<Row> {
        for await (const batch of batches) {
          const values = columns.map(({ type }, i) => valuesFrom(type, batch.columns[i]!))
          for (let row = 0; row < batch.rows; row++)
            yield Object.fromEntries(columns.map(({ name }, i) => [name, values[i]![row] ?? null]))
        }
      }
      const write = { ...options, dataset, table, author: options.author ?? 'ada' }
      const written = await writeRows(lake, write, { columns, rows: rows() })
      const { added, changed, removed } = written
      const count = written.table.parts.reduce((sum, part) => sum + part.rows, 0)
      return { ...report(written), table, rows: count, added, changed, removed }
    },
    fileQuery: (file) => `from read_csv('${file}')`,
    async fork(reference, dataset, options) {
      note('fork', reference, dataset, options)
      return { ...made, dataset }
    },
    async merge(from, into, options) {
      note('merge', from, into, options)
      return { ...made, conflicts: [{ table: 'patients', key: { id: 3n } }] }
    },
  }
}
