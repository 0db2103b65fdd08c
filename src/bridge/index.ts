/** Scans for other processes of the same user; see README.md. */

export { socketPath } from './place.ts'
export { type ServeOptions, type Serving, serveEngine } from './serve.ts'
