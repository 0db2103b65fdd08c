/** Files of a lake through the engine's socket: what stands where, listings, ranges, and what goes wrong. */

import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { LONGEST_READ } from '../../src/bridge/files.ts'
import { type Serving, startEngine } from '../../src/library/engine.ts'
import { createVarve } from '../../src/library/index.ts'
import { Bench } from '../scan/support/service.ts'
import { type Answer, Client } from './client.ts'

const bench = new Bench()
const lake = join(bench.folder, 'lake')
const varve = createVarve({ lake, jobs: 1 })
const large = randomBytes(3_000_000)
let engine: Serving
const clients: Client[] = []

async function client(): Promise<Client> {
  const one = new Client(engine.socket)
  clients.push(one)
  await one.hello()
  return one
}

async function add(dataset: string, files: Readonly<Record<string, Uint8Array | string>>): Promise<void> {
  const folder = join(bench.folder, 'to-add', dataset, String(Math.random()))
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), bytes)
  }
  await (await varve.lake()).add([folder], { dataset })
}

/** What the engine answers to one request on a connection of its own. */
async function ask(kind: 'look' | 'list' | 'read', uri: string, ranges?: number[][]): Promise<Answer> {
  const one = await client()
  one.ask(kind, { id: 7, uri, ranges })
  return (await one.answer())!
}

beforeAll(async () => {
  await varve.initLake(lake)
  await add('d', { 'a/b/large.bin': large, 'a/x.txt': 'first', 'empty.txt': '', 'odd %20 ü#?.txt': 'odd' })
  await add('d', { 'a/x.txt': 'second!' })
  await add('other', { 'y.txt': 'y' })
  engine = await startEngine({ socket: join(bench.folder, 'own/e.sock'), lake, jobs: 1, version: '1' })
})
afterEach(() => {
  for (const one of clients.splice(0)) one.close()
})
afterAll(async () => {
  await engine.stop()
  await varve.close()
})

describe('names', () => {
  it('are looked up, with the number of the version that they mean', async () => {
    const modified = expect.any(Number)
    const file = { name: 'x.txt', kind: 'file', size: 7, modified }
    expect(await ask('look', 'lake://d/a/x.txt')).toEqual({
      kind: 'found',
      id: 7,
      version: 2,
      standing: file,
    })
    expect(await ask('look', 'lake://d@1/a/x.txt')).toMatchObject({ version: 1, standing: { size: 5 } })
    expect(await ask('look', 'lake://d@v1/a/b')).toMatchObject({
      standing: { name: 'b', kind: 'folder', size: 0 },
    })
    expect(await ask('look', 'lake://d')).toMatchObject({
      version: 2,
      standing: { name: '', kind: 'folder' },
    })
    expect(await ask('look', 'lake://')).toMatchObject({ version: 0, standing: { kind: 'folder' } })
  })

  it('are listed: the lake, versions, folders, a file as itself', async () => {
    const names = (answer: Answer): string[] =>
      answer.kind === 'listed' ? answer.standing.map(({ name, kind, size }) => `${name} ${kind} ${size}`) : []
    expect(names(await ask('list', 'lake://'))).toEqual(['d folder 0', 'other folder 0'])
    expect(names(await ask('list', 'lake://d@1'))).toEqual([
      'a folder 0',
      'empty.txt file 0',
      'odd %20 ü#?.txt file 3',
    ])
    expect(names(await ask('list', 'lake://d@1/a'))).toEqual(['b folder 0', 'x.txt file 5'])
    expect(names(await ask('list', 'lake://d@1/a/x.txt'))).toEqual([' file 5'])
  })

  it('of a version that was just committed are there at once', async () => {
    const one = await client()
    for (let i = 0; i < 3; i++) {
      await add('fresh', { 'n.txt': String(i) })
      one.ask('read', { id: i, uri: 'lake://fresh/n.txt', ranges: [[0, 1]] })
      expect(await one.expect('bytes')).toMatchObject({ id: i, parts: [Buffer.from(String(i))] })
    }
  })
})

