/** Partition indexes of payloads that the lake does not have any more. */

import { parquetMetadata } from 'hyparquet'
import * as z from 'zod'
import { OBJECTS } from '../layout.ts'
import type { Lake } from '../types.ts'
import { mapInOrder } from '../work/in-order.ts'
import type { Candidate } from './gc.ts'

const INDEXES = 'indexes/'
/** The key of an index file's own metadata, and what is looked at of it (src/index/write.ts). */
const METADATA_KEY = 'varve.index'
const metadataShape = z.object({ uri: z.string() })

/** Indexes looked into at a time. */
const TOGETHER = 16
/** Parquet's end: the footer's length and PAR1. */
const END = 8
/** Holds the footers of nearly all indexes. */
const TAIL = 16 * 1024

/**
 * Old indexes whose source is a payload of this lake that is gone, or that is among `gone`. Those of objects in other
 * places are left, and so are files that are no index that can be read: `varve index` replaces them.
 */
export async function* indexesOfGone(
  lake: Lake,
  before: number,
  gone: ReadonlySet<string>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Candidate> {
  const old = async function* (): AsyncGenerator<Candidate> {
    for await (const entry of lake.store.list(INDEXES, { signal }))
      if ('key' in entry && entry.modified <= before && entry.key.endsWith('.parquet'))
        yield { key: entry.key, bytes: entry.size }
  }
  const looked = mapInOrder(old(), TOGETHER, async (candidate) => {
    const uri = await sourceOf(lake, candidate.key, signal)
    const key = uri?.startsWith(lake.url + OBJECTS) === true ? uri.slice(lake.url.length) : undefined
    const isGone =
      key !== undefined && (gone.has(key) || (await lake.store.info(key, { signal })) === undefined)
    return { candidate, isGone }
  })
  for await (const { candidate, isGone } of looked) if (isGone) yield candidate
}

/** The URI that an index says it was made from; undefined when it says none that can be read. */
async function sourceOf(
  lake: Lake,
  key: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const file = await lake.store.open(key, { signal })
  if (file === undefined || file.size < END) return undefined
  try {
    let tail = await file.read(Math.max(0, file.size - TAIL), file.size, { signal })
    const footer = Buffer.from(tail).readUInt32LE(tail.length - END) + END
    if (footer > file.size) return undefined
    if (footer > tail.length) tail = await file.read(file.size - footer, file.size, { signal })
    return uriIn(tail)
  } finally {
    await file.close?.()
  }
}

function uriIn(tail: Uint8Array): string | undefined {
  try {
    const metadata = parquetMetadata(new Uint8Array(tail).buffer)
    const value = metadata.key_value_metadata?.find((pair) => pair.key === METADATA_KEY)?.value
    return metadataShape.parse(JSON.parse(value ?? '{}')).uri
  } catch {
    // Damaged, or written by something else: not ours to delete.
    return undefined
  }
}
