import { describe, expect, it } from 'vitest'
import { rememberTrees } from '../../src/engine/trees.ts'

function counted(answer: (sql: string) => string | undefined = (sql) => `tree of ${sql}`) {
  const asked: string[] = []
  const trees = rememberTrees(async (sql) => {
    asked.push(sql)
    return answer(sql)
  })
  return { asked, trees }
}

describe('the syntax tree of a text', () => {
  it('is asked for once', async () => {
    const { asked, trees } = counted()
    for (let i = 0; i < 3; i++) expect(await trees.serialize('select $1')).toBe('tree of select $1')
    expect(asked).toEqual(['select $1'])
  })

  it('is asked for anew after a statement that may change how texts are parsed', async () => {
    const { asked, trees } = counted()
    for (const sql of ['set integer_division = true', 'PRAGMA x', 'reset integer_division']) {
      await trees.serialize('select 1 / 2')
      trees.note(sql)
    }
    trees.note('select 1')
    await trees.serialize('select 1 / 2')
    await trees.serialize('select 1 / 2')
    expect(asked).toHaveLength(4)
  })

  it('is not kept where there is none, or of a long text', async () => {
    const none = counted(() => undefined)
    for (let i = 0; i < 2; i++) expect(await none.trees.serialize('attach x')).toBe(undefined)
    expect(none.asked).toHaveLength(2)
    const long = counted()
    for (let i = 0; i < 2; i++) await long.trees.serialize(`select '${'x'.repeat(10_000)}'`)
    expect(long.asked).toHaveLength(2)
  })

  it('is kept of the texts that were used last', async () => {
    const { asked, trees } = counted()
    for (let i = 0; i < 100; i++) {
      await trees.serialize(`select ${i}`)
      await trees.serialize('select often')
    }
    expect(asked).toHaveLength(101)
    await trees.serialize('select 0')
    expect(asked).toHaveLength(102)
  })
})
