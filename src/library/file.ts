/** A file as a library value: what is known of it, its index, its slices. */

import { makeSlice } from '../index/slice.ts'
import { checkStrategy, cutRows } from '../index/strategies.ts'
import { indexFile } from '../scan/build.ts'
import type { ScanContext } from '../scan/context.ts'
import { openFile } from '../scan/file.ts'
import { makeSliceHandle } from './slice.ts'
import { typeName } from './type-name.ts'
import type { CallOptions, FileInfo, IndexReport, OpenOptions, SliceStrategy, VarveFile } from './types.ts'

export async function openVarveFile(
  uri: string,
  { format, options, signal }: OpenOptions,
  context: ScanContext,
): Promise<VarveFile> {
  // A damaged index is a matter of the calls that need one, not of opening.
  const bound = await openFile(uri, context.home, { format, options, signal, ignoreIndex: true })
  await bound.close()
  const { source, layout, head, target } = bound
  const build = (call: CallOptions & { readonly force?: boolean }) =>
    indexFile(uri, context, { format, options, ...call })

  return {
    uri: source.uri,
    format: bound.format.name,
    columns: layout.columns,

    async info(call = {}): Promise<FileInfo> {
      const index = await context.home.find(target, call.signal)
      return {
        uri: source.uri,
        format: bound.format.name,
        container: head.container,
        size: source.size,
        identity: source.identity,
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
        uri: source.uri,
        format: bound.format.name,
        index: index.location,
        built,
        rows: index.rows,
        segments: index.segments.length,
        index_bytes: index.bytes,
        ms: Math.round((performance.now() - began) * 10) / 10,
      }
    },

    async slices(strategy: SliceStrategy, call = {}) {
      const { name, args } = named(strategy)
      checkStrategy(name, args)
      const { index } = await build(call)
      return cutRows(index, name, args).map((range, i) =>
        makeSliceHandle(makeSlice(index, range, i === 0), context),
      )
    },
  }
}

function named(strategy: SliceStrategy): { name: string; args: Readonly<Record<string, unknown>> } {
  if ('by' in strategy) return { name: strategy.by, args: strategy.args }
  if ('n' in strategy) return { name: 'count', args: { n: strategy.n } }
  if ('rows' in strategy) return { name: 'rows', args: { rows: strategy.rows } }
  return { name: 'bytes', args: { bytes: strategy.bytes } }
}
