/** `varve_label`, `varve_tag`, `varve_untag`, `varve_delete`, `varve_gc`, `varve_fork`, `varve_merge`. */

import { optionalBoolean, textArgument } from '../../scan/arguments.ts'
import type { ScanFunction } from '../../scan/functions/types.ts'
import { bool, int64, listOf, texts, utf8 } from '../fields.ts'
import { COMMIT_ARGUMENTS, commitOptions } from './arguments.ts'
import { COMMIT_COLUMNS, commitCells, procedure, type Report } from './procedure.ts'
import type { CatalogVerbs } from './verbs.ts'

const LABELLED = [utf8('dataset'), int64('version'), utf8('label'), texts('tags')]

/** `varve_label` and `varve_tag`, which differ in nothing but what they do. */
function naming(verbs: CatalogVerbs, verb: 'label' | 'tag', summary: string): ScanFunction {
  return procedure({
    name: `varve_${verb}`,
    positional: 2,
    named: {},
    summary,
    columns: LABELLED,
    prepare({ args }) {
      const reference = textArgument('the version', args[0])
      const name = textArgument(`the ${verb}`, args[1])
      return async (signal): Promise<Report> => {
        const { dataset, version, label, tags } = await verbs[verb](reference, name, { signal })
        return { dataset, version, label, tags }
      }
    },
  })
}

const untag = (verbs: CatalogVerbs): ScanFunction =>
  procedure({
    name: 'varve_untag',
    positional: 2,
    named: {},
    summary: 'Removes a tag; for CALL.',
    columns: [utf8('dataset'), utf8('tag')],
    prepare({ args }) {
      const dataset = textArgument('the dataset', args[0])
      const tag = textArgument('the tag', args[1])
      return async (signal) => {
        await verbs.untag(dataset, tag, { signal })
        return { dataset, tag }
      }
    },
  })

const deletion = (verbs: CatalogVerbs): ScanFunction =>
  procedure({
    name: 'varve_delete',
    positional: 1,
    named: {},
    summary: 'Deletes a version that is neither the latest nor tagged; for CALL.',
    columns: [utf8('deleted')],
    prepare({ args }) {
      const reference = textArgument('the version', args[0])
      return async (signal) => {
        await verbs.delete(reference, { signal })
        return { deleted: reference }
      }
    },
  })

const gc = (verbs: CatalogVerbs): ScanFunction =>
  procedure({
    name: 'varve_gc',
    positional: 0,
    named: { dry_run: 'boolean' },
    summary: 'Deletes what no version needs any more, or tells with dry_run := true; for CALL.',
    columns: [
      bool('dry_run'),
      int64('grace_seconds'),
      int64('versions'),
      int64('objects'),
      int64('bytes'),
      texts('deleted'),
    ],
    prepare({ named }) {
      const dryRun = optionalBoolean('dry_run', named.dry_run) ?? false
      return async (signal) => {
        const report = await verbs.gc({ dryRun, signal })
        const { dry_run, grace_seconds, versions, objects, bytes, deleted } = report
        return { dry_run, grace_seconds, versions, objects, bytes, deleted }
      }
    },
  })

const fork = (verbs: CatalogVerbs): ScanFunction =>
  procedure({
    name: 'varve_fork',
    positional: 2,
    named: COMMIT_ARGUMENTS,
    summary: 'Begins a dataset with the data of a version, copying nothing; for CALL.',
    columns: COMMIT_COLUMNS,
    prepare(request) {
      const reference = textArgument('the version', request.args[0])
      const dataset = textArgument('the dataset', request.args[1])
      return async (signal) =>
        commitCells(await verbs.fork(reference, dataset, commitOptions(request, signal)))
    },
  })

const merge = (verbs: CatalogVerbs): ScanFunction =>
  procedure({
    name: 'varve_merge',
    positional: 2,
    named: COMMIT_ARGUMENTS,
    summary: 'Brings what changed in a version into another dataset; for CALL.',
    columns: [
      ...COMMIT_COLUMNS,
      listOf('conflicts', { kind: 'struct', fields: [utf8('table'), utf8('key')] }),
    ],
    prepare(request) {
      const from = textArgument('the version', request.args[0])
      const into = textArgument('the dataset', request.args[1])
      return async (signal) => {
        const { conflicts, ...report } = await verbs.merge(from, into, commitOptions(request, signal))
        const shown = conflicts.map(({ table, key }) => ({ table, key: keyText(key) }))
        return { ...commitCells(report), conflicts: shown }
      }
    },
  })

/** A key has other columns in each table, so that it can only be text here. */
function keyText(key: object): string {
  return JSON.stringify(key, (_, value) => (typeof value === 'bigint' ? String(value) : value))
}

export const versionProcedures = (verbs: CatalogVerbs): readonly ScanFunction[] => [
  naming(verbs, 'label', 'Gives a version its label; for CALL.'),
  naming(verbs, 'tag', 'Makes or moves a tag; for CALL.'),
  untag(verbs),
  deletion(verbs),
  gc(verbs),
  fork(verbs),
  merge(verbs),
]
