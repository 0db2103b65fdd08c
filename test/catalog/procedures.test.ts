/** What the procedures hand to the verbs, and how they tell what came of it. */

import { beforeAll, describe, expect, test } from 'vitest'
import { createCatalog } from '../../src/catalog/index.ts'
import { valuesFrom } from '../../src/formats/values.ts'
import { createScanService, type LocalScanService } from '../../src/scan/service.ts'
import type { Argument } from '../../src/scan/types.ts'
import { eachColumnBatch, failure } from '../scan/support/service.ts'
import { type FakeVerbs, fakeVerbs } from './fake-verbs.ts'
import { testLake } from './lakes.ts'

let verbs: FakeVerbs
let service: LocalScanService

beforeAll(async () => {
  const { lake } = await testLake(`memory://procedures-${process.pid}/`)
  verbs = fakeVerbs(lake)
  service = createScanService({ ...createCatalog(lake, verbs), lake: lake.url, jobs: 1 })
  return () => service.close()
})

const made = ['d', 7n, true, null, 'abc']

describe('procedures', () => {
  test.each<[string, Argument[], Record<string, Argument>, unknown[], unknown[]]>([
    ['varve_label', ['d@7', 'x'], {}, ['label', 'd@7', 'x'], ['d', 7n, 'x', []]],
    ['varve_delete', ['d@3'], {}, ['delete', 'd@3'], ['d@3']],
    [
      'varve_gc',
      [],
      { dry_run: true },
      ['gc', { dryRun: true }],
      [true, 60n, 3n, 2n, 10n, ['objects/aa/aab']],
    ],
    ['varve_gc', [], {}, ['gc', { dryRun: false }], [false, 60n, 3n, 2n, 10n, ['objects/aa/aab']]],
    [
      'varve_add',
      ['/data'],
      {
        dataset: 'd',
        in_place: true,
        on_conflict: 'skip',
        prefix: 'p',
        pattern: '{a}',
        label: 'l',
        author: 'ada',
      },
      [
        'add',
        ['/data'],
        {
          dataset: 'd',
          prefix: 'p',
          inPlace: true,
          pattern: '{a}',
          onConflict: 'skip',
          label: 'l',
          author: 'ada',
        },
      ],
      [
        ...made,
        ...[1n, 2n, 3n, 4n, 5n, 6n, 0n, 0n],
        [{ path: '../x', code: 'invalid-input', message: 'the path has ".." in it' }],
      ],
    ],
    ['varve_add', [['a', 'b']], { dataset: 'd' }, ['add', ['a', 'b'], { dataset: 'd' }], expect.anything()],
    [
      'varve_mv',
      ['d', 'a', 'b'],
      { message: 'moved' },
      ['move', 'd', 'a', 'b', { message: 'moved' }],
      [...made, 1n],
    ],
    ['varve_fork', ['d@1', 'e'], {}, ['fork', 'd@1', 'e', {}], ['e', 7n, true, null, 'abc']],
    [
      'varve_merge',
      ['e@2', 'd'],
      {},
      ['merge', 'e@2', 'd', {}],
      [...made, [{ table: 'patients', key: '{"id":"3"}' }]],
    ],
  ])('%s(%j, %j)', async (name, args, named, call, row) => {
    verbs.calls.length = 0
    const rows: unknown[] = []
    await eachColumnBatch(service, name, { args, named }, (batch, types) => {
      const values = types.map((type, i) => valuesFrom(type, batch.columns[i]!))
      for (let i = 0; i < batch.rows; i++) rows.push(values.map((column) => column[i]))
    })
    expect(rows).toEqual([row])
    expect(verbs.calls).toEqual([call])
  })

  test('do nothing when they are bound, and one thing however often they are scanned', async () => {
    verbs.calls.length = 0
    const bound = await service.bind({ name: 'varve_gc', args: [], named: {} })
    expect(verbs.calls).toEqual([])
    const streams = [1, 2].map(() => service.scan({ bound: bound.id, columns: [0], predicates: [] }))
    for (const stream of streams) expect((await stream.next())?.rows).toBe(1)
    service.unbind(bound.id)
    expect(verbs.calls).toHaveLength(1)
  })

  test.each<[string, Argument[], Record<string, Argument>, string]>([
    ['varve_tag', [null, 'x'], {}, 'the version is NULL, expected a text'],
    ['varve_add', [[]], { dataset: 'd' }, 'the path is [], expected at least one text'],
    ['varve_add', ['x'], { dataset: 'd', in_place: 'yes' }, 'in_place is "yes", expected true or false'],
    ['varve_rm', ['d', 7], {}, 'the path is 7, expected a text'],
  ])('%s(%j) is refused when it is bound', async (name, args, named, message) => {
    expect(await failure(service.bind({ name, args, named }))).toEqual({ code: 'invalid-input', message })
  })

  test('are not there where nothing can be written', async () => {
    const { functions, procedures } = createCatalog((await testLake('memory://read-only/')).lake)
    expect(functions.map(({ name }) => name)).toEqual(
      'datasets versions tables files dataset_table diff history'.split(' '),
    )
    expect(procedures).toEqual([])
  })
})
