/** Bundles bench/*.ts into a folder that git ignores and runs it: node 20 does not read TypeScript. */
import { spawn } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
// Inside node_modules, so that what stays outside the bundle is found.
const built = join(root, 'node_modules', '.cache', `varve-bench-${process.pid}`)

/** Programs of their own: the bench, what it times in processes of its own, and varve's threads beside them. */
const ENTRIES = {
  main: 'bench/main.ts',
  host: 'bench/host.ts',
  ranged: 'bench/ranged.ts',
  bare: 'bench/bare.ts',
  lake: 'bench/lake/program.ts',
  'bare-gets': 'bench/mount/bare-gets.ts',
  handover: 'bench/handover.ts',
  'engine-thread': 'src/engine/thread.ts',
  'scan-worker': 'src/scan/worker.ts',
}

mkdirSync(built, { recursive: true })
process.on('exit', () => rmSync(built, { recursive: true, force: true }))
await build({
  absWorkingDir: root,
  entryPoints: ENTRIES,
  outdir: built,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  logLevel: 'warning',
})
const child = spawn(process.execPath, [join(built, 'main.js'), ...process.argv.slice(2)], {
  cwd: root,
  env: { ...process.env, VARVE_BENCH_BUILT: built },
  stdio: 'inherit',
})
// Ctrl-C reaches the child too, which stops its server and then itself.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => child.kill('SIGINT'))
child.on('exit', (code) => {
  process.exitCode = code ?? 1
})
