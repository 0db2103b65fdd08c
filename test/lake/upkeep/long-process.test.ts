/** A process that has read much before garbage is collected by another one. */

import { expect, it } from 'vitest'
import { writeRows } from '../../../src/lake/table-write.ts'
import { gc } from '../../../src/lake/upkeep/gc.ts'
import { verify } from '../../../src/lake/upkeep/verify.ts'
import { deleteVersion } from '../../../src/lake/versions/delete.ts'
import { each, SCORES } from '../exchange/lakes.ts'
import { agedLake, DAY, watched } from './lakes.ts'

it('writes a schema that it knew anew when it was deleted since', async () => {
  const { lake, clock } = await agedLake()
  const write = (columns: number): Promise<unknown> =>
    writeRows(
      lake,
      { dataset: 'd', table: 't', key: ['id'], author: 'x' },
      { columns: SCORES.columns.slice(0, columns), rows: each([{ id: 1n }, { id: 2n }]) },
    )
  await write(2)
  await write(3)
  await deleteVersion(lake, 'd', 1)
  clock.time += 10 * DAY
  const { deleted } = await gc(watched(lake, () => {}))
  expect(deleted.filter((key) => key.includes('/schemas/'))).toHaveLength(1)
  await write(2)
  expect((await verify(lake)).damaged).toEqual([])
})
