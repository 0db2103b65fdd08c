/** Files with bytes that no point cloud should have, and what reading them comes to. */

import { expect } from 'vitest'
import { isVarveError } from '../../../src/errors.ts'
import { bindBytes } from '../../scan/support/harness.ts'
import { readBatches } from './support.ts'

export function changed(bytes: Uint8Array, change: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(bytes)
  change(copy)
  return copy
}

/** Reads everything; the number of rows. */
export async function readAll(bytes: Uint8Array, format = 'las'): Promise<number> {
  const bound = await bindBytes(bytes, format)
  const { batches } = await readBatches(bound, { measure: true })
  return batches.reduce((sum, { rows }) => sum + rows, 0)
}

/** The message of the `invalid-data` or `unsupported` error that reading ends with. */
export async function failure(bytes: Uint8Array, format = 'las'): Promise<string> {
  const error = await readAll(bytes, format).then(
    (rows) => new Error(`it gave ${rows} rows`),
    (caught: unknown) => caught,
  )
  if (!isVarveError(error)) throw error
  expect(['invalid-data', 'unsupported']).toContain(error.code)
  return error.message
}
