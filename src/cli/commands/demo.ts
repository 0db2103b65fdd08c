import { mkdir, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Context } from '../context.ts'
import { print } from '../report.ts'
import { add } from './add.ts'
import { indexFiles } from './index-files.ts'
import { init } from './init.ts'
import { sql } from './sql.ts'
import { writeTable } from './table.ts'

/** `varve demo [FOLDER]`: everything that varve does, on files that it makes itself. Twice is as good as once. */
export async function demo(given: Context, folder: string): Promise<void> {
  const lake = join(folder, 'lake')
  const context = given.with({ lake })
  const reads = join(folder, 'reads_1.fastq.gz')
  const mates = join(folder, 'reads_2.fastq.gz')
  const samples = join(folder, 'samples.csv')
  const say = (text: string): Promise<void> => print(context, text)
  const typed = (command: string): Promise<void> => say(`\n$ npx varve ${command}\n`)
  const at = `--lake ${shellWord(lake)}`

  await say(await makeFiles(folder, [reads, mates, samples]))

  await typed(`init ${shellWord(lake)}`)
  await init(context, lake)

  await typed(`index ${shellWord(reads)} ${shellWord(mates)} ${at}`)
  await indexFiles(context, [reads, mates], {})

  const query = joinQuery(reads, samples)
  await typed(`sql ${at} -c "\n${indent(query)}"`)
  await sql(context, undefined, { command: query, pushdown: true, format: 'table' })

  const pattern = 'reads_{mate:int}.fastq.gz'
  await typed(
    `add ${[reads, mates].map(shellWord).join(' ')} --dataset soil --in-place --pattern '${pattern}' ${at}`,
  )
  await add(context, [reads, mates], { dataset: 'soil', inPlace: true, pattern, message: 'the first lane' })

  await typed(`table write soil samples ${shellWord(samples)} --key sample ${at}`)
  await writeTable(context, 'soil', 'samples', samples, ['sample'], {})

  const history = versionQuery()
  await typed(`sql ${at} -c "\n${indent(history)}"`)
  await sql(context, undefined, { command: history, pushdown: true, format: 'table' })

  await typed(`slices ${shellWord(reads)} -n 8 ${at} | sed -n 3p`)
  const verbs = await context.verbs()
  const file = await verbs.openFile(reads, { signal: context.signal })
  const slice = (await file.slices({ n: 8 }, { signal: context.signal }))[2]
  if (slice !== undefined) {
    await say(`${slice}\n`)
    await typed(`slices ${shellWord(reads)} -n 8 ${at} | sed -n 3p | npx varve cat - | head -4`)
    await say(await firstLines(slice.text({ signal: context.signal }), 4))
  }
  await say(whereNext(reads, at))
}

async function makeFiles(folder: string, paths: readonly string[]): Promise<string> {
  const there = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        () => true,
        () => false,
      ),
    ),
  )
  if (there.every(Boolean)) return `${folder}/ is there already: 2 × 20,000 reads and a sheet of samples\n`
  const { demoFiles } = await import('../../../fixtures/demo.ts')
  await mkdir(folder, { recursive: true })
  for (const { name, bytes, gzip } of demoFiles()) {
    const path = join(folder, name)
    // Renamed when whole, so that an interrupted demo is made anew.
    await writeFile(`${path}.tmp`, gzip ? gzipSync(bytes, { level: 6 }) : bytes)
    await rename(`${path}.tmp`, path)
  }
  return `made ${folder}/: 2 × 20,000 synthetic reads (FASTQ, gzipped) and a sheet of their samples (CSV)\n`
}

function joinQuery(reads: string, samples: string): string {
  return `select site, sample, depth_cm, count(*) as reads,
       round(avg(length(sequence)), 1) as mean_length,
       round(avg(length(replace(replace(sequence, 'A', ''), 'T', '')) / length(sequence)), 3) as gc
from ${sqlText(reads)}
join ${sqlText(samples)} on description like '%:' || barcode
group by all
order by depth_cm`
}

/** A version's catalogue beside what is inside its files. */
function versionQuery(): string {
  return `select f.path, f.mate, f.bytes, f.sequencing.flowcell, count(*) as reads
from files('soil@1') f
join read_fastq('lake://soil@1/*.fastq.gz') r on ends_with(r.filename, f.path)
group by all
order by f.path`
}

function whereNext(reads: string, at: string): string {
  return `
Where to go next:
  npx varve sql ${at}                          a shell; Tab completes, .help helps
  npx varve info ${shellWord(reads)} ${at}
  npx varve sql -c "FROM ${sqlText(reads)} WHERE record >= 19990" ${at}
  npx varve versions soil ${at}             the versions of the dataset
  npx varve diff soil@1 soil ${at}          what changed between two
  npx varve formats                                     what can be read
  npx varve sql -c "FROM 's3://your-bucket/reads.fastq.gz' LIMIT 5"
  npx varve --help
`
}

async function firstLines(pieces: AsyncIterable<Uint8Array>, count: number): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const piece of pieces) {
    text += decoder.decode(piece, { stream: true })
    if (text.split('\n').length > count) break
  }
  return `${text.split('\n').slice(0, count).join('\n')}\n`
}

const sqlText = (text: string): string => `'${text.replaceAll("'", "''")}'`

const shellWord = (text: string): string =>
  /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`

const indent = (text: string): string => text.replace(/^/gm, '  ')
