/** Sequences in which the lake was not what the reference was, each as small as it could be made. */

import { describe, it } from 'vitest'
import { writeRows } from '../../src/lake/table-write.ts'
import { expectCode } from '../contract/bytes.ts'
import { each, SCORES, testLake } from '../lake/exchange/lakes.ts'
import { runSequence } from './run.ts'
import type { Edit, Step } from './steps.ts'

const write = (table: string, wide = false): Edit => ({
  op: 'write',
  table,
  mode: 'replace',
  rows: [[0, 'm']],
  wide,
})

const run = (...steps: Step[]): Promise<void> => runSequence(steps.map((step) => ({ step })))

describe('the lake is what the reference is', () => {
  it('when a table has a name that every object of JavaScript has', () =>
    run({ dataset: 'd', ...write('t') }, { dataset: 'd', ...write('constructor') }))

  it('when two write the first version of such a table at once', () =>
    run(
      { op: 'both', dataset: 'd', first: { op: 'add', folder: '', files: [['a', 0]] }, second: write('t') },
      { op: 'both', dataset: 'd', first: write('t'), second: write('constructor') },
    ))

  it('when a merge brings such a table', () =>
    run(
      { dataset: 'd', ...write('t') },
      { op: 'fork', from: 0, dataset: 'e' },
      { dataset: 'e', ...write('constructor', true) },
      { op: 'merge', from: 2, dataset: 'd' },
    ))
})

it('the one name that JSON cannot keep is refused', async () => {
  const facts = { dataset: 'd', table: '__proto__', key: ['id'], author: 'x' }
  const source = { columns: SCORES.columns, rows: each([{ id: 1n }]) }
  await expectCode(writeRows(testLake(), facts, source), 'invalid-input', '__proto__')
})
