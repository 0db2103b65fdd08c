/** Formats and decoders do not know where their bytes come from; what they complain about shall say it. */

import { toVarveError, VarveError } from '../errors.ts'

const BYTE = / \(byte (\d+)\)$/

/** The error with the file in its message, as `… (uri @ byte n)` where it names a byte. */
export function placedAt(uri: string, thrown: unknown): VarveError {
  const error = toVarveError(thrown)
  if (error.message.includes(uri) || error.code === 'aborted') return error
  const message = BYTE.test(error.message)
    ? error.message.replace(BYTE, ` (${uri} @ byte $1)`)
    : `${error.message} (${uri})`
  return new VarveError(error.code, message, { ...error.details, uri }, error)
}
