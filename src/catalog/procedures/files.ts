/** `varve_add`, `varve_rm`, `varve_mv`: versions with other files. */

import { optionalBoolean, optionalText, textArgument, textsArgument } from '../../scan/arguments.ts'
import type { ScanFunction } from '../../scan/functions/types.ts'
import { int64, listOf, utf8 } from '../fields.ts'
import { COMMIT_ARGUMENTS, commitOptions, optionalWord } from './arguments.ts'
import { COMMIT_COLUMNS, commitCells, procedure } from './procedure.ts'
import type { CatalogVerbs } from './verbs.ts'

const COUNTS = [
  'added',
  'changed',
  'unchanged',
  'skipped',
  'bytes',
  'transferred',
  'unmatched',
  'heads_unread',
] as const

const ON_CONFLICT = ['skip', 'overwrite', 'fail'] as const

const add = (verbs: CatalogVerbs): ScanFunction =>
  procedure({
    name: 'varve_add',
    positional: 1,
    lists: true,
    named: {
      dataset: 'text',
      prefix: 'text',
      in_place: 'boolean',
      pattern: 'text',
      on_conflict: 'text',
      ...COMMIT_ARGUMENTS,
    },
    summary: 'Adds files and folders to a dataset; for CALL.',
    columns: [
      ...COMMIT_COLUMNS,
      ...COUNTS.map(int64),
      listOf('failed', { kind: 'struct', fields: [utf8('path'), utf8('code'), utf8('message')] }),
    ],
    prepare(request) {
      const { args, named } = request
      const paths = textsArgument('the path', args[0])
      const options = {
        dataset: textArgument('dataset', named.dataset),
        prefix: optionalText('prefix', named.prefix),
        inPlace: optionalBoolean('in_place', named.in_place),
        pattern: optionalText('pattern', named.pattern),
        onConflict: optionalWord('on_conflict', named.on_conflict, ON_CONFLICT),
      }
      return async (signal) => {
        const report = await verbs.add(paths, { ...options, ...commitOptions(request, signal) })
        const counts = Object.fromEntries(COUNTS.map((name) => [name, report[name]]))
        const failed = report.failed.map(({ path, error: { code, message } }) => ({ path, code, message }))
        return { ...commitCells(report), ...counts, failed }
      }
    },
  })

const remove = (verbs: CatalogVerbs): ScanFunction =>
  procedure({
    name: 'varve_rm',
    positional: 2,
    lists: true,
    named: COMMIT_ARGUMENTS,
    summary: 'Removes files, folders and what patterns match from a dataset; for CALL.',
    columns: [...COMMIT_COLUMNS, int64('removed')],
    prepare(request) {
      const dataset = textArgument('the dataset', request.args[0])
      const paths = textsArgument('the path', request.args[1])
      return async (signal) => {
        const report = await verbs.remove(dataset, paths, commitOptions(request, signal))
        return { ...commitCells(report), removed: report.removed }
      }
    },
  })

const move = (verbs: CatalogVerbs): ScanFunction =>
  procedure({
    name: 'varve_mv',
    positional: 3,
    named: COMMIT_ARGUMENTS,
    summary: 'Gives a file or folder of a dataset another path; for CALL.',
    columns: [...COMMIT_COLUMNS, int64('moved')],
    prepare(request) {
      const dataset = textArgument('the dataset', request.args[0])
      const from = textArgument('the path', request.args[1])
      const to = textArgument('the new path', request.args[2])
      return async (signal) => {
        const report = await verbs.move(dataset, from, to, commitOptions(request, signal))
        return { ...commitCells(report), moved: report.moved }
      }
    },
  })

export const fileProcedures = (verbs: CatalogVerbs): readonly ScanFunction[] => [
  add(verbs),
  remove(verbs),
  move(verbs),
]
