import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { duckdb, ours, type Table, WHOLE } from './support.ts'

const folder = join(import.meta.dirname, '../../../../shared/data/csv')
const present = existsSync(folder)

function filesIn(path: string): string[] {
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesIn(join(path, entry.name)) : [join(path, entry.name)],
  )
}

function load(path: string): Uint8Array {
  const bytes = readFileSync(path)
  return path.endsWith('.gz') ? gunzipSync(bytes) : bytes
}

if (!present && process.env.CI === 'true') throw new Error(`${folder} is absent`)
if (!present) console.warn(`skipped: ${folder} is absent`)

describe.skipIf(!present)('files of other projects, against DuckDB', () => {
  for (const path of present ? filesIn(folder) : []) {
    it(path.slice(folder.length + 1), async () => {
      const bytes = load(path)
      const expected = await duckdb(bytes)
      const actual = ours(bytes)
      if (typeof expected === 'string') expect(actual).toBeTypeOf('string')
      else expect(actual).toEqual(expected)

      let size = 1
      const steps = { ...WHOLE, grow: () => (size = (size * 7 + 3) % 4096), maxRows: () => 17 }
      expect(ours(bytes, {}, steps)).toEqual(actual)
    })
  }

  it('finds what PROVENANCE.md says of some of them', () => {
    const shape = (name: string) => {
      const table = ours(load(join(folder, name))) as Table
      return [table.rows.length, table.names.length]
    }
    expect(shape('dataplug/cities.csv')).toEqual([128, 10])
    expect(shape('duckdb/weather.csv')).toEqual([366, 7])
    expect(shape('duckdb/real/imdb_movie_info_escaped.csv')).toEqual([201, 5])
    expect(shape('duckdb/test/concat.gz')).toEqual([14, 13])
  })

  it('names the first byte that is not UTF-8', () => {
    const bytes = load(join(folder, 'duckdb/encodings/latin1.csv'))
    const first = bytes.findIndex((byte) => byte > 0x7f)
    expect(ours(bytes)).toBe(
      `csv: byte ${first} is not valid UTF-8; files in other encodings are not supported`,
    )
  })
})
