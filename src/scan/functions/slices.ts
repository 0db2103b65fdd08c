/** `slices(…)`: a file cut by a strategy; `read_slice(…)`: the rows of slices made anywhere. */

import { VarveError } from '../../errors.ts'
import type { Field } from '../../formats/batch.ts'
import { FORMATS, formatAsked, formatNamed, formatOfName } from '../../formats/registry.ts'
import type { Strategy } from '../../formats/types.ts'
import { makeSlice, parseSlice, sliceBytes, sliceToJson } from '../../index/slice.ts'
import {
  checkStrategy,
  cutRows,
  STRATEGIES,
  type StrategyCall,
  strategyOptions,
} from '../../index/strategies.ts'
import { optionalText, textArgument, textsArgument } from '../arguments.ts'
import { indexFile } from '../build.ts'
import { SliceSet } from '../read-slices.ts'
import { rowStream } from '../rows.ts'
import type { BindRequest, TableFunction } from '../types.ts'
import type { ScanFunction } from './types.ts'

const COLUMNS: readonly Field[] = [
  { name: 'slice_id', type: { kind: 'int64' } },
  { name: 'slice', type: { kind: 'utf8' } },
  { name: 'first_row', type: { kind: 'int64' } },
  { name: 'rows', type: { kind: 'int64' } },
  { name: 'byte_start', type: { kind: 'int64' } },
  { name: 'byte_end', type: { kind: 'int64' } },
]

/** The strategies of all formats; of those that share a name, one. */
const ALL: Readonly<Record<string, Strategy>> = Object.assign(
  {},
  STRATEGIES,
  ...FORMATS.map(({ strategies }) => strategies),
)

const KINDS = { count: 'integer', integer: 'integer', number: 'any', text: 'text' } as const

const ARGUMENTS: TableFunction['named'] = Object.fromEntries(
  [STRATEGIES, ...FORMATS.map(({ strategies }) => strategies)]
    .flatMap(Object.values<Strategy>)
    .flatMap((strategy) =>
      Object.entries(strategy.arguments).map(([name, kind]) => [name, KINDS[kind]] as const),
    ),
)

/** The strategy and its arguments, of `strategy := 'count', n := 200` or just `n := 200`. */
function strategyOf(named: BindRequest['named']): StrategyCall {
  const args = Object.fromEntries(
    Object.keys(ARGUMENTS).flatMap((name) => ((named[name] ?? null) === null ? [] : [[name, named[name]]])),
  )
  const given = optionalText('strategy', named.strategy)
  if (given !== undefined) return { name: given, args }
  const fitting = Object.entries(STRATEGIES).filter(
    ([, strategy]) => Object.keys(strategy.arguments)[0]! in args,
  )
  if (fitting.length === 1) return { name: fitting[0]![0], args }
  throw new VarveError(
    'invalid-input',
    `slices: ${fitting.length} strategies given, expected n, rows or bytes`,
  )
}

export const slices: ScanFunction = {
  name: 'slices',
  positional: 1,
  lists: false,
  named: { strategy: 'text', ...ARGUMENTS, format: 'text' },
  summary: 'The slices of a file by a strategy: n, rows each, bytes each, or one of the format.',
  async bind({ args, named }, context) {
    const uri = textArgument('the path', args[0])
    const call = strategyOf(named)
    const format = optionalText('format', named.format)
    // Before anything is read, by the format that the file seems to be of.
    const own = format === undefined ? formatOfName(uri) : formatAsked(format, uri)
    const known = own === undefined ? ALL : own.strategies
    checkStrategy(call, known)
    const options = strategyOptions(call, known)
    return {
      columns: COLUMNS,
      zones: [],
      open: (columns) =>
        rowStream(COLUMNS, columns, async (signal) => {
          const { index, format: name } = await indexFile(uri, context, { format, options, signal })
          return cutRows(index, call, formatNamed(name).strategies).map((cut, i) => {
            const slice = makeSlice(index, cut, i === 0)
            const { start, end } = sliceBytes(slice)
            // How many rows fulfil conditions nobody knows who has not read them.
            const [firstRow, rows] = 'where' in cut ? [null, null] : [cut.firstRow, cut.rows]
            return [i, sliceToJson(slice), firstRow, rows, start, end]
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
