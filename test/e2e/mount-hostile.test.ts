/** A lake by someone who wants out of the tree, through a real mount: what tools that follow everything find. */

import { createHash } from 'node:crypto'
import { mkdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import * as fs from 'node:fs/promises'
import { dirname } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { labelKey, objectKey, tagKey } from '../../src/lake/layout.ts'
import { openLake } from '../../src/lake/open.ts'
import { parseReference } from '../../src/lake/reference.ts'
import { resolveVersion } from '../../src/lake/versions/resolve.ts'
import { commitRows, HOSTILE } from '../mount/tree/hostile-rows.ts'
import { done } from './lake.ts'
import { type Foreground, HAS_FUSE, mountedBelow, mountHere, tool } from './mounting.ts'
import { Workplace } from './program.ts'

const SECRET = 'the secret of this machine\n'
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

describe.skipIf(!HAS_FUSE)('a hostile lake', () => {
  const place = new Workplace()
  const secret = place.path('secret')
  const at = (path: string): string => place.path('mnt', path)
  let mount: Foreground

  beforeAll(async () => {
    await done(place, ['init', 'lake'])
    writeFileSync(secret, SECRET)
    const lake = openLake(`file://${place.path('lake')}`)
    const fine = 'what belongs here'
    // Of the secret's size, and of another content: its place in the lake is a link to the secret.
    const bait = 'x'.repeat(SECRET.length)
    const row = (path: string, text: string) => ({ path, bytes: BigInt(text.length), sha256: sha256(text) })
    await commitRows(lake, [
      ...HOSTILE.map((path) => row(path, fine)),
      row('fine', fine),
      row('deep/er/file', fine),
      row('link', bait),
      { path: 'passwd', uri: `file://${secret}`, etag: 'x', bytes: BigInt(SECRET.length), sha256: null },
    ])
    await lake.store.put(objectKey(sha256(fine)), Buffer.from(fine))
    const object = place.path('lake', objectKey(sha256(bait)))
    mkdirSync(dirname(object), { recursive: true })
    symlinkSync(secret, object)
    const { id } = await resolveVersion(lake, parseReference('d'))
    const facts = { version: 1, id, number: 1, reserved_at: '2026-01-01T00:00:00Z', write: 'w' }
    const label = JSON.stringify({ format: 'varve-label', label: '../../../x', ...facts })
    for (const name of ['latest', '7', 'fine', '..', 'a@b'])
      await lake.store.put(labelKey('d', name), Buffer.from(label))
    const tag = { format: 'varve-tag', tag: '../../x', ...facts }
    await lake.store.put(tagKey('d', 'a/b'), Buffer.from(JSON.stringify(tag)))
    await lake.store.put(tagKey('d', 'out'), Buffer.from(JSON.stringify({ ...tag, number: '../../etc' })))
    mount = await mountHere(place, 'mnt')
  })
  afterAll(async () => {
    mount?.child.kill('SIGTERM')
    expect((await mount?.ended)?.code).toBe(0)
    expect(mountedBelow(place.dir)).toEqual([])
    rmSync(secret)
    place.remove()
  })

  test('find sees what is in the tree and no more, and every link leads to a number beside it', async () => {
    const found = (await tool('find', ['.'], at('d/1/files'))).trimEnd().split('\n')
    expect(found.sort()).toEqual(
      ['', '/deep', '/deep/er', '/deep/er/file', '/fine', '/link', '/passwd'].map((path) => `.${path}`),
    )
    const names = (await fs.readdir(at('d'))).sort()
    expect(names).toEqual(['1', 'fine', 'latest', 'out'])
    for (const name of ['fine', 'latest']) {
      expect(readlinkSync(at(`d/${name}`))).toBe('1')
      expect(await fs.realpath(at(`d/${name}`))).toBe(at('d/1'))
    }
    await expect(fs.readlink(at('d/out'))).rejects.toMatchObject({ code: 'EIO' })
  })

  test('hostile paths open nothing', async () => {
    for (const path of HOSTILE.filter((one) => !one.includes('\0') && !one.startsWith('..'))) {
      const outcome = await fs
        .readFile(`${at('d/1/files')}/${path}`)
        .catch((error: NodeJS.ErrnoException) => error)
      expect(outcome, path).toBeInstanceOf(Error)
    }
    expect(await fs.readFile(at('d/1/files/fine'), 'utf8')).toBe('what belongs here')
  })

  test('a link in the place of an object gives no byte of what it leads to', async () => {
    await expect(fs.readFile(at('d/1/files/link'))).rejects.toMatchObject({ code: 'EIO' })
  })

  test('copying everything, links followed, copies nothing of the machine', async () => {
    const copied = await tool('cp', ['-rL', at('d'), place.path('copy')]).catch(
      (error: Error) => error.message,
    )
    expect(copied).toMatch(/files\/link': Input\/output error|Input\/output error/)
    const texts = await tool('grep', ['-rl', 'the secret of this machine', place.path('copy')]).catch(
      () => '',
    )
    expect(texts).toBe('')
    expect(await fs.readFile(place.path('copy/1/files/fine'), 'utf8')).toBe('what belongs here')
  })
})
