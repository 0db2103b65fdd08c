/** `diff(a, b [, 'table'])`: what changed from one version to another. */

import { FILES } from '../../lake/files.ts'
import { diffTables } from '../../lake/table/diff.ts'
import { sameTable } from '../../lake/table/list.ts'
import type { Lake } from '../../lake/types.ts'
import { optionalText, textArgument } from '../../scan/arguments.ts'
import type { ScanFunction } from '../../scan/functions/types.ts'
import { changeShape, checkNames } from '../changes.ts'
import { prunedByKey } from '../prune.ts'
import { batchesOf, type Cells, streamOf } from '../stream.ts'
import { type NamedTable, noSuchTable, partsOf, schemaOf, versionOf } from '../versions.ts'

export function diff(lake: Lake): ScanFunction {
  return {
    name: 'diff',
    positional: 2,
    lists: false,
    named: { table_name: 'text' },
    optional: ['table_name'],
    summary: 'What changed from one version to another: files, or the rows of a table.',
    async bind({ args, named }, _context, signal) {
      const name = optionalText('the table', named.table_name) ?? FILES
      const references = [
        textArgument('the first version', args[0]),
        textArgument('the second version', args[1]),
      ]
      const versions = await Promise.all(references.map((reference) => versionOf(lake, reference, signal)))
      const [a, b] = versions.map((version): NamedTable => ({ name, version, ref: version.tables[name] }))
      const schemas = await Promise.all([schemaOf(lake, a!, signal), schemaOf(lake, b!, signal)])
      const known = schemas.filter((schema) => schema !== undefined)
      if (known.length === 0) throw noSuchTable(name, versions)
      const shape = changeShape(known)
      const columns = checkNames([...shape.key, ...shape.change], 'diff')
      const rows = sameTable(a!.ref, b!.ref) ? 0 : (a!.ref?.rows ?? 0) + (b!.ref?.rows ?? 0)
      return {
        columns,
        zones: shape.zones,
        cardinality: { rows, exact: rows === 0 },
        open(wanted, predicates) {
          const fields = wanted.map((column) => columns[column]!)
          return streamOf(rows, async function* (abort) {
            if (rows === 0) return
            const sides = await Promise.all([partsOf(lake, a!, abort), partsOf(lake, b!, abort)])
            const [older, newer] = sides.map((side) => prunedByKey(side, predicates))
            const changes = async function* (): AsyncGenerator<Cells> {
              for await (const change of diffTables(lake, older, newer, abort)) yield shape.cells(change)
            }
            yield* batchesOf(fields, changes())
          })
        },
      }
    },
  }
}
