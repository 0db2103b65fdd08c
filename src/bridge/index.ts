/** Scans for other processes of the same user; see README.md. */

export type { Found, LakeFiles, Range, Standing } from './files.ts'
export { socketPath } from './place.ts'
export { type ServeOptions, type Serving, serveEngine } from './serve.ts'
