/** CSV, TSV and their relatives, read as DuckDB's `read_csv` reads them. */

import type { TextFormat } from '../text/types.ts'
import { looksLikeCsv } from './detect.ts'
import { csvLayout } from './layout.ts'
import { OPTION_NAMES } from './options.ts'
import { CsvReader } from './read/reader.ts'
import { syncRecords } from './sync.ts'

export const csv = {
  name: 'csv',
  title: 'tables of separated values',
  extensions: ['csv', 'tsv', 'tbl', 'psv'],
  optionNames: OPTION_NAMES,
  fileColumns: true,
  detect: looksLikeCsv,
  layout: csvLayout,
  reader: (layout, projection, settings) => new CsvReader(layout, projection, settings),
  sync: syncRecords,
} satisfies TextFormat
