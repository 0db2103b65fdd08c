/** The programs on the other side, as `scripts/peers.sh` installs them. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type RunOptions, run } from './process.ts'
import { BenchError, type Contender, expectEqual } from './types.ts'

/** What a script of bench/peers/ prints. */
interface Answer {
  readonly seconds: number
  readonly rows: number | null
  readonly check?: unknown
}

const PYTHON = ['rapidgzip', 'oxbow', 'polars-bio', 'duckdb', 'cloud-dataplug'] as const
const PROGRAMS = ['gztool', 'bgzip', 's3fs', 'rclone', 'fio'] as const

export type PeerName = (typeof PYTHON)[number] | (typeof PROGRAMS)[number]

export interface Peers {
  /** Version by name; a peer that is not there is not in it. */
  readonly versions: ReadonlyMap<PeerName, string>
  /** One Python process: whole, and as its script timed itself. The answer must be the expected one. */
  python(
    name: string,
    script: string,
    args: readonly string[],
    expected: Expected,
    options?: RunOptions,
  ): Contender
  /** What one run of a script gives as its `check`. */
  answer(script: string, args: readonly string[]): Promise<unknown>
}

export interface Expected {
  readonly rows?: number | undefined
  readonly check?: unknown
}

const python = join(process.cwd(), '.tools', 'peers', 'bin', 'python')

const VERSIONS = `
import importlib.metadata, json, sys
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pass
print(json.dumps(found))
`

async function programVersion(name: string): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await run(name, [name === 'gztool' ? '-h' : '--version'])
    return /v?(\d+\.[\d.]+)/.exec(stdout + stderr)?.[1] ?? 'unknown version'
  } catch {
    return undefined
  }
}

async function ask(script: string, args: readonly string[], options?: RunOptions) {
  const ran = await run(python, [join('bench', 'peers', script), ...args], {
    ...options,
    env: { TQDM_DISABLE: '1', ...options?.env },
  })
  const last = ran.stdout.trim().split('\n').at(-1) ?? ''
  if (!last.startsWith('{')) throw new BenchError(`${script}: printed no result but ${last}`)
  return { process: ran.seconds, answer: JSON.parse(last) as Answer }
}

export async function findPeers(): Promise<Peers> {
  const versions = new Map<PeerName, string>()
  if (existsSync(python)) {
    const found = JSON.parse((await run(python, ['-c', VERSIONS, ...PYTHON])).stdout) as Record<
      string,
      string
    >
    for (const name of PYTHON) if (found[name] !== undefined) versions.set(name, found[name])
  }
  for (const name of PROGRAMS) {
    const version = await programVersion(name)
    if (version !== undefined) versions.set(name, version)
  }
  return {
    versions,
    python: (name, script, args, expected, options) => ({
      name,
      async run() {
        const { process, answer } = await ask(script, args, options)
        if (expected.rows !== undefined) expectEqual(name, 'its number of rows', answer.rows, expected.rows)
        if (expected.check !== undefined) expectEqual(name, 'its sum', answer.check, expected.check)
        return { process, inside: answer.seconds }
      },
    }),
    answer: async (script, args) => (await ask(script, args)).answer.check,
  }
}

export function allPeers(): readonly PeerName[] {
  return [...PYTHON, ...PROGRAMS]
}
