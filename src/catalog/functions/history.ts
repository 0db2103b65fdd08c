/**
 * `history(d [, 'table'])`: every change of every key, oldest first, with the time from which and until which the
 * row was as it then became.
 */

import { comparableTo, mayHold } from '../../index/prune.ts'
import { FILES } from '../../lake/files.ts'
import { checkDatasetName } from '../../lake/names.ts'
import { inLake } from '../../lake/open.ts'
import { gather } from '../../lake/overview.ts'
import { diffTables } from '../../lake/table/diff.ts'
import { sameTable } from '../../lake/table/list.ts'
import type { Lake, RowChange, TableRef, VersionDescription } from '../../lake/types.ts'
import { listVersions } from '../../lake/versions/list.ts'
import { noSuchVersion } from '../../lake/versions/missing.ts'
import { optionalText, textArgument } from '../../scan/arguments.ts'
import type { ScanFunction } from '../../scan/functions/types.ts'
import type { Predicate } from '../../scan/types.ts'
import { changeShape, checkNames } from '../changes.ts'
import { int64, moment, utf8 } from '../fields.ts'
import { prunedByKey } from '../prune.ts'
import { batchesOf, type Cells, streamOf } from '../stream.ts'
import { microsOf, type NamedTable, noSuchTable, partsOf, schemaOf } from '../versions.ts'

const VERSION = [utf8('dataset'), int64('version'), moment('created_at'), utf8('author'), utf8('message')]

const VALIDITY = [moment('valid_from'), moment('valid_to')]

export function history(lake: Lake): ScanFunction {
  return {
    name: 'history',
    positional: 1,
    lists: false,
    named: { table_name: 'text' },
    optional: ['table_name'],
    summary: 'Every change of every file of a dataset, or of every row of a table, oldest first.',
    async bind({ args, named }, _context, signal) {
      const dataset = checkDatasetName(textArgument('the dataset', args[0]))
      const name = optionalText('the table', named.table_name) ?? FILES
      const versions = await inLake(lake, () => versionsOf(lake, dataset, signal), signal)
      const steps = versions.map((version): NamedTable => ({ name, version, ref: version.tables[name] }))
      const schemas = await Promise.all(steps.map((step) => schemaOf(lake, step, signal)))
      const known = schemas.filter((schema) => schema !== undefined)
      if (known.length === 0) throw noSuchTable(name, versions.slice(-1))
      const shape = changeShape([...new Set(known)])
      const columns = checkNames([...VERSION, ...shape.key, ...shape.change, ...VALIDITY], 'history')
      return {
        columns,
        zones: ['version', ...shape.zones],
        open(wanted, predicates) {
          const fields = wanted.map((column) => columns[column]!)
          const ends = fields.some((field) => field.name === 'valid_to')
          const shown = versionFilter(predicates)
          const changes = (i: number, abort: AbortSignal) => changesIn(lake, steps, i, predicates, abort)
          return streamOf(0, async function* (abort) {
            const next = ends ? await laterChanges(steps.length, (i) => changes(i, abort)) : undefined
            const rows = async function* (): AsyncGenerator<Cells> {
              for (const [i, { version }] of steps.entries()) {
                if (!shown(version.number)) continue
                const facts = factsOf(version)
                for await (const change of changes(i, abort)) {
                  const end = next?.get(change.key)?.find((step) => step > i)
                  const valid_to = end === undefined ? null : microsOf(steps[end]!.version.created_at)
                  yield { ...shape.cells(change), ...facts, valid_to }
                }
              }
            }
            yield* batchesOf(fields, rows())
          })
        },
      }
    },
  }
}

async function versionsOf(
  lake: Lake,
  dataset: string,
  signal: AbortSignal | undefined,
): Promise<VersionDescription[]> {
  const versions = await gather(listVersions(lake, dataset, signal))
  if (versions.length > 0) return versions
  throw await noSuchVersion(lake, dataset, { kind: 'latest' }, { signal })
}

function factsOf({ dataset, number, created_at, author, message }: VersionDescription): Cells {
  const created = microsOf(created_at)
  return { dataset, version: number, created_at: created, author, message, valid_from: created }
}

/** Whether the rows of a version can fulfil what is said of their `version`. */
function versionFilter(predicates: readonly Predicate[]): (version: number) => boolean {
  const about = predicates.filter(({ column }) => column === 'version')
  const fitted = about.flatMap((condition) => comparableTo([int64('version')], condition) ?? [])
  return (version) =>
    fitted.every((condition) => mayHold({ min: version, max: version, nulls: false }, condition))
}

/** What a version changed of the one before it that is still there. */
async function* changesIn(
  lake: Lake,
  steps: readonly NamedTable[],
  i: number,
  predicates: readonly Predicate[],
  signal: AbortSignal,
): AsyncGenerator<RowChange> {
  const step = steps[i]!
  const before = steps[i - 1]
  const refs: (TableRef | undefined)[] = [before?.ref, step.ref]
  if (sameTable(refs[0], refs[1])) return
  const older = prunedByKey(before && (await partsOf(lake, before, signal)), predicates)
  const newer = prunedByKey(await partsOf(lake, step, signal), predicates)
  yield* diffTables(lake, older, newer, signal)
}

/**
 * The versions, but for the first, in which each key changed: the only thing that is held, and only when it is asked
 * for. What the first version brought, which may be very many, need not be.
 */
async function laterChanges(
  steps: number,
  changes: (i: number) => AsyncIterable<RowChange>,
): Promise<Map<string, number[]>> {
  const changed = new Map<string, number[]>()
  for (let i = 1; i < steps; i++) {
    for await (const { key } of changes(i)) {
      const known = changed.get(key)
      if (known === undefined) changed.set(key, [i])
      else known.push(i)
    }
  }
  return changed
}
