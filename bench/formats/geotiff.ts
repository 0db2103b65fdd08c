/**
 * 100 windows of 512 × 512 pixels and three bands of a raster in S3, against rasterio over /vsis3. Both sides add up the
 * values of each window: rasterio hands back an array, which numpy sums; here the values go to DuckDB, which sums them.
 *
 * Both keep decoded tiles, and windows share tiles. rasterio opens the file once and begins with no tile; so one
 * statement asks for all windows, of a copy of the raster that its session has not read before. What they take as a
 * statement each, and the same ones again, is in the note.
 */

import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from '../context.ts'
import { run } from '../process.ts'
import { absent, compare, figure, interleave, type Limit, median, seconds } from '../timing.ts'
import { fetchedBytes } from '../trace.ts'
import { BenchError, type Contender, expectEqual, type Measure } from '../types.ts'

const NAME = '100 windows of a raster in S3'
const LIMIT: Limit = { kind: 'time', value: 1 }
const SIDE = 8192
const TILE = 512
const WINDOW = 512
const WINDOWS = 100
/** Rasters that the session has read before those that are timed: a session is asked for more than one thing. */
const BEFORE = 5
const python = join(process.cwd(), '.tools', 'reference', 'bin', 'python')

type Window = readonly [col: number, row: number, width: number, height: number]

/** Anywhere, not at the tiles' edges: most windows touch four tiles. */
function windows(side: number): Window[] {
  let state = 1
  const below = (n: number): number => {
    state = (state * 48271) % 0x7fff_ffff
    return state % n
  }
  return Array.from({ length: WINDOWS }, () => [below(side - WINDOW), below(side - WINDOW), WINDOW, WINDOW])
}

async function ensureRaster(side: number): Promise<string> {
  const folder = join(process.cwd(), 'bench', 'data')
  const path = join(folder, `raster-${side}.tif`)
  if (existsSync(path)) return path
  mkdirSync(folder, { recursive: true })
  process.stderr.write(`bench: making ${path} (once) …\n`)
  await run(python, [join('fixtures', 'geotiff', 'large.py'), `${path}.tmp`, String(side)])
  renameSync(`${path}.tmp`, path)
  return path
}

const statement = (uri: string, window: Window): string =>
  `select sum(band_1) + sum(band_2) + sum(band_3) as total
   from read_geotiff('${uri}', pixels := true, window := [${window.join(', ')}])`

function rasterio(
  path: string,
  list: readonly Window[],
  env: Readonly<Record<string, string>>,
  total: string,
): Contender {
  return {
    name: 'rasterio over /vsis3',
    async run() {
      const script = join('bench', 'peers', 'rasterio_windows.py')
      const ran = await run(python, [script, path, JSON.stringify(list)], { env })
      const answer = JSON.parse(ran.stdout) as { seconds: number; check: number }
      expectEqual('rasterio', 'the sum of its pixels', answer.check, total)
      return { process: ran.seconds, inside: answer.seconds }
    },
  }
}

/** The bytes of the tiles that the windows touch, each window for itself, by the file's own list. */
async function touched(
  context: Context,
  uri: string,
  lake: string,
  list: readonly Window[],
): Promise<number> {
  await context.varve(['index', uri], lake)
  const sql = `select segment, byte_end - byte_start as bytes from index_info('${uri}') order by segment`
  const ran = await context.varve(['sql', '-c', sql, '--format', 'json'], lake)
  const tiles = (JSON.parse(ran.stdout) as { bytes: number }[]).map(({ bytes }) => bytes)
  const across = Math.sqrt(tiles.length)
  let sum = 0
  for (const [col, row, width, height] of list) {
    for (let y = Math.floor(row / TILE); y * TILE < row + height; y++)
      for (let x = Math.floor(col / TILE); x * TILE < col + width; x++) sum += tiles[y * across + x]!
  }
  return sum
}

export const rasterWindows: Measure = {
  name: 'raster',
  target: '100 windows of 512 × 512 × 3 on S3 ≤ 1 × rasterio over /vsis3; only touched tiles fetched',
  async run(context) {
    if (!existsSync(python))
      return [absent(NAME, 'rasterio', LIMIT, `${python} is missing: scripts/reference.sh`)]
    const side = context.quick ? 2048 : SIDE
    const path = await ensureRaster(side)
    const key = `raster-${side}.tif`
    const list = windows(side)
    const uri = await context.inS3({ path, key, bytes: statSync(path).size, totals: undefined })
    const { env, endpoint } = await context.minio()
    const vsis3 = {
      ...env,
      AWS_S3_ENDPOINT: endpoint.replace(/^https?:\/\//, ''),
      AWS_HTTPS: 'NO',
      AWS_VIRTUAL_HOSTING: 'FALSE',
      // What its users are told to set: no listing of the folder beside the file.
      GDAL_DISABLE_READDIR_ON_OPEN: 'EMPTY_DIR',
    }
    const lake = await context.newLake()
    const fresh = await context.newLake()
    const allOf = (from: string): string =>
      `select sum(total) as total from (${list.map((window) => statement(from, window)).join(' union all ')})`
    const all = allOf(uri)
    const total = (await context.varve(['sql', '-c', all, '--format', 'csv'], fresh)).stdout
      .trim()
      .split('\n')
      .at(-1)!
    const session = await context.warm(fresh)
    const oneByOne = async (from: string): Promise<number> => {
      let seconds = 0
      for (const window of list) seconds += await session.call({ do: 'sql', sql: statement(from, window) })
      return seconds
    }
    let copies = 0
    const unread = (): Promise<string> =>
      context.inS3({
        path,
        key: `raster-${side}-${copies++}.tif`,
        bytes: statSync(path).size,
        totals: undefined,
      })
    for (let i = 0; i < BEFORE; i++) await session.call({ do: 'sql', sql: allOf(await unread()) })
    let fetched = 0
    const singly: number[] = []
    const again: number[] = []
    const ours: Contender = {
      name: 'varve',
      async run() {
        const ran = await context.varve(['sql', '-c', all, '--format', 'csv'], fresh)
        expectEqual('varve', 'the sum of its pixels', ran.stdout.trim().split('\n').at(-1), total)
        const [one, other] = [await unread(), await unread()]
        session.requests()
        const inside = await session.call({ do: 'sql', sql: allOf(one) })
        fetched = fetchedBytes(session.requests(), one)
        singly.push(await oneByOne(other))
        again.push(await oneByOne(other))
        return { process: ran.seconds, inside }
      },
    }
    const theirs = rasterio(uri.replace('s3://', '/vsis3/'), list, vsis3, total)
    const [varve, gdal] = await interleave([ours, theirs], context.runs)
    if (varve === undefined || gdal === undefined) throw new BenchError('nothing was timed')
    const tiles = await touched(context, uri, lake, list)
    const mega = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`
    // A file's first statement fetches the first MiB.
    const heads = 2 ** 20
    return [
      compare(NAME, varve, gdal, LIMIT, {
        note: `one statement of 100; inside: after ${BEFORE} other rasters; as 100 statements ${seconds(median(singly))}, the same again ${seconds(median(again))}`,
      }),
      figure(
        NAME,
        `touched tiles ${mega(tiles)} + heads ${mega(heads)}`,
        'bytes ≤ both',
        mega(fetched),
        fetched <= tiles + heads,
      ),
    ]
  },
}
