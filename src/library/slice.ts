/** A slice as a library value: what it is, its rows, its text. */

import type { RecordBatch } from 'apache-arrow'
import { withHead } from '../bytes/index.ts'
import { throwIfAborted, VarveError } from '../errors.ts'
import { HEAD_BYTES, readHeader } from '../formats/head.ts'
import { formatNamed } from '../formats/registry.ts'
import type { Format } from '../formats/types.ts'
import { parseSlice, type SliceValue, sliceBytes, sliceToJson } from '../index/slice.ts'
import type { ScanContext } from '../scan/context.ts'
import { placedAt } from '../scan/place.ts'
import { runOfSlice, SliceSet } from '../scan/read-slices.ts'
import { locate } from '../store/index.ts'
import type { Slice } from './types.ts'

export function sliceFromJson(text: string, context: ScanContext): Slice {
  return makeSliceHandle(parseSlice(text), context)
}

export function makeSliceHandle(value: SliceValue, context: ScanContext): Slice {
  const { start, end } = sliceBytes(value)
  const json = sliceToJson(value)
  return {
    firstRow: value.firstRow,
    rows: value.rows,
    byteStart: start,
    byteEnd: end,
    toString: () => json,
    toJSON: () => JSON.parse(json) as unknown,

    async *read(options = {}): AsyncIterable<RecordBatch> {
      const { arrowSchema, toRecordBatch } = await import('./arrow-batch.ts')
      const set = new SliceSet([value], context)
      const names = options.columns ?? set.columns.map((column) => column.name)
      const columns = names.map((name) => {
        const at = set.columns.findIndex((column) => column.name === name)
        if (at >= 0) return at
        const known = set.columns.map((column) => column.name).join(', ')
        throw new VarveError('invalid-input', `slice: unknown column "${name}", expected one of ${known}`)
      })
      const schema = arrowSchema(columns.map((column) => set.columns[column]!))
      const stream = set.open(columns)
      const onAbort = (): void => stream.close()
      options.signal?.addEventListener('abort', onAbort)
      try {
        // A signal that is over already tells nobody.
        throwIfAborted(options.signal)
        for (let batch = await stream.next(); batch !== undefined; batch = await stream.next()) {
          options.onProgress?.(stream.progress)
          // The buffers are the reader's now: nothing is given back.
          yield toRecordBatch(schema, batch)
        }
      } finally {
        options.signal?.removeEventListener('abort', onAbort)
        stream.close()
      }
    },

    text: (options = {}) => sliceText(value, options.header ?? false, context, options.signal),
  }
}

/** The rows that fulfil the slice's conditions, as the format writes them. */
async function* writtenText(
  slice: SliceValue,
  write: NonNullable<Format['write']>,
  context: ScanContext,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const set = new SliceSet([slice], context)
  const stream = set.open(set.columns.map((_, column) => column))
  const onAbort = (): void => stream.close()
  signal?.addEventListener('abort', onAbort)
  try {
    throwIfAborted(signal)
    for (let batch = await stream.next(); batch !== undefined; batch = await stream.next()) {
      yield write(batch, false)
      stream.release(batch)
    }
  } finally {
    signal?.removeEventListener('abort', onAbort)
    stream.close()
  }
}

/** The slice's records as they stand in the file, with the file's header before the first slice's. */
async function* sliceText(
  slice: SliceValue,
  header: boolean,
  context: ScanContext,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const { layout, size, identity } = slice
  const format = formatNamed(layout.format)
  if (format.text === undefined) {
    const message = `${layout.format} is a binary format, its slices are read by SQL: FROM read_slice('…')`
    throw new VarveError('unsupported', message, { uri: slice.uri })
  }
  if (slice.where !== undefined && format.write !== undefined) {
    yield* writtenText(slice, format.write, context, signal)
    return
  }
  if (slice.where !== undefined) {
    const message =
      'slice: a box or region is cut out of rows, not of text; read it by SQL: FROM read_slice(…)'
    throw new VarveError('unsupported', message, { uri: slice.uri })
  }
  const { store, key } = locate(slice.uri)
  const attached = store.attach(key, size, identity)
  const needsHeader = (slice.first || header) && layout.dataStart > 0
  const head = needsHeader ? await attached.read(0, Math.min(size, HEAD_BYTES), { signal }) : undefined
  const source = head === undefined ? attached : withHead(attached, head)
  try {
    if (needsHeader) yield await readHeader(source, layout.container, layout.dataStart, { signal })
    const run = await runOfSlice(slice, signal)
    if (run === undefined) return
    const hooks = { signal, ignoreErrors: false, allocate: (bytes: number) => new ArrayBuffer(bytes) }
    yield* format.text(source, layout, run, hooks)
  } catch (error) {
    throw placedAt(slice.uri, error)
  } finally {
    await source.close?.()
  }
}
