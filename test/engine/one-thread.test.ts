/** Statements that scan leave the second of two cores to the decoding threads, and the user's settings alone. */

import { availableParallelism } from 'node:os'
import { afterAll, expect, it } from 'vitest'
import { readsTable } from './fake-scan.ts'
import { testSession } from './sessions.ts'

const { session, rows } = testSession({ t: readsTable(3) })
afterAll(() => session.close())

const cores = availableParallelism()
const threads = "select current_setting('threads')::integer"
const scanning = `${threads} from read_fastq('t') limit 1`

it('of two cores a scan gets one thread of DuckDB, and the statement after it both', async () => {
  expect(await rows(scanning)).toEqual([[cores <= 2 ? 1 : cores]])
  expect(await rows(threads)).toEqual([[cores]])
})

it('also when it failed, or was not read to its end', async () => {
  await expect(rows("select error('boom') from read_fastq('t')")).rejects.toThrow('boom')
  expect(await rows(threads)).toEqual([[cores]])
  for await (const result of session.run("from read_fastq('t')")) await result.close()
  expect(await rows(threads)).toEqual([[cores]])
})

it('a number that the user has set stays', async () => {
  await rows('set threads = 7')
  expect(await rows(scanning)).toEqual([[7]])
  expect(await rows(threads)).toEqual([[7]])
  await rows('reset threads')
})

it('where the configuration is locked, statements run as it says', async () => {
  const locked = testSession({ t: readsTable(3) })
  try {
    await locked.rows('set lock_configuration = true')
    expect(await locked.rows(scanning)).toEqual([[cores]])
  } finally {
    await locked.session.close()
  }
})
