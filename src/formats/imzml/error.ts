import { VarveError } from '../../errors.ts'

/** `imzml: <what>` with the file and, where it is known, the byte. */
export function badImzml(what: string, uri: string, byte?: number, cause?: unknown): VarveError {
  const place = byte === undefined ? uri : `${uri} @ byte ${byte}`
  const details = { uri, ...(byte !== undefined && { byte }) }
  return new VarveError('invalid-data', `imzml: ${what} (${place})`, details, cause)
}

export function unsupportedImzml(what: string, uri: string): VarveError {
  return new VarveError('unsupported', `imzml: ${what} (${uri})`, { uri })
}
