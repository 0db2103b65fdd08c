/** The kernel's requests, without a kernel: fuse.h's structures in, fuse.h's structures out. */

import { constants } from 'node:os'
import { beforeEach, describe, expect, test } from 'vitest'
import { CODES, type ErrorCode, VarveError } from '../../../src/errors.ts'
import { MUTATING, OP } from '../../../src/mount/fuse/constants.ts'
import { errnoOf } from '../../../src/mount/fuse/errno.ts'
import {
  createOperations,
  type Operations,
  type Reply,
  validSeconds,
} from '../../../src/mount/fuse/operations.ts'
import { memoryVfs } from './tree.ts'

const ROOT = 1
const { EROFS, ENOENT, ENOSYS, ENOTDIR, EINVAL, EBADF, ESTALE } = constants.errno

const vfs = () =>
  memoryVfs(
    {
      '/reads/1/files/a.txt': Buffer.from('hello, world'),
      '/reads/1/files/stale': new VarveError('stale', 'it was overwritten'),
      '/reads/1/files/gone': new VarveError('unavailable', 'the endpoint is dead'),
    },
    { '/reads/latest': '1' },
  )

let tree = vfs()
let operations: Operations
beforeEach(() => {
  tree = vfs()
  operations = createOperations(tree, { uid: 7, gid: 8 })
})

async function ask(opcode: number, node: number, body: Buffer = Buffer.alloc(64)): Promise<Reply> {
  return operations.handle({ opcode, unique: 1n, node, body })
}

async function bytes(opcode: number, node: number, body?: Buffer): Promise<Buffer> {
  const reply = await ask(opcode, node, body)
  if (typeof reply !== 'object') throw new Error(`expected bytes, got ${reply}`)
  return Buffer.from(reply)
}

const name = (text: string): Buffer => Buffer.from(`${text}\0`)

/** Looks a path up as the kernel does, name by name. */
async function walk(path: string): Promise<number> {
  let node = ROOT
  for (const word of path.split('/').slice(1))
    node = Number((await bytes(OP.lookup, node, name(word))).readBigUInt64LE(0))
  return node
}

const readIn = (handle: number, offset: number, size: number): Buffer => {
  const body = Buffer.alloc(40)
  body.writeBigUInt64LE(BigInt(handle), 0)
  body.writeBigUInt64LE(BigInt(offset), 8)
  body.writeUInt32LE(size, 16)
  return body
}

async function opened(path: string): Promise<{ node: number; handle: number }> {
  const node = await walk(path)
  return { node, handle: Number((await bytes(OP.open, node)).readBigUInt64LE(0)) }
}

describe('what would change something', () => {
  const names = Object.entries(OP).filter(([, opcode]) => MUTATING.has(opcode))

  test('is a table of all of them', () => {
    expect(names.map(([word]) => word)).toEqual(
      'setattr symlink mknod mkdir unlink rmdir rename link write setxattr removexattr create fallocate rename2 copyFileRange tmpfile'.split(
        ' ',
      ),
    )
  })

  test.each(names)('%s is EROFS', async (_, opcode) => {
    expect(await ask(opcode, ROOT, name('x'))).toBe(-EROFS)
  })
})

test.each([
  ['O_WRONLY', 1],
  ['O_RDWR', 2],
  ['O_TRUNC', 0o1000],
])('opening with %s is EROFS, and opens nothing', async (_, flags) => {
  const node = await walk('/reads/1/files/a.txt')
  const body = Buffer.alloc(8)
  body.writeUInt32LE(flags, 0)
  expect(await ask(OP.open, node, body)).toBe(-EROFS)
  expect(tree.open_.size).toBe(0)
})

test('attributes have the sizes, kinds, times and owners of the tree', async () => {
  const out = await bytes(OP.getattr, await walk('/reads/1/files/a.txt'))
  expect(out.length).toBe(104)
  expect(out.readBigUInt64LE(16 + 8)).toBe(12n)
  expect(out.readBigUInt64LE(16 + 32)).toBe(1_700_000_000n)
  expect(out.readUInt32LE(16 + 52)).toBe(123_000_000)
  expect(out.readUInt32LE(16 + 60)).toBe(0o100444)
  expect([out.readUInt32LE(16 + 68), out.readUInt32LE(16 + 72)]).toEqual([7, 8])
  expect((await bytes(OP.getattr, ROOT)).readUInt32LE(16 + 60)).toBe(0o040555)
})

