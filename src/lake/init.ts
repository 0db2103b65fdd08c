/** `varve init`: makes a prefix in a store a lake. */

import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { VarveError } from '../errors.ts'
import { openStore, probeConditionalWrites } from '../store/index.ts'

export const LAKE_FILE = 'lake.json'

const lakeShape = z.looseObject({ format: z.literal('varve-lake'), version: z.number(), id: z.string() })

export interface LakeReport {
  /** The lake's URL. */
  readonly lake: string
  readonly id: string
  /** False: it was a lake already. */
  readonly created: boolean
}

/**
 * Writes `lake.json`, once the store has shown that of several writers only one wins; a lake that is there stays
 * as it is. `unsupported` when the store lets two win, or the lake is of a later version.
 */
export async function initLake(
  url: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<LakeReport> {
  const store = openStore(url.endsWith('/') ? url : `${url}/`)
  const { signal } = options
  const known = await readLake(url, signal)
  if (known !== undefined) return { lake: store.url, id: known.id, created: false }
  await probeConditionalWrites(store, '', { signal })
  const id = randomUUID()
  const body = `${JSON.stringify({ format: 'varve-lake', version: 1, id }, null, 2)}\n`
  const contentType = 'application/json'
  const result = await store.put(LAKE_FILE, Buffer.from(body), { ifNoneMatch: '*', contentType, signal })
  if (result === 'written') return { lake: store.url, id, created: true }
  // Someone else made it in the meantime.
  const made = await readLake(url, signal)
  return { lake: store.url, id: made!.id, created: false }
}

/** What `lake.json` says, or undefined where there is none. */
export async function readLake(
  url: string,
  signal?: AbortSignal,
): Promise<{ readonly id: string } | undefined> {
  const store = openStore(url.endsWith('/') ? url : `${url}/`)
  const found = await store.get(LAKE_FILE, { signal })
  if (found === undefined) return undefined
  const where = `${store.url}${LAKE_FILE}`
  let json: unknown
  try {
    json = JSON.parse(Buffer.from(found.bytes).toString())
  } catch (error) {
    throw new VarveError(
      'invalid-data',
      `${where} is not JSON: ${(error as Error).message}`,
      { uri: where },
      error,
    )
  }
  const lake = lakeShape.safeParse(json)
  if (!lake.success)
    throw new VarveError('invalid-data', `${where} does not describe a varve lake`, { uri: where })
  if (lake.data.version > 1) {
    const message = `${where} is of version ${lake.data.version}, expected 1; update varve`
    throw new VarveError('unsupported', message, { uri: where })
  }
  return lake.data
}
