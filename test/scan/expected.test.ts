/** Files that a statement names are asked for before they are bound: once, and never believed of another statement. */

import { rmSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { threadMeter } from '../../src/bytes/index.ts'
import { ExpectedFiles } from '../../src/scan/expected.ts'
import { FileMemory } from '../../src/scan/memory.ts'
import { openSource } from '../../src/scan/open.ts'
import type { LocalScanService } from '../../src/scan/service.ts'
import { Bench, failure } from './support/service.ts'

const bench = new Bench()

const requests = (): number => threadMeter().read().requests

async function rowsBound(service: LocalScanService, path: string): Promise<readonly string[]> {
  const bound = await service.bind({ name: 'read_auto', args: [path], named: {} })
  service.unbind(bound.id)
  return bound.columns.map(({ name }) => name)
}

describe('a file that a statement names', () => {
  it('is asked for as often as one that nobody expected', async () => {
    const path = bench.file('known.csv', 'a,b\n1,2\n')
    const service = bench.service()
    await rowsBound(service, path)
    const before = requests()
    await rowsBound(service, path)
    const plain = requests() - before
    const abort = new AbortController()
    service.expect?.([path, path, 'no such file'], false, abort.signal)
    expect(await rowsBound(service, path)).toEqual(['a', 'b'])
    abort.abort()
    expect(requests() - before - plain).toBe(plain)
  })

  it('is asked for once, however often the statement binds it, and the same object to its end', async () => {
    const path = bench.file('twice.csv', 'a\n1\n')
    const service = bench.service()
    const statement = new AbortController().signal
    const bind = (signal: AbortSignal) => service.bind({ name: 'read_auto', args: [path], named: {} }, signal)
    const read = async ({ id }: { id: number }): Promise<number> => {
      const batch = await service.scan({ bound: id, columns: [0], predicates: [] }).next()
      return batch?.rows ?? 0
    }
    const first = await bind(statement)
    const before = requests()
    const second = await bind(statement)
    expect(requests()).toBe(before)
    expect([await read(first), await read(second)]).toEqual([1, 1])
    const next = requests()
    await bind(new AbortController().signal)
    // The file, and its index.
    expect(requests() - next).toBe(2)
    const third = await bind(statement)
    writeFileSync(path, 'other\n1\n2\n')
    expect(await read(third)).toBe(1)
  })

  it('is not asked for when nothing is known of it', async () => {
    const path = bench.file('unknown.csv', 'a\n1\n')
    const service = bench.service()
    const before = requests()
    service.expect?.([path], false, new AbortController().signal)
    expect(requests()).toBe(before)
  })

  it('is the one that stands there now', async () => {
    const path = bench.file('changed.csv', 'a\n1\n')
    const service = bench.service()
    expect(await rowsBound(service, path)).toEqual(['a'])
    writeFileSync(path, 'other,names\n1,2\n')
    service.expect?.([path], false, new AbortController().signal)
    expect(await rowsBound(service, path)).toEqual(['other', 'names'])
    rmSync(path)
    service.expect?.([path], false, new AbortController().signal)
    expect(await failure(rowsBound(service, path))).toMatchObject({ code: 'not-found' })
  })

  it('is asked for anew by the next statement', async () => {
    const path = bench.file('left.csv', 'a\n1\n')
    const service = bench.service()
    await rowsBound(service, path)
    const abort = new AbortController()
    service.expect?.([path], false, abort.signal)
    abort.abort()
    writeFileSync(path, 'changed\n1\n')
    expect(await rowsBound(service, path)).toEqual(['changed'])
  })
})

it('what its taker gives up is aborted, and nothing else', async () => {
  const path = bench.file('taken.csv', 'a\n1\n')
  const service = bench.service()
  await rowsBound(service, path)
  const { expected } = service.context
  const bound = new AbortController()
  const taker = new AbortController()
  expected?.expect([path], false, bound.signal)
  const taken = expected?.take(path, taker.signal)
  bound.abort()
  const opened = await taken
  expect(opened?.source.size).toBe(4)
  await opened?.source.close?.()
  expected?.expect([path], false, new AbortController().signal)
  taker.abort()
  expect(await failure(expected!.take(path, taker.signal)!)).toMatchObject({ code: 'aborted' })
})

it('is closed when nobody bound it', async () => {
  const path = bench.file('closed.csv', 'a\n1\n')
  const memory = new FileMemory()
  const found = await openSource({ name: path }, {}, {})
  memory.of(path, found!.source)
  await found!.source.close?.()
  const expected = new ExpectedFiles(memory, undefined)
  const abort = new AbortController()
  expected.expect([path], false, abort.signal)
  abort.abort()
  expect(expected.take(path)).toBe(undefined)
  expected.expect([path], false, new AbortController().signal)
  const taken = await expected.take(path)
  expect(taken?.source.size).toBe(4)
  expect(expected.take(path)).toBe(undefined)
  await taken?.source.close?.()
})
