/** The bench's own arithmetic and data: a wrong judge would make every figure worthless. */

import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { csvChunks } from '../../bench/csv-data.ts'
import { fastqChunks } from '../../bench/fastq-data.ts'
import { compare, interleave, judge, median, ratios } from '../../bench/timing.ts'
import { fetchedBytes, parseTrace } from '../../bench/trace.ts'
import type { Timing } from '../../bench/types.ts'

function drain<T>(chunks: Generator<Buffer, T>): { text: string; totals: T } {
  const parts: Buffer[] = []
  for (;;) {
    const step = chunks.next()
    if (step.done) return { text: Buffer.concat(parts).toString('latin1'), totals: step.value }
    parts.push(step.value)
  }
}

test('reads are what their totals say, the same for the same seed', () => {
  const { text, totals } = drain(fastqChunks(20_000, 7))
  const lines = text.split('\n')
  expect(lines.pop()).toBe('')
  expect(totals).toEqual({
    reads: 20_000,
    lines: lines.length,
    raw: text.length,
    bases: lines.reduce((sum, line, i) => (i % 4 === 1 ? sum + line.length : sum), 0),
  })
  for (let i = 0; i < lines.length; i += 4) {
    const [name, sequence, plus, quality] = lines.slice(i, i + 4)
    expect(name).toMatch(/^@A00741:223:HJ5LTDSXY:1:\d{4}:\d+:\d+ 1:N:0:CTGTAGAT\+ATCACGTT$/)
    expect(sequence).toMatch(/^[ACGTN]{75,150}$/)
    expect(plus).toBe('+')
    expect(quality).toMatch(/^[#\-7<AFJ]+$/)
    expect(quality?.length).toBe(sequence?.length)
  }
  const hash = (of: string) => createHash('sha256').update(of).digest('hex')
  expect(hash(drain(fastqChunks(20_000, 7)).text)).toBe(hash(text))
  expect(hash(drain(fastqChunks(20_000, 8)).text)).not.toBe(hash(text))
})

test('the csv has the size asked for, whole rows, and NULLs', () => {
  const { text, totals } = drain(csvChunks(300_000, 1))
  const rows = text.trimEnd().split('\n').slice(1)
  expect(totals).toEqual({ rows: rows.length, raw: text.length })
  expect(text.length).toBeGreaterThanOrEqual(300_000)
  expect(text.length).toBeLessThan(300_200)
  expect(rows.every((row) => row.split(',').length === 8)).toBe(true)
  expect(rows.some((row) => row.split(',')[4] === '')).toBe(true)
})

test('medians, of odd and even numbers of runs', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 2, 3])).toBe(2.5)
})

test('contenders run in turn, and the first round does not count', async () => {
  const order: string[] = []
  const contender = (name: string, seconds: readonly number[]) => {
    let round = 0
    return {
      name,
      async run() {
        order.push(name)
        return { process: seconds[round++] }
      },
    }
  }
  const [a, b] = await interleave([contender('a', [9, 1, 3, 2]), contender('b', [9, 6, 4, 5])], 3)
  expect(order.join('')).toBe('abababab')
  expect([a?.process, b?.process]).toEqual([2, 5])
  expect(a?.inside).toBeUndefined()
})

const timing = (process?: number, inside?: number): Timing => ({ name: 'x', process, inside, samples: [] })

test('a time ratio is ours by theirs, a speed ratio theirs by ours; wholes with wholes', () => {
  expect(ratios('time', timing(2, 1), timing(4, 4))).toEqual({ process: 0.5, inside: 0.25 })
  expect(ratios('speed', timing(2, 1), timing(4, 4))).toEqual({ process: 2, inside: 4 })
})

test('a peer that has no inside is compared whole', () => {
  expect(ratios('time', timing(2, 1), timing(4))).toEqual({ process: 0.5, inside: 0.25 })
})

test('a target is met only when every ratio that was measured meets it', () => {
  const limit = { kind: 'speed', value: 0.55 } as const
  expect(judge(limit, { process: 0.55, inside: 0.6 })).toBe('yes')
  expect(judge(limit, { process: 0.5, inside: 0.6 })).toBe('inside only')
  expect(judge(limit, { process: 0.6, inside: 0.5 })).toBe('process only')
  expect(judge(limit, { process: 0.5, inside: 0.5 })).toBe('no')
  expect(judge(limit, { inside: 0.6 })).toBe('yes')
  expect(judge(limit, {})).toBe('not measured')
  expect(judge({ kind: 'time', value: 1.2 }, { process: 1.3 })).toBe('no')
})

test('a row says both ratios and the speeds', () => {
  const row = compare(
    'scan',
    timing(2, 1),
    { ...timing(4, 4), name: 'peer' },
    { kind: 'speed', value: 0.55 },
    { raw: 4e8 },
  )
  expect(row).toMatchObject({
    against: 'peer',
    ours: '2.00 s (200 MB/s) / 1.00 s (400 MB/s)',
    ratio: '2.00 / 4.00',
    target: '≥ 0.55 ×',
    met: 'yes',
  })
})

test('the trace tells the bytes of one object', () => {
  const stderr = [
    'varve-trace {"op":"GET","uri":"s3://b/k","range":"0-99","status":206,"bytes":100,"ms":1}',
    'some other line',
    'varve-trace {"op":"HEAD","uri":"s3://b/k","range":null,"status":200,"bytes":0,"ms":1}',
    'varve-trace {"op":"GET","uri":"s3://b/index","range":null,"status":200,"bytes":7,"ms":1}',
  ].join('\n')
  expect(parseTrace(stderr)).toHaveLength(3)
  expect(fetchedBytes(parseTrace(stderr), 's3://b/k')).toBe(100)
})
