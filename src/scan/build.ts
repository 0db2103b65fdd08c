/** Building an index: a scan of no columns, whose by-product is what is wanted. */

import { VarveError } from '../errors.ts'
import type { Options } from '../formats/text/types.ts'
import type { PartitionIndex } from '../index/types.ts'
import type { NamedObject, ScanContext } from './context.ts'
import { openFile } from './file.ts'
import { FileScan } from './file-scan.ts'
import { findIndexed } from './indexed.ts'
import { OrderedStream } from './stream.ts'
import type { Progress } from './types.ts'
import { planFile } from './works.ts'

export interface BuildOptions {
  readonly format?: string | undefined
  readonly options?: Options | undefined
  /** Build even when there is an index, damaged or not. */
  readonly force?: boolean | undefined
  /** What the name stands for, where that is known already. */
  readonly object?: NamedObject | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: Progress) => void) | undefined
}

/** The file's index: the one that is there, or a new one. Nothing is written before it is whole. */
export async function indexFile(
  uri: string,
  context: ScanContext,
  options: BuildOptions = {},
): Promise<{ readonly index: PartitionIndex; readonly built: boolean; readonly format: string }> {
  const { signal, onProgress, format, force, object } = options
  const there = force === true ? undefined : await findIndexed(uri, context, options)
  await there?.index.close?.()
  if (there !== undefined) return { index: there.index, built: false, format: there.format.name }
  context.pool.warm()
  const file = await openFile(uri, context, {
    format,
    object,
    options: options.options,
    signal,
    ignoreIndex: force,
  })
  context.pool.warm(file.source.size)
  const abort = new AbortController()
  const onAbort = (): void => stream.close()
  const stream = new OrderedStream(context.pool, {
    works: planFile(file, { columns: [], conditions: [], building: true, signal: abort.signal }),
    ordinal: undefined,
    ignoreErrors: false,
    eager: true,
    total: () => file.source.size,
    finish: (scan) => scan.finish(),
    onClose: () => abort.abort(),
  })
  try {
    if (file.index !== undefined) return { index: file.index, built: false, format: file.format.name }
    if ((await file.blocks(signal))?.complete === true) await new FileScan(file).finish()
    signal?.addEventListener('abort', onAbort)
    while (file.index === undefined) {
      const batch = await stream.next()
      if (batch === undefined) break
      stream.release(batch)
      onProgress?.(stream.progress)
    }
    if (file.index === undefined)
      throw new VarveError('aborted', `the index of ${uri} was not finished`, { uri })
    return { index: file.index, built: true, format: file.format.name }
  } finally {
    signal?.removeEventListener('abort', onAbort)
    stream.close()
    await file.close()
  }
}
