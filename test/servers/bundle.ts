import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

/** Bundles a test's TypeScript so that a plain `node` of another process or thread can run it. */
export function bundle(entry: URL, outfile: string): string {
  buildSync({
    entryPoints: [fileURLToPath(entry)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // Bundled CommonJS packages call `require` for node's own modules.
    banner: {
      js: "import { createRequire as __r } from 'node:module'; const require = __r(import.meta.url);",
    },
    logLevel: 'error',
  })
  return outfile
}
