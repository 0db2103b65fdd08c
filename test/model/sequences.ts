/** Random sequences of steps. Few names, so that steps meet. */

import * as fc from 'fast-check'
import type { Act } from './run.ts'
import type { Edit, Step } from './steps.ts'
import { DATASETS } from './world.ts'

const dataset = fc.constantFrom(DATASETS[0], ...DATASETS)
const name = fc.constantFrom('a', 'b', 'c', 'g', 'h', 'i', 'j', 'k')
/** Never also a file's name. */
const folder = fc.constantFrom('', 'x', 'y', 'y/z')
const inner = fc.constantFrom('x', 'y', 'y/z', 'w')
const path = fc.tuple(folder, name).map(([where, what]) => (where === '' ? what : `${where}/${what}`))
/** A file that is there, by its rank. */
const there = fc.nat({ max: 30 }).map((rank) => `#${rank}`)
const refName = fc.constantFrom('p', 'q', 'r')
const label = mostly(undefined, refName)
const rank = fc.nat({ max: 11 })
const days = fc.constantFrom(0, 0, 2, 7)

const file = fc.tuple(name, fc.nat({ max: 2 }))
const add: fc.Arbitrary<Edit> = fc.record({
  op: fc.constant('add' as const),
  folder,
  files: fc.uniqueArray(file, { minLength: 1, maxLength: 8, selector: ([what]) => what }),
})
const edit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 4, arbitrary: add },
  {
    weight: 2,
    arbitrary: fc.record({ op: fc.constant('remove' as const), path: fc.oneof(there, there, inner, path) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ op: fc.constant('move' as const), from: fc.oneof(there, there, path), to: path }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('move' as const), from: inner, to: inner }) },
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constant('write' as const),
      table: fc.constantFrom('t', 'constructor'),
      mode: fc.constantFrom('replace' as const, 'append' as const, 'upsert' as const, 'delete' as const),
      rows: fc.uniqueArray(fc.tuple(fc.nat({ max: 30 }), fc.constantFrom('m', 'nn', '')), {
        maxLength: 14,
        selector: ([id]) => id,
      }),
      wide: fc.boolean(),
    }),
  },
)

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.tuple(dataset, label, edit).map(([d, l, one]) => ({ dataset: d, label: l, ...one })),
  },
  {
    weight: 3,
    arbitrary: fc.record({ op: fc.constant('both' as const), dataset, first: edit, second: edit }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('fork' as const), from: rank, dataset, label }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('merge' as const), from: rank, dataset, label }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('label' as const), version: rank, name: refName }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('tag' as const), version: rank, name: refName }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('untag' as const), dataset, name: refName }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('delete' as const), version: rank }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('wait' as const), days: fc.constantFrom(1, 3, 8) }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('gc' as const), days }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('verify' as const), full: fc.boolean() }) },
)

const kill = mostly(undefined, fc.record({ at: fc.nat({ max: 30 }), after: fc.boolean() }))

export const sequences: fc.Arbitrary<readonly Act[]> = fc.array(fc.record({ step, kill }), {
  minLength: 1,
  maxLength: 20,
  size: 'max',
})

function mostly<T>(usual: undefined, seldom: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: 3, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: seldom })
}
