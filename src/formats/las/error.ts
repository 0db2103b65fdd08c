import { VarveError } from '../../errors.ts'

/** `las: <what>` with the file and, where it is known, the byte. */
export function badLas(what: string, uri: string, byte?: number): VarveError {
  const place = byte === undefined ? uri : `${uri} @ byte ${byte}`
  return new VarveError('invalid-data', `las: ${what} (${place})`, {
    uri,
    ...(byte !== undefined && { byte }),
  })
}

export function unsupportedLas(what: string, uri: string): VarveError {
  return new VarveError('unsupported', `las: ${what} (${uri})`, { uri })
}
