/** Versions written by someone who wants out of the tree, or to confuse it. */

import { describe, expect, it } from 'vitest'
import { expectCode } from '../../contract/bytes.ts'
import { newLake } from '../../lake/lakes.ts'
import { thrown } from '../../lake/thrown.ts'
import { commitRows, HOSTILE } from './hostile-rows.ts'
import { mountOf, walk } from './support.ts'

describe('hostile rows', () => {
  it('are not shown, and cannot be opened', async () => {
    const lake = await newLake()
    await commitRows(lake, [...HOSTILE.map((path) => ({ path })), { path: 'good/file' }, { path: 'fine' }])
    const vfs = mountOf(lake)
    const shown = (await walk(vfs, '/d/1/files')).map((path) => path.slice('/d/1/files/'.length))
    expect(shown.sort()).toEqual(['fine', 'good/', 'good/file'])
    for (const path of HOSTILE) {
      expect(await vfs.getattr(`/d/1/files/${path}`), path).toBeUndefined()
      await expectCode(vfs.open(`/d/1/files/${path}`), 'not-found')
    }
  })

  it('are not shown where a whole part is made of them', async () => {
    const lake = await newLake()
    const many = Array.from({ length: 100 }, (_, i) => ({ path: `../../x/${i}` }))
    await commitRows(lake, [...many, ...many.map(({ path }) => ({ path: `a/${path}` })), { path: 'zz' }])
    const vfs = mountOf(lake)
    for (const path of await walk(vfs, '/d/1/files')) expect(path).not.toContain('..')
    expect(await vfs.readdir('/d/1/files')).toContain('zz')
  })

  it('that name no bytes say so when they are looked at or opened', async () => {
    const lake = await newLake()
    await commitRows(lake, [
      { path: 'negative', bytes: -1n },
      { path: 'no hash', sha256: 'nonsense' },
      { path: 'sound' },
    ])
    const vfs = mountOf(lake)
    expect(await vfs.readdir('/d/1/files')).toEqual(['negative', 'no hash', 'sound'])
    await expectCode(
      thrown(() => vfs.getattr('/d/1/files/negative')),
      'invalid-data',
    )
    await expectCode(vfs.open('/d/1/files/no hash'), 'invalid-data')
    expect(await vfs.getattr('/d/1/files/sound')).toMatchObject({ kind: 'file', size: 1 })
  })

  it('cannot read files of this machine through a lake that is not on it', async () => {
    const lake = await newLake()
    await commitRows(lake, [{ path: 'secret', uri: 'file:///etc/hostname', etag: 'x', sha256: null }])
    await expectCode(mountOf(lake).open('/d/1/files/secret'), 'denied')
  })

  it('show a file and a folder of one name as one of them', async () => {
    const lake = await newLake()
    await commitRows(lake, [{ path: 'a' }, { path: 'a/b' }])
    const vfs = mountOf(lake)
    expect(await vfs.readdir('/d/1/files')).toEqual(['a'])
    expect(await vfs.getattr('/d/1/files/a')).toMatchObject({ kind: 'file' })
  })
})
