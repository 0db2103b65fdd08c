/** `slices(…)`: a file cut by a strategy; `read_slice(…)`: the rows of slices made anywhere. */

import { VarveError } from '../../errors.ts'
import type { Field } from '../../formats/batch.ts'
import { makeSlice, parseSlice, sliceBytes, sliceToJson } from '../../index/slice.ts'
import { checkStrategy, cutRows, STRATEGIES } from '../../index/strategies.ts'
import { optionalText, textArgument, textsArgument } from '../arguments.ts'
import { indexFile } from '../build.ts'
import { SliceSet } from '../read-slices.ts'
import { rowStream } from '../rows.ts'
import type { BindRequest } from '../types.ts'
import type { ScanFunction } from './types.ts'

const COLUMNS: readonly Field[] = [
  { name: 'slice_id', type: { kind: 'int64' } },
  { name: 'slice', type: { kind: 'utf8' } },
  { name: 'first_row', type: { kind: 'int64' } },
  { name: 'rows', type: { kind: 'int64' } },
  { name: 'byte_start', type: { kind: 'int64' } },
  { name: 'byte_end', type: { kind: 'int64' } },
]

/** The strategy and its argument, of `strategy := 'count', n := 200` or just `n := 200`. */
function strategyOf(named: BindRequest['named']): { strategy: string; args: Record<string, unknown> } {
  const args = Object.fromEntries(
    Object.values(STRATEGIES).flatMap(({ argument }) =>
      named[argument] === undefined || named[argument] === null ? [] : [[argument, named[argument]]],
    ),
  )
  const given = optionalText('strategy', named.strategy)
  if (given !== undefined) return { strategy: given, args }
  const fitting = Object.entries(STRATEGIES).filter(([, { argument }]) => argument in args)
  if (fitting.length === 1) return { strategy: fitting[0]![0], args }
  throw new VarveError(
    'invalid-input',
    `slices: ${fitting.length} strategies given, expected n, rows or bytes`,
  )
}

export const slices: ScanFunction = {
  name: 'slices',
  positional: 1,
  lists: false,
  named: { strategy: 'text', n: 'integer', rows: 'integer', bytes: 'integer', format: 'text' },
  summary: 'The slices of a file by a strategy: n, rows each or bytes each.',
  async bind({ args, named }, context) {
    const uri = textArgument('the path', args[0])
    const { strategy, args: values } = strategyOf(named)
    checkStrategy(strategy, values)
    const format = optionalText('format', named.format)
    return {
      columns: COLUMNS,
      zones: [],
      open: (columns) =>
        rowStream(COLUMNS, columns, async (signal) => {
          const { index } = await indexFile(uri, context, { format, signal })
          return cutRows(index, strategy, values).map((range, i) => {
            const slice = makeSlice(index, range, i === 0)
            const { start, end } = sliceBytes(slice)
            return [i, sliceToJson(slice), range.firstRow, range.rows, start, end]
          })
        }),
    }
  },
}

export const readSlice: ScanFunction = {
  name: 'read_slice',
  positional: 1,
  lists: true,
  named: {},
  summary: 'The rows of a slice, or of a list of slices, given as JSON.',
  async bind({ args }, context) {
    return new SliceSet(textsArgument('the slice', args[0]).map(parseSlice), context)
  },
}