test('only what stands below a number is remembered for ever', () => {
  const kept = (path: string, kind: 'file' | 'folder' | 'link') =>
    validSeconds(path, { kind, size: 0, mode: 0, modified: 0, ino: 1 }) > 86_400
  expect(kept('/reads/1/files/a', 'file')).toBe(true)
  expect(kept('/reads/12/files', 'folder')).toBe(true)
  expect(kept('/reads/1', 'folder')).toBe(false)
  expect(kept('/reads', 'folder')).toBe(false)
  expect(kept('/reads/latest', 'link')).toBe(false)
})

test('what is missing is ENOENT, what is no link EINVAL, what is no folder ENOTDIR', async () => {
  expect(await ask(OP.lookup, ROOT, name('nothing'))).toBe(-ENOENT)
  expect(await ask(OP.readlink, ROOT)).toBe(-EINVAL)
  expect(await ask(OP.opendir, await walk('/reads/1/files/a.txt'))).toBe(-ENOTDIR)
  expect((await bytes(OP.readlink, await walk('/reads/latest'))).toString()).toBe('1')
})

test('reads give the bytes as far as the file goes', async () => {
  const { node, handle } = await opened('/reads/1/files/a.txt')
  expect((await bytes(OP.read, node, readIn(handle, 0, 5))).toString()).toBe('hello')
  expect((await bytes(OP.read, node, readIn(handle, 7, 4096))).toString()).toBe('world')
  expect((await bytes(OP.read, node, readIn(handle, 12, 10))).length).toBe(0)
  expect((await bytes(OP.read, node, readIn(handle, 2 ** 40, 10))).length).toBe(0)
  expect(tree.open_.size).toBe(1)
  expect(await ask(OP.release, node, readIn(handle, 0, 0))).toBe(0)
  expect(tree.open_.size).toBe(0)
  expect(await ask(OP.read, node, readIn(handle, 0, 5))).toBe(-EBADF)
})

test('memory of replies is used again only when they are out', async () => {
  const { node, handle } = await opened('/reads/1/files/a.txt')
  const first = await ask(OP.read, node, readIn(handle, 0, 5))
  const second = await ask(OP.read, node, readIn(handle, 7, 5))
  expect(Buffer.from(first as Uint8Array).toString()).toBe('hello')
  operations.sent(first)
  const third = await ask(OP.read, node, readIn(handle, 0, 5))
  expect((third as Uint8Array).buffer).toBe((first as Uint8Array).buffer)
  expect(Buffer.from(second as Uint8Array).toString()).toBe('world')
})

test('errors of reads are numbers, and closing closes what is open', async () => {
  const { node, handle } = await opened('/reads/1/files/stale')
  expect(await ask(OP.read, node, readIn(handle, 0, 5))).toBe(-ESTALE)
  const gone = await opened('/reads/1/files/gone')
  expect(await ask(OP.read, gone.node, readIn(gone.handle, 0, 5))).toBe(-constants.errno.EIO)
  await operations.close()
  expect(tree.open_.size).toBe(0)
})

test.each(Object.keys(CODES) as ErrorCode[])('%s has its errno', (code) => {
  const expected = code === 'unavailable' ? 'EIO' : CODES[code].errno
  expect(errnoOf(new VarveError(code, 'x'))).toBe(-constants.errno[expected as 'EIO'])
})

interface Entry {
  readonly name: string
  readonly next: number
  readonly type: number
  readonly node: number | undefined
}

