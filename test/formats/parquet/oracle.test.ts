/** Every value of real and made Parquet files, as DuckDB reads them in the same process. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Session } from '../../../src/engine/types.ts'
import { createVarve } from '../../../src/library/index.ts'
import { locate } from '../../../src/store/index.ts'
import { rowsIn } from '../../engine/sessions.ts'
import { DATA } from '../../sql/runner.ts'
import { hasArrow, makeFiles, realFiles } from './support.ts'

const made = makeFiles()
const folder = mkdtempSync(join(tmpdir(), 'varve-parquet-lake-'))
const varve = createVarve({ lake: join(folder, 'lake') })
let session: Session
beforeAll(async () => {
  session = await varve.session()
  await rowsIn(session, "set timezone = 'UTC'")
})
afterAll(async () => {
  await varve.close()
  made.remove()
  rmSync(folder, { recursive: true })
})

/** DuckDB's types that batches do not have, and what stands for them. */
function expected(type: string): string {
  return type
    .replace(/^MAP\((.*)\)((?:\[\])*)$/, (_, inner: string, lists: string) => {
      const [key, value] = pair(inner)
      return `STRUCT("key" ${expected(key)}, "value" ${expected(value)})[]${lists}`
    })
    .replace(/^STRUCT\((.*)\)((?:\[\])*)$/, (_, inner: string, lists: string) => {
      const fields = parts(inner).map((field) => {
        const [, name, of] = /^("[^"]+"|\S+) (.*)$/.exec(field)!
        return `${name} ${expected(of!)}`
      })
      return `STRUCT(${fields.join(', ')})${lists}`
    })
    .replace(/^TIMESTAMP_NS$/, 'TIMESTAMP')
    .replace(/^TIME_NS$|^TIME WITH TIME ZONE$/, 'TIME')
    .replace(/^(UUID|JSON|INTERVAL)$/, 'VARCHAR')
}

/** What stands between commas that are in no parentheses. */
function parts(text: string): string[] {
  const found: string[] = []
  let depth = 0
  let from = 0
  for (let i = 0; i <= text.length; i++) {
    if (text[i] === '(') depth++
    if (text[i] === ')') depth--
    if (i < text.length && !(text[i] === ',' && depth === 0)) continue
    found.push(text.slice(from, i).trim())
    from = i + 1
  }
  return found
}

const pair = (text: string): [string, string] => parts(text) as [string, string]

/** DuckDB's value as batches have it. */
function cast(name: string, type: string): string {
  const own = `"${name.replaceAll('"', '""')}"`
  return type === expected(type) ? own : `${same(own, type)} as ${own}`
}

let variables = 0

/** The same inside lists and structs. */
function same(value: string, type: string): string {
  if (type === expected(type)) return value
  if (type === 'TIME_NS') return `left(${value}::varchar, 15)::time`
  const one = `x${variables++}`
  if (type.endsWith('[]')) return `list_transform(${value}, lambda ${one}: ${same(one, type.slice(0, -2))})`
  const [, kind, inner] = /^(MAP|STRUCT)\((.*)\)$/.exec(type) ?? []
  if (kind === undefined) return `${value}::${expected(type)}`
  if (kind === 'MAP') {
    const [key, of] = pair(inner!)
    const entry = `{'key': ${same(`${one}."key"`, key)}, 'value': ${same(`${one}."value"`, of)}}`
    return `list_transform(map_entries(${value}), lambda ${one}: ${entry})`
  }
  const fields = parts(inner!).map((field) => {
    const [, label, of] = /^("[^"]+"|\S+) (.*)$/.exec(field)!
    return `${label}: ${same(`${value}.${label}`, of!)}`
  })
  return `case when ${value} is not null then {${fields.join(', ')}} end`
}

async function described(source: string): Promise<{ name: string; type: string }[]> {
  const rows = await rowsIn(session, `select column_name, column_type from (describe from ${source})`)
  return rows.map(([name, type]) => ({ name: String(name), type: String(type) }))
}

async function compare(path: string, uri: string, like = path): Promise<void> {
  const ours = await described(`read_parquet('${uri}')`)
  const all = await described(`read_parquet('${like}')`)
  const theirs = like === path ? all : all.filter(({ name }) => ours.some((own) => own.name === name))
  const byName = (of: typeof ours) => (like === path ? of : of.toSorted((a, b) => (a.name < b.name ? -1 : 1)))
  expect(byName(ours)).toEqual(byName(theirs.map(({ name, type }) => ({ name, type: expected(type) }))))
  const list = theirs.map(({ name, type }) => cast(name, type)).join(', ')
  const names = theirs.map(({ name }) => `"${name}"`).join(', ')
  const want = await rowsIn(session, `select ${list} from read_parquet('${like}')`)
  const got = await rowsIn(session, `select ${names} from read_parquet('${uri}')`)
  expect(got.length).toBe(want.length)
  for (const [i, row] of want.entries()) expect(got[i]).toEqual(row)
}

