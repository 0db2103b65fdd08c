/** The table on stdout and the figures behind it in bench/results/. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { arch, cpus, platform, totalmem } from 'node:os'
import { join } from 'node:path'
import type { PeerName } from './peers.ts'
import type { Row } from './types.ts'

export interface Outcome {
  readonly measure: string
  readonly target: string
  readonly rows: readonly Row[]
  readonly error?: string | undefined
}

export interface Report {
  readonly date: string
  readonly machine: {
    readonly cpu: string
    readonly cores: number
    readonly memory: string
    readonly os: string
  }
  readonly node: string
  readonly peers: Readonly<Record<string, string>>
  readonly missing: readonly string[]
  readonly runs: number
  readonly reads: number
  readonly files: number
  readonly quick: boolean
  /** The names given with `--only`. */
  readonly only?: readonly string[] | undefined
  readonly outcomes: readonly Outcome[]
}

/** The kind of machine, never its name. */
export function machine(): Report['machine'] {
  const all = cpus()
  return {
    cpu: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    os: `${platform()}-${arch()}`,
  }
}

export function peerFacts(versions: ReadonlyMap<PeerName, string>, all: readonly PeerName[]) {
  return {
    peers: Object.fromEntries(versions),
    missing: all.filter((name) => !versions.has(name)),
  }
}

const HEADER = ['measure', 'against', 'varve', 'peer', 'ratio', 'target', 'met', 'note']

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
}

export function markdown(report: Report): string {
  const { machine: host, outcomes } = report
  const versions = Object.entries(report.peers).map(([name, version]) => `${name} ${version}`)
  const rows = outcomes.flatMap(({ rows: own, error, measure, target }) => [
    ...own.map((row) =>
      line([row.measure, row.against, row.ours, row.theirs, row.ratio, row.target, row.met, row.note ?? '']),
    ),
    ...(error === undefined
      ? []
      : [line([measure, '', '', '', '', target, '**FAILED**', error.slice(0, 300)])]),
  ])
  return [
    `${report.date}, ${host.cores} cores of ${host.cpu}, ${host.memory}, ${host.os}, node ${report.node}.`,
    `${report.reads} reads; medians of ${report.runs} interleaved runs after a warm-up. Times and ratios are`,
    '*whole process / inside a running one*: varve as a program / in an open session, a peer as its process /',
    'as its own script times itself after the imports. Sources in S3 are on a MinIO on the same cores.',
    `Peers: ${versions.join(', ') || 'none'}.${report.missing.length > 0 ? ` MISSING: ${report.missing.join(', ')}.` : ''}`,
    ...(report.quick ? ['', '**--quick: small data, few runs; the ratios say nothing.**'] : []),
    '',
    line(HEADER),
    line(HEADER.map(() => '---')),
    ...rows,
    '',
  ].join('\n')
}

/** Returns the path, relative to the project. */
export function writeJson(report: Report): string {
  const folder = join('bench', 'results')
  mkdirSync(folder, { recursive: true })
  const { os, cores } = report.machine
  // A partial run must not replace the day's whole one.
  const part = [...(report.only ?? []), ...(report.quick ? ['quick'] : [])].map((word) => `-${word}`).join('')
  const path = join(folder, `${report.date}-${os}-${cores}cores${part}.json`)
  writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`)
  return path
}
