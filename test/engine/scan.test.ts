import { afterEach, describe, expect, it } from 'vitest'
import type { Session } from '../../src/engine/types.ts'
import { VarveError } from '../../src/errors.ts'
import { type FakeTable, FUNCTIONS, readsTable } from './fake-scan.ts'
import { type TestSession, testSession } from './sessions.ts'

const open: Session[] = []
afterEach(async () => {
  for (const session of open.splice(0)) await session.close()
})

function sessionOn(tables: Readonly<Record<string, FakeTable>>): TestSession {
  const made = testSession(tables)
  open.push(made.session)
  return made
}

async function until(done: () => boolean): Promise<number> {
  const began = performance.now()
  while (!done()) {
    if (performance.now() - began > 3000) throw new Error('did not happen within 3 s')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return performance.now() - began
}

describe('arguments', () => {
  it('reach the scan as plain values', async () => {
    const { rows, scan } = sessionOn({ t: readsTable(1), a: readsTable(1) })
    await rows("from read_fastq(['t', 'b'], filename := true, skip := 3)")
    await rows(
      "from slices('t', strategy := 'count', n := 200, args := {'a': [1, 2.5], 'b': null, 'c': date '2020-01-02'})",
    )
    await rows(
      "from varve_read_csv('t', header := 9007199254740993, delim := ';', columns := {'a': 'BIGINT'})",
    )
    await rows('from read_fastq($1, skip := $2)', { params: ['t', 7] })
    await rows('from read_fastq($files)', { params: { files: ['a', 't'] } })
    expect(scan.binds).toEqual([
      { name: 'read_fastq', args: [['t', 'b']], named: { filename: true, skip: 3 } },
      {
        name: 'slices',
        args: ['t'],
        named: { strategy: 'count', n: 200, args: { a: [1, 2.5], b: null, c: '2020-01-02' } },
      },
      {
        name: 'varve_read_csv',
        args: ['t'],
        named: { header: 9007199254740993n, delim: ';', columns: { a: 'BIGINT' } },
      },
      { name: 'read_fastq', args: ['t'], named: { skip: 7 } },
      { name: 'read_fastq', args: [['a', 't']], named: {} },
    ])
  })

  it("a wrong name or type is DuckDB's error", async () => {
    const { rows } = sessionOn({ t: readsTable(1) })
    await expect(rows("from read_fastq('t', nope := 1)")).rejects.toMatchObject({ code: 'invalid-input' })
    await expect(rows("from read_fastq('t', skip := 'x')")).rejects.toMatchObject({ code: 'invalid-input' })
    await expect(rows("from read_fastq('t', 't')")).rejects.toMatchObject({ code: 'invalid-input' })
  })
})

describe('fetching no more than is wanted', () => {
  it('LIMIT asks for one batch and closes the scan', async () => {
    const { rows, scan } = sessionOn({ t: readsTable(40_000) })
    expect(await rows("select id from read_fastq('t') limit 3")).toHaveLength(3)
    expect(scan.counts).toMatchObject({ nexts: 1, closed: 1, open: 0, unbound: 1 })
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(scan.counts.nexts).toBe(1)
  })

  it('what is on its way is taken without being asked for', async () => {
    const { rows, scan } = sessionOn({ t: readsTable(9000, { coming: true }) })
    expect(await rows("select count(id) from read_fastq('t')")).toEqual([[9000n]])
    // Five batches and the end.
    expect(scan.counts).toMatchObject({ nexts: 6, closed: 1, open: 0, unbound: 1 })
    expect(await rows("select id from read_fastq('t') limit 3")).toHaveLength(3)
    expect(scan.counts).toMatchObject({ closed: 2, open: 0, unbound: 2 })
    expect(await rows("select count(a.id) from read_fastq('t') a join read_fastq('t') b using (id)")).toEqual(
      [[9000n]],
    )
  })

  it('an error in what is on its way is the statement’s', async () => {
    const fail = { batch: 2, error: new VarveError('invalid-data', 'the third batch is damaged') }
    const { rows, scan } = sessionOn({ t: readsTable(9000, { coming: true, fail }) })
    await expect(rows("select count(id) from read_fastq('t')")).rejects.toMatchObject({
      code: 'invalid-data',
    })
    expect(scan.counts).toMatchObject({ nexts: 3, open: 0, unbound: 1 })
    expect(await rows('select 42')).toEqual([[42]])
  })

  it('a result that is closed early stops the scan, and the session goes on', async () => {
    const { session, rows, scan } = sessionOn({ t: readsTable(40_000, { delay: 5 }) })
    for await (const result of session.run("from read_fastq('t')")) {
      for await (const batch of result.batches) {
        expect(batch.rows).toBe(2048)
        break
      }
      await result.close()
    }
    const { nexts } = scan.counts
    expect(nexts).toBeLessThan(18)
    expect(scan.counts.open).toBe(0)
    expect(await rows('select 42')).toEqual([[42]])
    expect(scan.counts.nexts).toBe(nexts)
  })

  it('a result closed early inside a transaction leaves the transaction usable', async () => {
    const { session, rows } = sessionOn({ t: readsTable(40_000, { delay: 20 }) })
    await rows('create table kept (a integer); begin; insert into kept values (1)')
    for await (const result of session.run("from read_fastq('t')")) {
      for await (const _ of result.batches) break
      await result.close()
    }
    await rows('commit')
    expect(await rows('from kept')).toEqual([[1]])
  })

  it('a reader that does not read holds the scan back', async () => {
    const { session, scan } = sessionOn({ t: readsTable(80_000) })
    for await (const result of session.run("from read_fastq('t')")) {
      // It goes ahead until it is held back, however long a busy machine takes for that.
      for (let last = -1; last !== scan.counts.nexts; ) {
        last = scan.counts.nexts
        await new Promise((resolve) => setTimeout(resolve, 300))
      }
      expect(scan.counts.nexts).toBeLessThan(35)
      let rows = 0
      for await (const batch of result.batches) rows += batch.rows
      expect(rows).toBe(80_000)
    }
  })

  it('a second scan of the same call in one statement binds once', async () => {
    const { rows, scan } = sessionOn({ t: readsTable(10) })
    const sql = "select count(*) from read_fastq('t') a join read_fastq('t') b using (record)"
    expect(await rows(sql)).toEqual([[10n]])
    expect(scan.binds).toHaveLength(1)
    expect(scan.scans).toHaveLength(2)
  })
})

describe('cancelling', () => {
  it.each([
    ['a scan that never answers', "from read_fastq('t')"],
    ['a scan inside an aggregate', "select count(*) from read_fastq('t')"],
    ['a bind that never answers', "from read_fastq('b')"],
    ['a long query without a scan', 'select sum(a.range * b.range) from range(100000) a, range(100000) b'],
  ])('%s ends at once with aborted', async (_, sql) => {
    const { rows, scan } = sessionOn({
      t: readsTable(10, { delay: Number.POSITIVE_INFINITY }),
      b: readsTable(10, { bindDelay: Number.POSITIVE_INFINITY }),
    })
    const control = new AbortController()
    const running = rows(sql, { signal: control.signal })
    running.catch(() => undefined)
    await new Promise((resolve) => setTimeout(resolve, 150))
    const began = performance.now()
    control.abort()
    expect(scan.counts.open).toBe(0)
    await expect(running).rejects.toMatchObject({ code: 'aborted' })
    // By itself it would never end; on a busy machine a thread may have to wait for its turn.
    expect(performance.now() - began).toBeLessThan(5000)
    expect(await rows('select 1')).toEqual([[1]])
  })

  it('between two batches that the reader takes', async () => {
    const { session, rows, scan } = sessionOn({ t: readsTable(40_000) })
    const control = new AbortController()
    const reading = async (): Promise<void> => {
      for await (const result of session.run("from read_fastq('t')", { signal: control.signal })) {
        for await (const _ of result.batches) control.abort()
      }
    }
    await expect(reading()).rejects.toMatchObject({ code: 'aborted' })
    expect(scan.counts.open).toBe(0)
    expect(await rows('select 1')).toEqual([[1]])
  })

  it('before it starts', async () => {
    const { rows, scan } = sessionOn({ t: readsTable(1) })
    await expect(rows("from read_fastq('t')", { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'aborted',
    })
    expect(scan.binds).toHaveLength(0)
  })

  it('closing the session ends what runs', async () => {
    const { session, rows, scan } = testSession({ t: readsTable(10, { delay: Number.POSITIVE_INFINITY }) })
    const running = rows("from read_fastq('t')")
    running.catch(() => undefined)
    await until(() => scan.counts.nexts > 0)
    await session.close()
    await expect(running).rejects.toMatchObject({ code: 'aborted' })
    await expect(rows('select 1')).rejects.toMatchObject({ code: 'invalid-input' })
  })
})

describe('closing', () => {
  it('does not wait for a caller that dropped its iterator, nor for those behind it', async () => {
    const { session, rows, scan } = testSession({ t: readsTable(40_000) })
    await session.run("from read_fastq('t')")[Symbol.asyncIterator]().next()
    const behind = rows('select 1')
    behind.catch(() => undefined)
    await session.close()
    expect(scan.counts.open).toBe(0)
    await expect(behind).rejects.toMatchObject({ code: 'aborted' })
  })
})

describe('errors of the scan', () => {
  const cause = new Error('socket hang up')
  const error = new VarveError(
    'invalid-data',
    'fastq: line 4 of record 1207 starts with "@", expected "+" (reads.fastq @ byte 301884)',
    { uri: 'reads.fastq', byte: 301884, record: 1207 },
    cause,
  )

  it('come out as they were thrown, from a bind', async () => {
    const { rows } = sessionOn({ t: readsTable(1, { bindError: error }) })
    await expect(rows("from read_fastq('t')")).rejects.toBe(error)
    await expect(rows("select * from (from 't.fastq' union all from read_fastq('t'))")).rejects.toMatchObject(
      { code: 'not-found' },
    )
  })

  it('come out as they were thrown, from a batch, and the scan is closed', async () => {
    const { session, rows, scan } = sessionOn({ t: readsTable(40_000, { fail: { batch: 4, error } }) })
    await expect(rows("select count(*) from read_fastq('t')")).rejects.toBe(error)
    expect(scan.counts.open).toBe(0)
    let seen = 0
    const reading = async (): Promise<void> => {
      for await (const result of session.run("from read_fastq('t')")) {
        for await (const batch of result.batches) seen += batch.rows
      }
    }
    await expect(reading()).rejects.toBe(error)
    expect(seen).toBeLessThanOrEqual(4 * 2048)
    expect(await rows('select 1')).toEqual([[1]])
  })

  it('come out of CREATE TABLE AS, and nothing is created', async () => {
    const { rows } = sessionOn({ t: readsTable(40_000, { fail: { batch: 4, error } }) })
    await expect(rows("create table x as from read_fastq('t')")).rejects.toBe(error)
    await expect(rows('from x')).rejects.toMatchObject({ code: 'invalid-input' })
  })

  it('anything else thrown is internal', async () => {
    const { rows } = sessionOn({
      t: readsTable(1, { fail: { batch: 0, error: new TypeError('x is undefined') } }),
    })
    await expect(rows("from read_fastq('t')")).rejects.toMatchObject({
      code: 'internal',
      message: 'x is undefined',
    })
  })
})

describe('plans that outlive their statement', () => {
  it('PREPARE binds again when it is executed', async () => {
    const { rows, scan } = sessionOn({ t: readsTable(10) })
    await rows("prepare p as select count(*) from read_fastq('t') where record >= $1")
    expect(await rows('execute p(4)')).toEqual([[6n]])
    expect(await rows('execute p(8)')).toEqual([[2n]])
    expect(scan.counts.open).toBe(0)
  })

  it('views bind when they are read', async () => {
    const { rows } = sessionOn({ t: readsTable(10) })
    await rows("create view v as from read_fastq('t')")
    expect(await rows('select count(*) from v')).toEqual([[10n]])
    expect(await rows('select max(record) from v')).toEqual([[9n]])
  })
})

describe('progress', () => {
  it('is told while a statement runs, and once at its end', async () => {
    const { rows } = sessionOn({ t: readsTable(30_000, { delay: 30 }) })
    const seen: number[] = []
    await rows("select count(*) from read_fastq('t')", { onProgress: ({ done }) => seen.push(done) })
    expect(seen.length).toBeGreaterThan(2)
    expect(seen.at(-1)).toBe(100)
    expect(seen).toEqual([...seen].sort((a, b) => a - b))
  })
})

describe('registration', () => {
  it('offers every function of the list, with the hidden parameter', async () => {
    const { rows } = sessionOn({})
    const names = await rows(
      "select distinct function_name from duckdb_functions() where list_contains(parameters, '__varve') order by 1",
    )
    expect(names.flat()).toEqual([...FUNCTIONS.map(({ name }) => name), 'explain_scan'].sort())
  })
})
