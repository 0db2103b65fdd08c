/** A table of measurements as CSV: integers, doubles, dates, timestamps, short strings, some of them NULL. */

import { randomBits } from './fastq-data.ts'

export interface CsvTotals {
  readonly rows: number
  readonly raw: number
}

const SITES = ['Abisko', 'Bergen', 'Cork', 'Delft', 'Evora', 'Falun', 'Ghent', 'Husavik']
const STATES = ['ok', 'ok', 'ok', 'calibrating', 'offline', '']
const FIRST_DAY = Date.UTC(2015, 0, 1)
const ROW_SPACE = 256
const CHUNK = 4 << 20

/** Every column by one cheap aggregate that does not depend on the order of rows. */
export const CSV_AGGREGATES = [
  'count(*)',
  'sum(id)',
  'sum(sensor)',
  'max(day)',
  'max(taken_at)',
  'min(temperature)',
  'max(pressure)',
  'sum(length(site))',
  'count(state)',
]

/** Chunks of a CSV file of at least `bytes` bytes; returns its totals. */
export function* csvChunks(bytes: number, seed: number): Generator<Buffer, CsvTotals> {
  const random = randomBits(seed)
  let raw = 0
  let rows = 0
  let chunk = Buffer.allocUnsafe(CHUNK)
  let at = chunk.write('id,sensor,day,taken_at,temperature,pressure,site,state\n', 0, 'latin1')
  let seconds = 0
  while (raw + at < bytes) {
    if (at + ROW_SPACE > CHUNK) {
      yield chunk.subarray(0, at)
      raw += at
      chunk = Buffer.allocUnsafe(CHUNK)
      at = 0
    }
    const bits = random()
    seconds += bits & 127
    const time = new Date(FIRST_DAY + seconds * 1000).toISOString()
    const day = time.slice(0, 10)
    const temperature = bits >>> 22 === 0 ? '' : ((bits % 60_000) / 1000 - 20).toFixed(3) // some are NULL
    const pressure = (950 + (random() / 2 ** 32) * 100).toFixed(6)
    at += chunk.write(
      `${rows},${(bits >>> 7) % 5000},${day},${day} ${time.slice(11, 19)},${temperature},${pressure},` +
        `${SITES[(bits >>> 3) & 7]},${STATES[(bits >>> 11) % STATES.length]}\n`,
      at,
      'latin1',
    )
    rows++
  }
  yield chunk.subarray(0, at)
  return { rows, raw: raw + at }
}
