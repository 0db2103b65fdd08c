/** An image in S3 opened, and the spectra of a hundredth of it read, against pyimzML on a local copy; lists into DuckDB. */

import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../process.ts'
import { absent, compare, figure, interleave, type Limit } from '../timing.ts'
import { fetchedBytes } from '../trace.ts'
import { BenchError, type Contender, expectEqual, type Measure } from '../types.ts'

const NAME = 'imzML: open, and a region'
const LIMIT: Limit = { kind: 'speed', value: 2 }
const SIDE = 100
const POINTS = 1000
/** m/z as 64-bit, intensities as 32-bit floats. */
const SPECTRUM_BYTES = POINTS * 12
const UUID_BYTES = 16
const HANDOVER = 400e6
const python = join(process.cwd(), '.tools', 'reference', 'bin', 'python')

/** The path of the .imzML, its .ibd beside it: written by pyimzML, once. */
async function ensureImage(side: number): Promise<string> {
  const folder = join(process.cwd(), 'bench', 'data')
  const name = `image-${side}x${side}x${POINTS}`
  const path = join(folder, `${name}.imzML`)
  if (existsSync(path)) return path
  mkdirSync(folder, { recursive: true })
  process.stderr.write(`bench: making ${path} (once) …\n`)
  const made = join(folder, `${name}.tmp.imzML`)
  const job = { path: made, mode: 'processed', width: side, height: side, points: POINTS, seed: 1 }
  await run(python, [join('fixtures', 'imzml', 'make.py'), JSON.stringify([job])])
  renameSync(made.replace(/imzML$/, 'ibd'), path.replace(/imzML$/, 'ibd'))
  renameSync(made, path)
  return path
}

export const imageRegion: Measure = {
  name: 'imzml',
  target:
    'open and region of 10,000 spectra ≥ 2 × pyimzML; only the region fetched; DOUBLE[] to DuckDB ≥ 400 MB/s',
  async run(context) {
    const lists = await handover(context.built)
    if (!existsSync(python))
      return [absent(NAME, 'pyimzML', LIMIT, `${python} is missing: scripts/reference.sh`), lists]
    const side = context.quick ? 20 : SIDE
    const path = await ensureImage(side)
    const [low, high] = [Math.floor(side * 0.4), Math.floor(side * 0.4) + side / 10 - 1]
    const inS3 = (file: string): Promise<string> =>
      context.inS3({
        path: file,
        key: file.split('/').at(-1)!,
        bytes: statSync(file).size,
        totals: undefined,
      })
    const ibd = await inS3(path.replace(/imzML$/, 'ibd'))
    const uri = await inS3(path)
    const lake = await context.newLake()
    const session = await context.warm(lake)
    const sql = `select count(*), sum(len(mz)), max(list_max(intensity))::double
                 from '${uri}' where x between ${low} and ${high} and y between ${low} and ${high}`
    let answer = ''
    const theirs: Contender = {
      name: 'pyimzML',
      async run() {
        const ran = await run(python, [
          join('bench', 'peers', 'pyimzml_region.py'),
          path,
          String(low),
          String(high),
        ])
        const { seconds, spectra, values, largest } = JSON.parse(ran.stdout)
        answer = `${spectra},${values},${largest}`
        return { process: ran.seconds, inside: seconds }
      },
    }
    let fetched = 0
    // No index: nothing but the XML says where spectra are, and a region leaves none.
    const ours: Contender = {
      name: 'varve',
      async run() {
        const ran = await context.varve(['sql', '-c', sql, '--format', 'csv'], lake)
        expectEqual('varve', 'the region', ran.stdout.trim().split('\n').at(-1), answer)
        session.requests()
        const inside = await session.call({ do: 'sql', sql })
        fetched = fetchedBytes(session.requests(), ibd)
        return { process: ran.seconds, inside }
      },
    }
    const [peer, varve] = await interleave([theirs, ours], context.runs)
    if (varve === undefined || peer === undefined) throw new BenchError('nothing was timed')
    const region = (high - low + 1) ** 2 * SPECTRUM_BYTES + UUID_BYTES
    return [
      compare(NAME, varve, peer, LIMIT, { note: `${side * side} spectra, no index` }),
      figure(NAME, `the region's ${region} bytes`, '≤ these', `${fetched} bytes`, fetched <= region),
      lists,
    ]
  },
}

/** `bench/handover.ts` takes its own median and says `… MB/s`. */
async function handover(built: string) {
  const { stdout } = await run(process.execPath, [join(built, 'handover.js'), 'lists'])
  const speed = Number(/([\d.]+) MB\/s/.exec(stdout)?.[1]) * 1e6
  if (Number.isNaN(speed)) throw new BenchError(`handover: printed no result but ${stdout}`)
  return figure(
    'hand-over of DOUBLE[], 1,000 values a row',
    'from memory to DuckDB',
    '≥ 400 MB/s',
    `${Math.round(speed / 1e6)} MB/s`,
    speed >= HANDOVER,
    stdout.trim(),
  )
}