async function inMemory(name: string, path: string): Promise<string> {
  const uri = `memory://parquet-files/${name}`
  const { store, key } = locate(uri)
  await store.put(key, readFileSync(path))
  return uri
}

/** What DuckDB 1.5.6 does not read, and a file of the same rows. */
const UNREAD: Readonly<Record<string, string>> = {
  'parquet-testing/hadoop_lz4_compressed.parquet': 'parquet-testing/lz4_raw_compressed.parquet',
  'byte_stream_split-1.parquet': 'flat-plain.parquet',
  'byte_stream_split-2.parquet': 'flat-plain.parquet',
}
/** Spark's own arithmetic overflowed: the year 290000 comes out when it overflows again. DuckDB has 226414 BC. */
const OVERFLOWN = 'parquet-testing/int96_from_spark.parquet'
const LARGE = 'large-decimals.parquet'
/** Texts of a GiB each, from four KiB. */
const HUGE = 'parquet-testing/large_string_map.brotli.parquet'

describe.skipIf(!hasArrow)('conditions', () => {
  it.each(['flat-snappy', 'flat-gzip', 'full-old', 'int96', 'duckdb-1', 'duckdb-2'])(
    '%s: the same rows with pushdown and without',
    async (name) => {
      const uri = await inMemory(`${name}.where`, join(made.folder, `${name}.parquet`))
      const columns = (await described(`read_parquet('${uri}')`)).filter(
        ({ type }) => !/\[\]|STRUCT|BLOB/.test(type),
      )
      // A row far enough down for each comparison; what does not compare, or is not there, gives none.
      const picked = columns.flatMap(({ name: column, type }) =>
        ['=', '<', '<=', '>', '>='].map((op, i) => {
          const value = `(select "${column}"::varchar from read_parquet('${uri}') where "${column}" is not null limit 1 offset ${i * 97})`
          return { column, type, op, value }
        }),
      )
      const [values] = await rowsIn(session, `select ${picked.map(({ value }) => value).join(', ')}`)
      const conditions = picked.flatMap(({ column, type, op }, i) => {
        const text = values![i]
        if (text === null || text === undefined) return []
        const literal =
          /INT|DOUBLE|FLOAT|DECIMAL/.test(type) && !/nan|inf/.test(String(text))
            ? String(text)
            : `'${String(text).replaceAll("'", "''")}'::${type}`
        return [`"${column}" ${op} ${literal}`]
      })
      expect(conditions.length).toBeGreaterThan(4)
      const counts = conditions.map((condition) => `count(*) filter (where ${condition})`).join(', ')
      const [want] = await rowsIn(session, `select ${counts} from read_parquet('${uri}')`, {
        pushdown: false,
      })
      for (const [i, condition] of conditions.entries()) {
        const sql = `select count(*) from read_parquet('${uri}') where ${condition}`
        expect(await rowsIn(session, sql), sql).toEqual([[want![i]]])
      }
    },
    60_000,
  )
})

describe('as DuckDB reads it', () => {
  it.skipIf(realFiles.length === 0)(
    'every real file in a lake',
    async () => {
      await varve.initLake(join(folder, 'lake'))
      const lake = await varve.lake()
      await lake.add([join(DATA, 'parquet')], { dataset: 'real' })
      for (const [name, path] of realFiles) {
        if (name === HUGE || name === OVERFLOWN) continue
        const like = UNREAD[name] ?? name
        await compare(path, `lake://real@1/${name}`, path.slice(0, -name.length) + like)
      }
    },
    60_000,
  )

  it.each(realFiles.filter(([name]) => name !== HUGE && name !== OVERFLOWN))('%s', async (name, path) => {
    const like = UNREAD[name] ?? name
    await compare(path, await inMemory(name, path), path.slice(0, -name.length) + like)
  })

  it.each(realFiles.filter(([name]) => name === OVERFLOWN))(
    '%s: but for the last row',
    async (name, path) => {
      const uri = await inMemory(name, path)
      const want = await rowsIn(session, `from read_parquet('${path}')`)
      const got = await rowsIn(session, `from read_parquet('${uri}')`)
      expect(got.slice(0, 5)).toEqual(want.slice(0, 5))
      expect(got.slice(5)).toEqual([[9_089_380_393_200_000_000n]])
    },
  )

  it.skipIf(!hasArrow)(
    'decimals of more than 38 digits, of which DuckDB takes the last bytes for others',
    async () => {
      const uri = await inMemory('large', join(made.folder, LARGE))
      const far = `abs(large / double - 1) > 1e-15 or (large is null) <> (double is null)`
      expect(
        await rowsIn(
          session,
          `select typeof(large), count(*) filter (${far}) from read_parquet('${uri}') group by 1`,
        ),
      ).toEqual([['DOUBLE', 0n]])
    },
  )

  it.each(made.names.filter((name) => name !== LARGE))('%s', async (name) => {
    const path = join(made.folder, name)
    await compare(path, await inMemory(name, path), join(made.folder, UNREAD[name] ?? name))
  })
})
