/** The rows of slices that were cut here or anywhere else. */

import { VarveError } from '../errors.ts'
import type { Field } from '../formats/batch.ts'
import { formatNamed } from '../formats/registry.ts'
import type { Part, Run } from '../formats/types.ts'
import { attachIndexFile } from '../index/location.ts'
import { windowAt } from '../index/read.ts'
import { type SlicePart, type SliceValue, sliceBytes } from '../index/slice.ts'
import type { ScanContext } from './context.ts'
import type { BoundCall } from './functions/types.ts'
import type { Planned } from './slot.ts'
import { OrderedStream } from './stream.ts'
import type { ScanStream } from './types.ts'

export class SliceSet implements BoundCall {
  readonly columns: readonly Field[]
  readonly zones = []
  readonly cardinality: { readonly rows: number; readonly exact: boolean }
  readonly #slices: readonly SliceValue[]
  readonly #context: ScanContext

  constructor(slices: readonly SliceValue[], context: ScanContext) {
    const layout = slices[0]!.layout
    for (const slice of slices) {
      formatNamed(slice.layout.format)
      if (JSON.stringify(slice.layout.columns) !== JSON.stringify(layout.columns)) {
        const message = `slices of ${slices[0]!.uri} and ${slice.uri} have different columns`
        throw new VarveError('invalid-input', message, { uri: slice.uri })
      }
    }
    this.columns = layout.columns
    this.cardinality = {
      rows: slices.reduce((sum, slice) => sum + slice.rows, 0),
      exact: slices.every(({ where, run }) => where === undefined && run?.within === undefined),
    }
    this.#slices = slices
    this.#context = context
  }

  open(columns: readonly number[]): ScanStream {
    const abort = new AbortController()
    const works = async function* (slices: readonly SliceValue[]): AsyncGenerator<Planned, void> {
      for (const slice of slices) {
        const work = await runOfSlice(slice, abort.signal)
        const { uri, size, identity, layout, where } = slice
        if (work !== undefined) yield { source: { uri, size, identity }, layout, columns, work, where }
      }
    }
    const bytes = this.#slices.map(sliceBytes).reduce((sum, { start, end }) => sum + end - start, 0)
    return new OrderedStream(this.#context.pool, {
      works: works(this.#slices),
      ordinal: undefined,
      ignoreErrors: false,
      // Who names a slice wants all of it.
      eager: true,
      total: () => bytes,
      onClose: () => abort.abort(),
    })
  }
}

/** The slice's run with its windows, read from the index it was cut from. */
export async function runOfSlice(
  slice: SliceValue,
  signal: AbortSignal | undefined,
): Promise<Run | undefined> {
  const { run, window } = slice
  if (run === null) return undefined
  const { parts, ...bare } = run
  if (window === null)
    return parts === undefined ? bare : { ...bare, parts: parts.map((part) => withWindow(part)) }
  const file = attachIndexFile(window.uri, window.size, window.identity)
  try {
    const bytes = await file.read(window.start, window.end, { signal })
    if (parts === undefined)
      return { ...bare, point: { ...run.point, window: windowAt(bytes, window.start, window, window.uri) } }
    const found = parts.map((part) =>
      withWindow(part, part.window && windowAt(bytes, window.start, part.window, window.uri)),
    )
    return { ...bare, parts: found }
  } finally {
    await file.close?.()
  }
}

function withWindow({ window: _, ...part }: SlicePart, window?: Uint8Array): Part {
  return { ...part, window }
}
