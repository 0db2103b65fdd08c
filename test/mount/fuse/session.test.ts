/** The conversation over a pipe in the kernel's place, with what the kernel answers to replies made up. */

import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync, writevSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { OP } from '../../../src/mount/fuse/constants.ts'
import { type Session, serveFuse } from '../../../src/mount/fuse/session.ts'
import { memoryVfs } from './tree.ts'

vi.mock('node:fs', async (original) => ({ ...(await original<object>()), writevSync: vi.fn() }))

const write = vi.mocked(writevSync)
const ROOT = 1

let folder: string
let kernel: number
let session: Session
/** Replies that were taken, as [unique, error]. */
let taken: [number, number][]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'varve-session-'))
  const pipe = join(folder, 'device')
  execFileSync('mkfifo', [pipe])
  // Both ends at once, as opening one of them waits for the other.
  const both = openSync(pipe, 'r+')
  kernel = openSync(pipe, 'w')
  const device = openSync(pipe, 'r')
  closeSync(both)
  taken = []
  write.mockReset()
  session = serveFuse(memoryVfs({ '/a': Buffer.from('hello') }, { '/link': 'a' }), device, { uid: 0, gid: 0 })
})
afterEach(async () => {
  closeSync(kernel)
  // A pipe without a writer is read as empty, which ends the loops.
  await session.ended.catch(() => undefined)
  rmSync(folder, { recursive: true })
})

/** One request at a time, as the kernel gives them. */
function ask(unique: number, opcode: number, node: number, body: Buffer = Buffer.alloc(0)): void {
  const header = Buffer.alloc(40)
  header.writeUInt32LE(40 + body.length, 0)
  header.writeUInt32LE(opcode, 4)
  header.writeBigUInt64LE(BigInt(unique), 8)
  header.writeBigUInt64LE(BigInt(node), 16)
  writeSync(kernel, Buffer.concat([header, body]))
}

function take(_device: number, parts: readonly NodeJS.ArrayBufferView[]): number {
  const header = parts[0] as Buffer
  taken.push([Number(header.readBigUInt64LE(8)), header.readInt32LE(4)])
  return parts.reduce((sum, part) => sum + part.byteLength, 0)
}

function refuse(code: 'EINVAL' | 'EIO' | 'ENOENT'): never {
  throw Object.assign(new Error(`${code}: refused`), { code })
}

/** Looks `/link` up, whose target is given as a promise. */
async function lookUpLink(): Promise<number> {
  let node = 0
  write.mockImplementationOnce((device, parts) => {
    node = Number((parts[1] as Buffer).readBigUInt64LE(0))
    return take(device, parts)
  })
  ask(1, OP.lookup, ROOT, Buffer.from('link\0'))
  await expect.poll(() => node).toBeGreaterThan(0)
  return node
}

test('a reply that comes later and cannot be sent breaks the mount off, and is no unhandled rejection', async () => {
  const node = await lookUpLink()
  write.mockImplementation(() => refuse('EIO'))
  ask(2, OP.readlink, node)
  await expect(session.ended).rejects.toMatchObject({
    code: 'internal',
    message: expect.stringMatching(/broke off the mount: EIO/),
  })
})

test('a reply at once that cannot be sent breaks it off, too', async () => {
  write.mockImplementation(() => refuse('EIO'))
  ask(2, OP.getattr, ROOT)
  await expect(session.ended).rejects.toMatchObject({ code: 'internal' })
})

test.each([
  ['at once', OP.getattr],
  ['later', OP.readlink],
])('bytes that the kernel does not take, given %s, become an error for their reader', async (_, opcode) => {
  const node = opcode === OP.readlink ? await lookUpLink() : ROOT
  write.mockImplementation((device, parts) => (parts.length > 1 ? refuse('EINVAL') : take(device, parts)))
  ask(2, opcode, node)
  await expect.poll(() => taken.at(-1)).toEqual([2, -constants.errno.EIO])
})

test('a reply that nobody waits for any more is dropped, and the conversation goes on', async () => {
  const node = await lookUpLink()
  write.mockImplementationOnce(() => refuse('ENOENT')).mockImplementation(take)
  ask(2, OP.readlink, node)
  await expect.poll(() => write.mock.calls.length).toBe(2)
  ask(3, OP.readlink, node)
  await expect.poll(() => taken.at(-1)).toEqual([3, 0])
})
