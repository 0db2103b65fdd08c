/** `npm run bench`: runs the measures, prints the table, keeps the JSON. Status 1 when an answer was wrong. */

import { parseArgs } from 'node:util'
import { makeContext } from './context.ts'
import { MEASURES } from './measures/index.ts'
import { allPeers } from './peers.ts'
import { machine, markdown, type Outcome, peerFacts, type Report, writeJson } from './report.ts'

const HELP = `npm run bench -- [GROUP] [--only NAME,NAME] [--runs N] [--reads N] [--files N] [--quick]

  GROUP    measures whose names begin so: lake, mount
  --only   ${MEASURES.map(({ name }) => name).join(', ')}
  --runs   runs per contender after one warm-up (5)
  --reads  reads in the FASTQ file (1280000: 466 MB raw, 135 MB gz)
  --files  files of the lake's versions (1000000)
  --quick  small data and one run: shows that it works, not how fast
`

const { values: flags, positionals: groups } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    runs: { type: 'string' },
    reads: { type: 'string' },
    files: { type: 'string' },
    quick: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

function positive(name: string, text: string | undefined, otherwise: number): number {
  const value = text === undefined ? otherwise : Number(text)
  if (Number.isInteger(value) && value > 0) return value
  process.stderr.write(`bench: --${name} is "${text}", expected a whole number above 0\n`)
  process.exit(2)
}

function chosen() {
  const words = [...groups, ...(flags.only?.split(',') ?? [])]
  const isMeant = (word: string, name: string): boolean =>
    name === word || (groups.includes(word) && name.startsWith(`${word}-`))
  const unknown = words.filter((word) => !MEASURES.some(({ name }) => isMeant(word, name)))
  if (unknown.length > 0) {
    process.stderr.write(`bench: no measure is called ${unknown.join(', ')}\n${HELP}`)
    process.exit(2)
  }
  return MEASURES.filter(({ name }) => words.length === 0 || words.some((word) => isMeant(word, name)))
}

if (flags.help) {
  process.stdout.write(HELP)
  process.exit(0)
}

const { quick } = flags
const measures = chosen()
const context = await makeContext({
  runs: positive('runs', flags.runs, quick ? 1 : 5),
  reads: positive('reads', flags.reads, quick ? 100_000 : 1_280_000),
  csvBytes: quick ? 20_000_000 : 200_000_000,
  files: positive('files', flags.files, quick ? 20_000 : 1_000_000),
  quick,
  bigBytes: quick ? 100_000_000 : 2_000_000_000,
  built: process.env.VARVE_BENCH_BUILT ?? '',
})

let interrupted = false
const outcomes: Outcome[] = []
process.once('SIGINT', () => {
  interrupted = true
  void context.close().finally(() => process.exit(130))
})

try {
  for (const { name, target, run } of measures) {
    process.stderr.write(`bench: ${name} …\n`)
    try {
      outcomes.push({ measure: name, target, rows: await run(context) })
    } catch (error) {
      if (interrupted) break
      const message = (error instanceof Error ? error.message : String(error)).replaceAll(process.cwd(), '.')
      process.stderr.write(`bench: ${name} FAILED: ${message}\n`)
      outcomes.push({ measure: name, target, rows: [], error: message })
    }
  }
} finally {
  await context.close()
}

const report: Report = {
  date: new Date().toISOString().slice(0, 10),
  machine: machine(),
  node: process.versions.node,
  ...peerFacts(context.peers.versions, allPeers()),
  runs: context.runs,
  reads: context.reads,
  quick,
  files: context.files,
  only:
    groups.length === 0 && flags.only === undefined
      ? undefined
      : [...groups, ...(flags.only?.split(',') ?? [])],
  outcomes,
}
process.stdout.write(markdown(report))
process.stderr.write(`bench: figures in ${writeJson(report)}\n`)
process.exitCode = outcomes.some(({ error }) => error !== undefined) ? 1 : 0
