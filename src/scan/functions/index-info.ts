/** `index_info(…)`: what an index holds; `varve_index(…)`: builds indexes; `rejects()`: what was passed over. */

import { VarveError } from '../../errors.ts'
import type { Field } from '../../formats/batch.ts'
import { optionalBoolean, optionalText, textArgument } from '../arguments.ts'
import { indexFile } from '../build.ts'
import { expandPattern } from '../expand.ts'
import { openFile } from '../file.ts'
import { rowStream } from '../rows.ts'
import type { ScanFunction } from './types.ts'

const int64 = (name: string): Field => ({ name, type: { kind: 'int64' } })
const utf8 = (name: string): Field => ({ name, type: { kind: 'utf8' } })

const SEGMENT_COLUMNS = [
  int64('segment'),
  int64('first_row'),
  int64('rows'),
  int64('byte_start'),
  int64('byte_end'),
  int64('raw_start'),
  int64('raw_end'),
  int64('crc32'),
  int64('window_bytes'),
]

export const indexInfo: ScanFunction = {
  name: 'index_info',
  positional: 1,
  lists: false,
  named: { format: 'text' },
  summary: "The segments of a file's index: rows, byte ranges, checksums.",
  async bind({ args, named }, context, signal) {
    const uri = textArgument('the path', args[0])
    const file = await openFile(uri, context, { format: optionalText('format', named.format), signal })
    await file.close()
    const { index } = file
    if (index === undefined) {
      throw new VarveError('not-found', `${uri} has no index; make one with \`varve index\``, { uri })
    }
    return {
      columns: SEGMENT_COLUMNS,
      zones: [],
      cardinality: { rows: index.segments.length, exact: true },
      open: (columns) =>
        rowStream(SEGMENT_COLUMNS, columns, () =>
          index.segments.map(({ firstRow, rows, point, end, raw, rawEnd, crc }, i) => {
            const place = index.windowPlace(i)
            const window = place === undefined ? 0 : place.end - place.start
            return [i, firstRow, rows, point.source, end, raw, rawEnd, crc, window]
          }),
        ),
    }
  },
}

const BUILD_COLUMNS: readonly Field[] = [
  utf8('uri'),
  utf8('format'),
  utf8('index'),
  { name: 'built', type: { kind: 'bool' } },
  int64('rows'),
  int64('segments'),
  int64('index_bytes'),
]

export const varveIndex: ScanFunction = {
  name: 'varve_index',
  positional: 1,
  lists: false,
  named: { format: 'text', force: 'boolean' },
  summary: 'Builds the indexes that are missing; for CALL.',
  async bind({ args, named }, context) {
    const pattern = textArgument('the path', args[0])
    const format = optionalText('format', named.format)
    const force = optionalBoolean('force', named.force)
    return {
      columns: BUILD_COLUMNS,
      zones: [],
      open: (columns) =>
        rowStream(BUILD_COLUMNS, columns, async (signal) => {
          const files = await expandPattern(pattern, context, signal)
          const rows = []
          for (const { name: uri, object } of files) {
            const options = { format, force, signal, object }
            const { index, built, format: name } = await indexFile(uri, context, options)
            rows.push([uri, name, index.location, built, index.rows, index.segments.length, index.bytes])
          }
          return rows
        }),
    }
  },
}

const REJECT_COLUMNS = [utf8('uri'), int64('byte'), int64('record'), utf8('message')]

export const rejects: ScanFunction = {
  name: 'rejects',
  positional: 0,
  lists: false,
  named: {},
  summary: 'The records that scans with ignore_errors := true have passed over in this session.',
  async bind(_request, context) {
    return {
      columns: REJECT_COLUMNS,
      zones: [],
      open: (columns) =>
        rowStream(REJECT_COLUMNS, columns, () =>
          context.rejects.map(({ uri, byte, record, message }) => [uri, byte, record, message]),
        ),
    }
  },
}
