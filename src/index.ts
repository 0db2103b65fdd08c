/**
 * varve: SQL over byte-range slices of raw scientific files, where they are.
 *
 * @example
 * import * as varve from 'varve'
 * const file = await varve.open('s3://genomics/reads.fastq.gz')
 * for (const slice of await file.slices({ n: 200 })) for await (const batch of slice.read()) console.log(batch.numRows)
 * await varve.close()
 */

export { CODES, type ErrorCode, isVarveError, VarveError } from './errors.ts'
export { createVarve } from './library/index.ts'
export { close, open, sql } from './library/shared.ts'
export type * from './library/types.ts'
export type { Varve } from './library/varve.ts'
