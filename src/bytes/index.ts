/** Reading ranges of bytes: the contract, and the wrappers that add behaviour to a source. */

export type { BlockCacheOptions } from './blocks.ts'
export { type BlockCache, openBlockCache, withBlockCache } from './cache.ts'
export { type CoalesceOptions, groupRanges, withCoalescing } from './coalesce.ts'
export { withHead } from './head.ts'
export { memorySource } from './memory.ts'
export { adoptMeter, createMeter, type Meter, threadMeter, withMeter } from './meter.ts'
export { allocate, checkRange, copyBytes, readExactly } from './range.ts'
export { type ReadRetryOptions, type RetryOptions, retry, withRetry } from './retry.ts'
export type { ByteSource, ReadOptions } from './types.ts'
export { withChecksum } from './verify.ts'
