/** A file as a library value: what is known of it, its index, its slices. */

import { isVarveError } from '../errors.ts'
import { formatNamed } from '../formats/registry.ts'
import type { Options } from '../formats/text/types.ts'
import { makeSlice } from '../index/slice.ts'
import { cutRows, type StrategyCall, strategyOptions } from '../index/strategies.ts'
import { indexFile } from '../scan/build.ts'
import type { ScanContext } from '../scan/context.ts'
import { type BoundFile, openFile } from '../scan/file.ts'
import { findIndexed } from '../scan/indexed.ts'
import { makeSliceHandle } from './slice.ts'
import { typeName } from './type-name.ts'
import type { CallOptions, FileInfo, IndexReport, OpenOptions, SliceStrategy, VarveFile } from './types.ts'

/** What can be told of a file: by its index, else by its head. */
async function know(
  uri: string,
  options: OpenOptions,
  context: ScanContext,
): Promise<Pick<BoundFile, 'target' | 'layout'>> {
  // A damaged index is a matter of the calls that need one, not of opening.
  const indexed = await findIndexed(uri, context, options).catch((error: unknown) => {
    if (isVarveError(error, 'invalid-data')) return undefined
    throw error
  })
  await indexed?.index.close?.()
  if (indexed !== undefined) return { target: indexed.target, layout: indexed.index.layout }
  const bound = await openFile(uri, context, { ...options, ignoreIndex: true })
  await bound.close()
  return bound
}

export async function openVarveFile(
  uri: string,
  { format, options, signal }: OpenOptions,
  context: ScanContext,
): Promise<VarveFile> {
  const { target, layout } = await know(uri, { format, options, signal }, context)
  // What stands for an object somewhere else keeps its name.
  const shown = context.names?.owns(uri) === true ? uri : target.uri
  const build = (call: CallOptions & { readonly force?: boolean }, more: Options = {}) =>
    indexFile(uri, context, { format, options: { ...options, ...more }, ...call })

  return {
    uri: shown,
    format: target.format,
    columns: layout.columns,

    async info(call = {}): Promise<FileInfo> {
      const index = await context.home.find(target, call.signal)
      await index?.close?.()
      return {
        uri: shown,
        format: target.format,
        container: layout.container,
        size: target.size,
        identity: target.identity,
        columns: layout.columns.map(({ name, type }) => ({ name, type: typeName(type) })),
        index: index?.location ?? (await context.home.place(target)),
        indexed: index !== undefined,
        rows: index?.rows ?? null,
        segments: index?.segments.length ?? null,
        index_bytes: index?.bytes ?? null,
      }
    },

    async index(call = {}): Promise<IndexReport> {
      const began = performance.now()
      const { index, built } = await build(call)
      return {
        uri: shown,
        format: target.format,
        index: index.location,
        built,
        rows: index.rows,
        segments: index.segments.length,
        index_bytes: index.bytes,
        ms: Math.round((performance.now() - began) * 10) / 10,
      }
    },

    async slices(strategy: SliceStrategy, call = {}) {
      const wanted = named(strategy)
      const { strategies } = formatNamed(target.format)
      const { index } = await build(call, strategyOptions(wanted, strategies))
      return cutRows(index, wanted, strategies).map((cut, i) =>
        makeSliceHandle(makeSlice(index, cut, i === 0), context),
      )
    },
  }
}

function named(strategy: SliceStrategy): StrategyCall {
  if ('by' in strategy) return { name: strategy.by, args: strategy.args }
  if ('n' in strategy) return { name: 'count', args: { n: strategy.n } }
  if ('rows' in strategy) return { name: 'rows', args: { rows: strategy.rows } }
  return { name: 'bytes', args: { bytes: strategy.bytes } }
}
