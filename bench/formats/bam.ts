/** Aligned reads in S3 against samtools on a local copy: a region, counting, and a column. */

import { spawnSync } from 'node:child_process'
import { shell } from '../process.ts'
import { absent, compare, interleave, type Limit } from '../timing.ts'
import { type Contender, expectEqual, type Measure, type Row } from '../types.ts'
import { expectRow, indexedLake } from '../varve.ts'
import { ensureAlignments } from './bam-data.ts'

const READS = 1_000_000
/**
 * Questions of other regions that the session has answered before: by then node has compiled what they run, which takes
 * as long as many of them.
 */
const BEFORE = 30

interface Question {
  readonly name: string
  readonly peer: string
  /** A shell command; `$1` is the file. */
  readonly command: string
  readonly sql: string
  readonly answer: string
  readonly limit: Limit
}

export const alignments: Measure = {
  name: 'bam',
  target: 'region ≤ 2 × samtools view -c with the region',
  async run(context) {
    if (spawnSync('samtools', ['--version']).status !== 0)
      return [absent('bam', 'samtools', { kind: 'time', value: 2 }, 'samtools is not installed')]
    const file = await ensureAlignments(context.quick ? 50_000 : READS)
    const { totals } = file
    const uri = await context.inS3(file)
    const lake = await indexedLake(context, uri)
    const session = await context.warm(lake)
    const { rname, from, to } = totals.region
    const regionOf = (begin: number): string =>
      `select count(*) from read_bam('${uri}') where rname = '${rname}' and pos <= ${to} and end_pos >= ${begin}`
    const questions: readonly Question[] = [
      {
        name: 'bam, region of 1 %',
        peer: 'samtools view -c FILE REGION',
        command: `samtools view -c "$1" ${rname}:${from}-${to}`,
        sql: regionOf(from),
        answer: String(totals.inRegion),
        limit: { kind: 'time', value: 2 },
      },
      {
        name: 'bam, sum(mapq) of all reads',
        peer: 'samtools view -@ 1 | awk',
        command: `samtools view -@ 1 "$1" | awk '{ sum += $5 } END { printf "%d\\n", sum }'`,
        sql: `select sum(mapq) from read_bam('${uri}')`,
        answer: String(totals.mapq),
        limit: { kind: 'speed', value: 1 },
      },
    ]
    const rows: Row[] = []
    for (let i = 1; i <= BEFORE; i++) await session.call({ do: 'sql', sql: regionOf(from + i) })
    for (const { name, peer, command, sql, answer, limit } of questions) {
      const ours: Contender = {
        name: 'varve',
        async run() {
          const ran = await context.varve(['sql', '-c', sql, '--format', 'csv'], lake)
          expectRow({ sql, expected: answer, uri, size: file.bytes }, ran.stdout)
          return { process: ran.seconds, inside: await session.call({ do: 'sql', sql }) }
        },
      }
      const theirs: Contender = {
        name: peer,
        async run() {
          const { seconds, stdout } = await shell(command, [file.path])
          expectEqual(peer, name, stdout.trim(), answer)
          return { process: seconds }
        },
      }
      const [varve, samtools] = await interleave([ours, theirs], context.runs)
      rows.push(compare(name, varve!, samtools!, limit, { note: `inside: after ${BEFORE} other regions` }))
    }
    return rows
  },
}
