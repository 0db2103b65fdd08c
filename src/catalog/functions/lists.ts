/** `datasets()`, `versions(d)` and `tables(d@v)`: what is in a lake, as small tables. */

import type { Field } from '../../formats/batch.ts'
import { checkDatasetName } from '../../lake/names.ts'
import { inLake, requireLake } from '../../lake/open.ts'
import { datasetRows, gather, tablesOf, versionRows } from '../../lake/overview.ts'
import type { Lake } from '../../lake/types.ts'
import { textArgument } from '../../scan/arguments.ts'
import type { ScanFunction } from '../../scan/functions/types.ts'
import { rowStream } from '../../scan/rows.ts'
import { int64, moment, rowOf, texts, utf8 } from '../fields.ts'
import { microsOf, versionOf } from '../versions.ts'

const DATASETS: readonly Field[] = [
  utf8('name'),
  int64('latest'),
  int64('versions'),
  int64('files'),
  int64('bytes'),
  moment('created_at'),
  utf8('description'),
]

const COUNT = DATASETS.findIndex(({ name }) => name === 'versions')

export function datasets(lake: Lake): ScanFunction {
  return {
    name: 'datasets',
    positional: 0,
    lists: false,
    named: {},
    summary: "The lake's datasets with their latest versions.",
    async bind() {
      return {
        columns: DATASETS,
        zones: [],
        open: (columns) =>
          rowStream(DATASETS, columns, async (signal) => {
            const rows = await gather(datasetRows(lake, { counts: columns.includes(COUNT), signal }))
            if (rows.length === 0) await requireLake(lake, signal)
            return rows.map(({ created_at, ...row }) =>
              rowOf(DATASETS, { ...row, created_at: created_at === null ? null : microsOf(created_at) }),
            )
          }),
      }
    },
  }
}

const VERSIONS: readonly Field[] = [
  utf8('dataset'),
  int64('version'),
  utf8('label'),
  texts('tags'),
  texts('parents'),
  int64('files'),
  int64('bytes'),
  utf8('author'),
  utf8('message'),
  utf8('hash'),
  moment('created_at'),
]

export function versions(lake: Lake): ScanFunction {
  return {
    name: 'versions',
    positional: 1,
    lists: false,
    named: {},
    summary: "A dataset's versions, from the first to the latest.",
    async bind({ args }) {
      const dataset = checkDatasetName(textArgument('the dataset', args[0]))
      return {
        columns: VERSIONS,
        zones: [],
        open: (columns) =>
          rowStream(VERSIONS, columns, async (signal) => {
            const rows = await inLake(lake, () => versionRows(lake, dataset, signal), signal)
            return rows.map((row) => rowOf(VERSIONS, { ...row, created_at: microsOf(row.created_at) }))
          }),
      }
    },
  }
}

const TABLES: readonly Field[] = [utf8('name'), int64('rows'), int64('parts'), int64('bytes'), texts('key')]

export function tables(lake: Lake): ScanFunction {
  return {
    name: 'tables',
    positional: 1,
    lists: false,
    named: {},
    summary: "A version's tables: rows, parts, bytes and key.",
    async bind({ args }, _context, signal) {
      const version = await versionOf(lake, textArgument('the version', args[0]), signal)
      return {
        columns: TABLES,
        zones: [],
        cardinality: { rows: Object.keys(version.tables).length, exact: true },
        open: (columns) =>
          rowStream(TABLES, columns, async (stop) =>
            (await tablesOf(lake, version, stop)).map(({ name, table: { parts, schema }, rows, bytes }) =>
              rowOf(TABLES, { name, rows, parts: parts.length, bytes, key: schema.key }),
            ),
          ),
      }
    },
  }
}
