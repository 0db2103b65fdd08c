/** Where the entry files of varve's threads and processes are, bundled or not. */

/**
 * The file that a thread or process runs.
 *
 * In a bundle it lies beside the importing file. Run from source (tests), it is the built one: a worker
 * loads JavaScript only, so `dist/` must be there.
 */
export function threadUrl(name: 'engine-thread' | 'scan-worker' | 'mount-process'): URL {
  const here = import.meta.url
  return here.endsWith('.ts') ? new URL(`../dist/${name}.js`, here) : new URL(`./${name}.js`, here)
}
