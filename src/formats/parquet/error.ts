import { VarveError } from '../../errors.ts'

/** `invalid-data`: `what` names actual and expected. */
export function badParquet(what: string, uri?: string, byte?: number): VarveError {
  const place = uri === undefined ? '' : ` (${uri}${byte === undefined ? '' : ` @ byte ${byte}`})`
  const details = { ...(uri !== undefined && { uri }), ...(byte !== undefined && { byte }) }
  return new VarveError('invalid-data', `parquet: ${what}${place}`, details)
}

export function unsupportedParquet(what: string, uri?: string): VarveError {
  const place = uri === undefined ? '' : ` (${uri})`
  return new VarveError('unsupported', `parquet: ${what}${place}`, uri === undefined ? {} : { uri })
}