function entriesIn(reply: Buffer, plus: boolean): Entry[] {
  const found: Entry[] = []
  for (let at = 0; at < reply.length; ) {
    const node = plus ? Number(reply.readBigUInt64LE(at)) : undefined
    if (plus) at += 128
    const length = reply.readUInt32LE(at + 16)
    expect(reply.readBigUInt64LE(at)).not.toBe(0n)
    found.push({
      name: reply.toString('utf8', at + 24, at + 24 + length),
      next: Number(reply.readBigUInt64LE(at + 8)),
      type: reply.readUInt32LE(at + 20),
      node,
    })
    at += Math.ceil((24 + length) / 8) * 8
  }
  return found
}

describe.each([
  ['readdir', OP.readdir, false],
  ['readdirplus', OP.readdirplus, true],
] as const)('%s', (_, opcode, plus) => {
  test('gives every name once, in replies of any size', async () => {
    const names = Array.from({ length: 1000 }, (_, i) => `${'ä'.repeat(i % 40)}${i}`)
    const big = memoryVfs(Object.fromEntries(names.map((one) => [`/d/1/${one}`, new Uint8Array(1)])))
    operations = createOperations(big, { uid: 0, gid: 0 })
    const node = await walk('/d/1')
    const handle = Number((await bytes(OP.opendir, node)).readBigUInt64LE(0))
    const got: string[] = []
    for (let from = 0, turn = 0; ; turn++) {
      const entries = entriesIn(await bytes(opcode, node, readIn(handle, from, 300 + turn * 50)), plus)
      if (entries.length === 0) break
      got.push(...entries.map((entry) => entry.name))
      from = entries.at(-1)!.next
    }
    expect(got).toEqual(['.', '..', ...names])
  })

  test('says what kind each is', async () => {
    const node = await walk('/reads')
    const handle = Number((await bytes(OP.opendir, node)).readBigUInt64LE(0))
    const entries = entriesIn(await bytes(opcode, node, readIn(handle, 0, 4096)), plus)
    expect(entries.map((entry) => [entry.name, entry.type])).toEqual([
      ['.', 4],
      ['..', 4],
      ['1', 4],
      ['latest', 10],
    ])
    await ask(OP.releasedir, node, readIn(handle, 0, 0))
    expect(await ask(opcode, node, readIn(handle, 0, 4096))).toBe(-EBADF)
  })
})

test('a number lives until the kernel has forgotten every look-up of it', async () => {
  const first = await walk('/reads')
  expect(await walk('/reads')).toBe(first)
  const forget = (lookups: bigint): Buffer => {
    const body = Buffer.alloc(8)
    body.writeBigUInt64LE(lookups, 0)
    return body
  }
  expect(await ask(OP.forget, first, forget(1n))).toBeUndefined()
  expect((await bytes(OP.getattr, first)).length).toBe(104)
  await ask(OP.forget, first, forget(1n))
  expect(await ask(OP.getattr, first)).toBe(-ESTALE)
  const again = await walk('/reads')
  const batch = Buffer.alloc(24)
  batch.writeUInt32LE(1, 0)
  batch.writeBigUInt64LE(BigInt(again), 8)
  batch.writeBigUInt64LE(1n, 16)
  expect(await ask(OP.batchForget, ROOT, batch)).toBeUndefined()
  expect(await ask(OP.getattr, again)).toBe(-ESTALE)
})

test('the conversation begins with version 7; what is not served is ENOSYS', async () => {
  const offer = Buffer.alloc(64)
  offer.writeUInt32LE(7, 0)
  offer.writeUInt32LE(41, 4)
  offer.writeUInt32LE(131_072, 8)
  offer.writeUInt32LE(0xffffffff, 12)
  const out = await bytes(OP.init, 0, offer)
  expect([out.readUInt32LE(0), out.readUInt32LE(8), out.length]).toEqual([7, 131_072, 64])
  expect(out.readUInt16LE(28)).toBe(256)
  offer.writeUInt32LE(8, 0)
  expect(await ask(OP.init, 0, offer)).toBeLessThan(0)
  expect(await ask(OP.getxattr, ROOT)).toBe(-ENOSYS)
  expect(await ask(OP.interrupt, ROOT)).toBeUndefined()
  expect((await bytes(OP.statfs, ROOT)).readBigUInt64LE(0)).toBe(2n ** 29n)
})
