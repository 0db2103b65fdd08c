/** Reading objects for programs that read as if they were local: prefetch, shared requests, bounded memory. */

export { createReaders, type ReaderOptions } from './readers.ts'
