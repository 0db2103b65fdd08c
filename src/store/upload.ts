import { copyBytes } from '../bytes/range.ts'
import { VarveError } from '../errors.ts'
import type { PutOptions, PutResult, Upload } from './types.ts'

/** An upload that holds its bytes until `complete`; for stores that are memory anyway. */
export function bufferedUpload(put: (body: Uint8Array, options: PutOptions) => Promise<PutResult>): Upload {
  let parts: Uint8Array[] | undefined = []
  const open = (): Uint8Array[] => {
    if (parts === undefined) throw new VarveError('internal', 'this upload is already completed or aborted')
    return parts
  }
  return {
    async write(bytes) {
      open().push(copyBytes(bytes))
    },
    async complete(options = {}) {
      const body = Buffer.concat(open())
      parts = undefined
      return put(body, options)
    },
    async abort() {
      parts = undefined
    },
  }
}
