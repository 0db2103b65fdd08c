/** Scans of one statement that are open together: the next ones begin while one is read, and only so many. */

import { afterAll, describe, expect, it } from 'vitest'
import { ScansAhead } from '../../src/engine/scans-ahead.ts'
import type { ScanStream } from '../../src/scan/types.ts'
import { testSession } from './sessions.ts'

const begun: string[] = []
const stream = (name: string): ScanStream => ({
  next: async () => undefined,
  ahead: () => void begun.push(name),
  release: () => undefined,
  progress: { done: 0, total: 0 },
  close: () => undefined,
})

describe('scans ahead', () => {
  it('four begin behind the one that is read, each further one when one of them is asked', () => {
    begun.length = 0
    const ahead = new ScansAhead()
    const streams = Array.from({ length: 8 }, (_, i) => stream(`${i}`))
    for (const one of streams) ahead.opened(one)
    expect(begun.join('')).toBe('1234')
    ahead.asked(streams[0]!)
    expect(begun.join('')).toBe('1234')
    ahead.asked(streams[1]!)
    ahead.asked(streams[1]!)
    expect(begun.join('')).toBe('12345')
    // One whose turn comes early needs no beginning any more.
    ahead.asked(streams[7]!)
    ahead.asked(streams[2]!)
    ahead.asked(streams[3]!)
    expect(begun.join('')).toBe('123456')
  })

  it('one that is opened when another one has been read does not begin before it is asked', () => {
    begun.length = 0
    const ahead = new ScansAhead()
    const [one, two] = [stream('one'), stream('two')]
    ahead.opened(one)
    ahead.asked(one)
    ahead.opened(two)
    expect(begun).toEqual([])
  })
})

describe('in a statement', () => {
  const { session, scan, rows } = testSession({
    t: { columns: [{ name: 'x', type: { kind: 'int64' } }], rows: [[1n], [2n]] },
  })
  afterAll(() => session.close())
  const sum = (over: number) => `select sum(x) as s from read_fastq('t') where x > ${over}`

  it('sums of a UNION ALL begin together', async () => {
    scan.asked.length = 0
    expect(await rows(`select sum(s)::bigint from (${[0, 1, 2].map(sum).join(' union all ')})`)).toEqual([
      [5n],
    ])
    expect(scan.asked.slice(0, 3)).toEqual(['a2', 'a3', 'n1'])
  })

  it('rows of a UNION ALL do not: a LIMIT may need none of the second', async () => {
    scan.asked.length = 0
    const all = "select x from read_fastq('t')"
    expect(await rows(`${all} union all ${all} limit 1`)).toEqual([[1n]])
    expect(scan.asked.filter((one) => one.startsWith('a'))).toEqual([])
  })
})
