import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from '../context.ts'
import { run } from '../process.ts'
import { absent, compare, figure, interleave } from '../timing.ts'
import type { Contender, Measure, Row } from '../types.ts'
import { info } from '../varve.ts'

const NAME = 'index build'
const RAPIDGZIP = 'rapidgzip -P 1 --export-index --index-format gztool-with-lines'
const GZTOOL = 'gztool -i -x'
const AGAINST_RAPIDGZIP = { kind: 'time', value: 1.2 } as const
const AGAINST_GZTOOL = { kind: 'time', value: 0.6 } as const
const MAX_SHARE = 0.01

function gztool(context: Context, path: string): Contender {
  return {
    name: GZTOOL,
    async run() {
      const { seconds } = await run('gztool', ['-i', '-x', '-I', join(context.scratch(), 'index'), path])
      return { process: seconds }
    },
  }
}

export const indexBuild: Measure = {
  name: 'index',
  target: 'from S3: time ≤ 1.2 × rapidgzip and ≤ 0.6 × gztool, both on a local copy; index ≤ 1 % of the gz',
  async run(context) {
    const { gz } = await context.fastq()
    const uri = await context.inS3(gz)
    const lake = await context.newLake()
    const session = await context.warm(lake)
    const ours: Contender = {
      name: 'varve',
      async run() {
        const { seconds } = await context.varve(['index', uri, '--force'], lake)
        return { process: seconds, inside: await session.call({ do: 'index', uri }) }
      },
    }
    const noRapidgzip = context.missing('rapidgzip')
    const noGztool = context.missing('gztool')
    const index = join(context.scratch(), 'rapidgzip')
    const flags = [
      '-q',
      '-f',
      '-P',
      '1',
      '--export-index',
      index,
      '--index-format',
      'gztool-with-lines',
      gz.path,
    ]
    const peers = [
      ...(noRapidgzip ? [] : [context.peers.python(RAPIDGZIP, 'rapidgzip_run.py', flags, {})]),
      ...(noGztool ? [] : [gztool(context, gz.path)]),
    ]
    const [varve, ...timings] = await interleave([ours, ...peers], context.runs)
    const rows: Row[] = []
    for (const [name, limit, why] of [
      [RAPIDGZIP, AGAINST_RAPIDGZIP, noRapidgzip],
      [GZTOOL, AGAINST_GZTOOL, noGztool],
    ] as const) {
      const theirs = timings.find((timing) => timing.name === name)
      rows.push(
        theirs === undefined
          ? absent(NAME, name, limit, why ?? 'not run')
          : compare(NAME, varve!, theirs, limit, { raw: gz.totals.raw }),
      )
    }
    const { index_bytes: bytes } = await info(context, uri, lake)
    const share = (bytes ?? Number.NaN) / gz.bytes
    const peerBytes = noRapidgzip ? undefined : statSync(index).size
    const beside = peerBytes === undefined ? undefined : `rapidgzip's: ${(peerBytes / 1e6).toFixed(2)} MB`
    rows.push(
      figure(
        'index size',
        `the gz (${(gz.bytes / 1e6).toFixed(1)} MB)`,
        '≤ 1 %',
        `${((bytes ?? Number.NaN) / 1e6).toFixed(2)} MB = ${(share * 100).toFixed(2)} %`,
        share <= MAX_SHARE,
        beside,
        { bytes, gz: gz.bytes, rapidgzip: peerBytes },
      ),
    )
    return rows
  },
}