describe('reads', () => {
  it('give each range as far as the file goes', async () => {
    const ranges = [
      [0, 4],
      [2_999_990, 3_100_000],
      [1_000_000, 2_000_000],
      [5_000_000, 5_000_010],
      [3, 3],
    ]
    const answer = await ask('read', 'lake://d@1/a/b/large.bin', ranges)
    const want = ranges.map(([start, end]) => large.subarray(start, end))
    expect(answer.kind === 'bytes' && answer.parts.map((part, i) => part.equals(want[i]!))).toEqual(
      want.map(() => true),
    )
    expect(await ask('read', 'lake://d/empty.txt', [[0, 10]])).toMatchObject({ parts: [Buffer.alloc(0)] })
    expect(await ask('read', 'lake://d/odd %20 ü#?.txt', [[0, 10]])).toMatchObject({
      parts: [Buffer.from('odd')],
    })
  })

  it('of more files than are kept open, many at once, give what each file has', async () => {
    const files = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`f${i}`, `file ${i}`]))
    await add('many', files)
    const one = await client()
    for (let round = 0; round < 2; round++)
      for (const [i, name] of Object.keys(files).entries())
        one.ask('read', { id: i, uri: `lake://many/${name}`, ranges: [[0, 100]] })
    const seen: string[] = []
    for (let i = 0; i < 80; i++) {
      const { id, parts } = await one.expect('bytes')
      expect(parts[0]!.toString()).toBe(`file ${id}`)
      seen.push(String(id))
    }
    expect(new Set(seen).size).toBe(40)
  })
})

describe('what goes wrong', () => {
  it('is said with its code, and the connection goes on', async () => {
    const one = await client()
    const failures: readonly (readonly [string, object, string, RegExp])[] = [
      ['look', { uri: 'lake://d/nope' }, 'not-found', /d@2 has neither a file nor a folder nope/],
      ['look', { uri: 'lake://d/a/x.txt/y' }, 'not-found', /d@2 has neither/],
      ['look', { uri: 'lake://d/../other/y.txt' }, 'not-found', /d@2 has neither/],
      ['look', { uri: 'lake://d@99/a' }, 'not-found', /99/],
      ['list', { uri: 'lake://nope' }, 'not-found', /nope/],
      ['look', { uri: '/etc/passwd' }, 'invalid-input', /lake:\/\//],
      ['read', { uri: 'lake://d/a', ranges: [[0, 1]] }, 'invalid-input', /is a folder, expected a file/],
      ['read', { uri: 'lake://d/a/x.txt', ranges: [[5, 1]] }, 'invalid-input', /ends before it begins/],
      [
        'read',
        { uri: 'lake://d/a/x.txt', ranges: [[0, LONGEST_READ + 1]] },
        'invalid-input',
        /at most 16777216/,
      ],
    ]
    for (const [kind, body, code, message] of failures) {
      one.ask(kind as 'look', { id: 3, ...body })
      expect(await one.expect('error')).toMatchObject({
        id: 3,
        code,
        message: expect.stringMatching(message),
      })
    }
    one.ask('look', { id: 4, uri: 'lake://d/a/x.txt' })
    expect((await one.expect('found')).id).toBe(4)
  })

  it('a file that was changed where it is gives no bytes, and says so each time', async () => {
    const place = join(bench.folder, 'changing.txt')
    writeFileSync(place, 'before')
    await (await varve.lake()).add([place], { dataset: 'changing', inPlace: true })
    const one = await client()
    const read = (): void =>
      one.ask('read', { id: 1, uri: 'lake://changing/changing.txt', ranges: [[0, 100]] })
    read()
    expect(await one.expect('bytes')).toMatchObject({ parts: [Buffer.from('before')] })
    const again = await client()
    writeFileSync(place, 'after it all')
    for (let i = 0; i < 2; i++) {
      again.ask('read', { id: 2, uri: 'lake://changing/changing.txt', ranges: [[0, 100]] })
      expect(await again.expect('error')).toMatchObject({ id: 2, code: 'stale', message: /changing\.txt/ })
    }
  })

  it('a lake that is none is said to be none', async () => {
    const one = new Client(engine.socket)
    clients.push(one)
    await one.hello(join(bench.folder, 'no-lake'))
    for (const uri of ['lake://d', 'lake://']) {
      one.ask('list', { id: 1, uri })
      expect(await one.expect('error')).toMatchObject({ code: 'not-found', message: /is no lake/ })
    }
  })
})
