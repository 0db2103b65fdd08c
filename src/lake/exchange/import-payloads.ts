/** The payloads of a bundle on their way into a lake. */

import { createHash } from 'node:crypto'
import { VarveError } from '../../errors.ts'
import { objectKey } from '../layout.ts'
import type { FileEntry } from '../retrieve/object.ts'
import type { Lake } from '../types.ts'
import { inParallel } from '../work/in-parallel.ts'
import { inBundle, notWhole, type OpenBundle, type Payload } from './open-bundle.ts'
import type { TransferPlan } from './plan.ts'

/** Payloads up to this size are held whole and written some at a time; larger ones pass through. */
const SMALL_BYTES = 4 * 1024 * 1024
const TOGETHER = 16

export interface PayloadOptions {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined
}

/** Puts the wanted payloads into the lake, each checked; all of them, or an error. */
export async function writePayloads(
  lake: Lake,
  bundle: OpenBundle,
  file: string,
  wanted: readonly FileEntry[],
  { transfer_bytes: total }: TransferPlan,
  { signal, onProgress }: PayloadOptions,
): Promise<void> {
  const open = new Map(wanted.map(({ sha256, bytes }) => [sha256!, bytes]))
  if (open.size === 0) return
  let done = 0
  const passed = async function* (): AsyncGenerator<{ key: string; bytes: Uint8Array }> {
    for await (const payload of payloadsIn(bundle, file)) {
      const size = open.get(payload.hash)
      if (size === undefined) continue
      if (size !== payload.size)
        throw notWhole(file, `${payload.hash} has ${payload.size} bytes, expected ${size}`)
      open.delete(payload.hash)
      const key = objectKey(payload.hash)
      if (size <= SMALL_BYTES) yield { key, bytes: await wholeOf(payload, file) }
      else await uploadLarge(lake, key, payload, file, signal)
      onProgress?.({ done: (done += size), total })
      if (open.size === 0) return
    }
  }
  await inParallel(passed(), TOGETHER, signal, async ({ key, bytes }, stop) => {
    // Also over one that is there: that one was found wanting.
    await lake.store.put(key, bytes, { signal: stop })
  })
  if (open.size > 0) throw notWhole(file, `${open.size} of its payloads are not in it`)
}

async function* payloadsIn(bundle: OpenBundle, file: string): AsyncGenerator<Payload> {
  const payloads = bundle.payloads()
  for (;;) {
    const next = await payloads.next().catch((error: unknown) => {
      throw inBundle(file, error)
    })
    if (next.done === true) return
    yield next.value
  }
}

async function wholeOf({ hash, bytes }: Payload, file: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  try {
    for await (const chunk of bytes) chunks.push(chunk)
  } catch (error) {
    throw inBundle(file, error)
  }
  const whole = Buffer.concat(chunks)
  requireHash(file, hash, createHash('sha256').update(whole).digest('hex'))
  return whole
}

async function uploadLarge(
  lake: Lake,
  key: string,
  { hash, bytes }: Payload,
  file: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const upload = await lake.store.upload(key, { signal })
  try {
    const actual = createHash('sha256')
    for await (const chunk of bytes) {
      actual.update(chunk)
      await upload.write(chunk)
    }
    requireHash(file, hash, actual.digest('hex'))
    await upload.complete({ signal })
  } catch (error) {
    await upload.abort()
    // The lake's failures are the lake's; only the file's own come as something else.
    throw error instanceof VarveError ? error : inBundle(file, error)
  }
}

function requireHash(file: string, expected: string, actual: string): void {
  if (actual !== expected)
    throw notWhole(file, `the payload ${expected} is damaged: its SHA-256 is ${actual}`)
}
