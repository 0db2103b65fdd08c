/** Columns of every type on their way to DuckDB and back. */

import * as fc from 'fast-check'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import type { Session } from '../../src/engine/types.ts'
import type { ColumnBatch, DataType } from '../../src/formats/batch.ts'
import { type Value, vectorFrom } from '../../src/formats/values.ts'
import { type FakeTable, fakeScan, readsTable } from './fake-scan.ts'
import { rowsIn, type TestSession, testSession } from './sessions.ts'

const open: Session[] = []
afterEach(async () => {
  for (const session of open.splice(0)) await session.close()
})

function sessionOn(tables: Readonly<Record<string, FakeTable>>): TestSession {
  const made = testSession(tables)
  open.push(made.session)
  return made
}

describe('handing columns over', () => {
  const types: [DataType, fc.Arbitrary<Value>][] = [
    [{ kind: 'bool' }, fc.boolean()],
    [{ kind: 'int8' }, fc.integer({ min: -128, max: 127 })],
    [{ kind: 'uint16' }, fc.integer({ min: 0, max: 65535 })],
    [{ kind: 'int32' }, fc.integer()],
    [{ kind: 'int64' }, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
    [{ kind: 'uint64' }, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })],
    [{ kind: 'float32' }, fc.float({ noNaN: true })],
    [{ kind: 'float64' }, fc.double({ noNaN: true })],
    [{ kind: 'utf8' }, fc.string({ unit: 'grapheme', maxLength: 40 })],
    [{ kind: 'binary' }, fc.uint8Array({ maxLength: 30 }).map((bytes) => new Uint8Array(bytes))],
    [{ kind: 'date' }, fc.integer({ min: -100000, max: 100000 })],
    [{ kind: 'time' }, fc.bigInt({ min: 0n, max: 86_399_999_999n })],
    [{ kind: 'timestamp' }, fc.bigInt({ min: -(2n ** 50n), max: 2n ** 50n })],
    [{ kind: 'timestamp', zoned: true }, fc.bigInt({ min: -(2n ** 50n), max: 2n ** 50n })],
    [{ kind: 'decimal', precision: 4, scale: 1 }, fc.bigInt({ min: -9999n, max: 9999n })],
    [{ kind: 'decimal', precision: 9, scale: 2 }, fc.bigInt({ min: -999999999n, max: 999999999n })],
    [{ kind: 'decimal', precision: 18, scale: 3 }, fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n })],
    [{ kind: 'decimal', precision: 38, scale: 0 }, fc.bigInt({ min: -(10n ** 37n), max: 10n ** 37n })],
  ]
  const leaf = fc.constantFrom(...types)
  const typed: fc.Arbitrary<[DataType, fc.Arbitrary<Value>]> = fc.letrec<{
    any: [DataType, fc.Arbitrary<Value>]
  }>((tie) => ({
    any: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      tie('any').map(
        ([item, values]) =>
          [{ kind: 'list', item }, fc.array(fc.option(values), { maxLength: 5 })] as [
            DataType,
            fc.Arbitrary<Value>,
          ],
      ),
      fc
        .array(tie('any'), { minLength: 1, maxLength: 3 })
        .map(
          (members) =>
            [
              { kind: 'struct', fields: members.map(([type], i) => ({ name: `f${i}`, type })) },
              fc.record(Object.fromEntries(members.map(([, values], i) => [`f${i}`, fc.option(values)]))),
            ] as [DataType, fc.Arbitrary<Value>],
        ),
    ),
  })).any

  it('any column of any type comes out as it went in, nulls and all', async () => {
    await fc.assert(
      fc.asyncProperty(
        typed.chain(([type, values]) =>
          fc.record({
            type: fc.constant(type),
            rows: fc.array(fc.option(values, { freq: 4 }), { maxLength: 60 }),
            repeat: fc.constantFrom(1, 1, 100),
            batchRows: fc.constantFrom(1, 7, 2048, 5000),
          }),
        ),
        async ({ type, rows, repeat, batchRows }) => {
          const all = Array.from({ length: repeat }, () => rows).flat()
          if (batchRows === 1 && all.length > 200) return
          const scan = fakeScan({
            t: { columns: [{ name: 'x', type }], rows: all.map((value) => [value]), batchRows },
          })
          swap.scan = scan
          // By its name in lists, with all others as rows.
          for (const sql of ["select x from read_auto('t')", "from read_auto('t')"]) {
            const result = await rowsIn(swapped, sql)
            expect(result.map(([value]) => value)).toEqual(all)
          }
        },
      ),
      { numRuns: 150 },
    )
  })

  // One engine thread for all runs of the property.
  const swap = { scan: fakeScan({}) }
  const swappedTest = testSession(
    {},
    {
      scan: {
        bind: (request, signal) => swap.scan.bind(request, signal),
        scan: (request) => swap.scan.scan(request),
        unbind: (id) => swap.scan.unbind(id),
        close: () => swap.scan.close(),
      },
    },
  )
  const swapped = swappedTest.session
  afterAll(() => swapped.close())

  it('batches that are no multiple of a chunk, and empty ones', async () => {
    const sizes = [0, 3, 2048, 2049, 0, 5000, 1]
    const { rows } = sessionOn({
      t: {
        columns: [
          { name: 'x', type: { kind: 'utf8' } },
          { name: 'l', type: { kind: 'list', item: { kind: 'utf8' } } },
        ],
        *batches() {
          let next = 0
          for (const size of sizes) {
            const values = Array.from({ length: size }, () => `value ${next++} with some length`)
            yield {
              rows: size,
              columns: [
                vectorFrom({ kind: 'utf8' }, values),
                vectorFrom(
                  { kind: 'list', item: { kind: 'utf8' } },
                  values.map((value, i) => (i % 3 === 0 ? null : [value, null, 'x'])),
                ),
              ],
            } as ColumnBatch
          }
        },
      },
    })
    const result = await rows("from read_auto('t')")
    expect(result).toHaveLength(9101)
    expect(result.every(([x], i) => x === `value ${i} with some length`)).toBe(true)
    expect(result[4]![1]).toEqual(['value 4 with some length', null, 'x'])
    // The last batch is one row, whose list is null.
    expect(result[9100]![1]).toBe(null)
  })

  it('asks for the columns the query needs and no other', async () => {
    const { rows, scan } = sessionOn({ t: readsTable(10) })
    await rows("select record, id from read_fastq('t') where length(quality) > 3")
    expect(scan.scans[0]!.columns.toSorted()).toEqual([0, 2, 3])
    await rows("select count(*) from read_fastq('t')")
    expect(scan.scans[1]!.columns.length).toBeLessThan(2)
  })

  it('text that is not UTF-8 is an error that names column and text, short or long', async () => {
    for (const bytes of [
      Buffer.from('caf\xe9', 'latin1'),
      Buffer.from('a longer text with caf\xe9 in it', 'latin1'),
    ]) {
      const offsets = Int32Array.from([0, 2, 2 + bytes.length])
      const values = new Uint8Array(Buffer.concat([Buffer.from('ok'), bytes]))
      const { rows } = sessionOn({
        t: {
          columns: [{ name: 'name', type: { kind: 'utf8' } }],
          batches: () => [
            { rows: 2, columns: [{ length: 2, offsets: offsets.slice(), values: values.slice() }] },
          ],
        },
      })
      const failure = rows("from read_auto('t')")
      await expect(failure).rejects.toThrow(/column "name": text ".*caf\ufffd.*" is not UTF-8/)
      await expect(failure).rejects.toMatchObject({
        code: 'invalid-data',
        details: { column: 'name', row: 1 },
      })
    }
  })

  it('gives every batch back', async () => {
    const { rows, scan } = sessionOn({ t: readsTable(9000) })
    await rows("select id from read_fastq('t')")
    expect(scan.counts).toMatchObject({ released: 5, closed: 1, open: 0, unbound: 1 })
  })
})
