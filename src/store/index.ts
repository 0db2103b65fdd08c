/** Object stores behind URLs: the only place that knows S3, and the file system as a store. */

export { cacheFolder, parseSize, withDiskCache } from './cache-folder.ts'
export { loadDotEnv } from './env.ts'
export { type Found, type GlobOptions, glob, isGlob } from './glob.ts'
export { adoptSigner, closeStores, locate, type OpenStoreOptions, openStore, signedGet } from './open.ts'
export { type ProbeOptions, probeConditionalWrites } from './probe.ts'
export { scopedStore } from './scoped.ts'
export { type RequestOp, type RequestRecord, recordRequest } from './trace.ts'
export type {
  ListEntry,
  ListOptions,
  ObjectInfo,
  ObjectStore,
  OpenOptions,
  PutOptions,
  PutResult,
  SignedGet,
  Signer,
  StoreOptions,
  Upload,
} from './types.ts'
export { isUri, type ParsedUri, parseUri } from './uri.ts'
