/** What the kernel asks, answered by a tree. */

import { constants } from 'node:fs'
import { isVarveError, VarveError } from '../../errors.ts'
import type { Attributes, OpenFile, Vfs } from '../types.ts'
import { FOPEN_KEEP_CACHE, INIT, MUTATING, OP } from './constants.ts'
import { errno, errnoOf } from './errno.ts'
import { childPath, Nodes } from './nodes.ts'
import { patiently } from './patience.ts'
import { fillFolder, type Listing } from './readdir.ts'
import { createTargets } from './targets.ts'
import {
  attrOut,
  ENTRY_OUT,
  initIn,
  initOut,
  nameIn,
  type Owner,
  openOut,
  putEntry,
  type Request,
  statfsOut,
  u64,
} from './wire.ts'

/** A negative errno, the bytes that follow a reply's header, or undefined for what gets no reply. */
export type Reply = number | Uint8Array | undefined

const OK = 0
/** Requests of the kernel's readahead that may be on their way at a time. */
const MAX_BACKGROUND = 64
/** Pages of the largest request: 1 MiB. */
const MAX_PAGES = 256
/** Seconds that the kernel may remember what can change, and what cannot. */
const BRIEFLY = 1
const FOR_EVER = 10 * 365 * 86_400

/**
 * How long what is known of a path stays true: below a version's number for ever; the number itself may be deleted.
 */
export function validSeconds(path: string, { kind }: Attributes): number {
  return kind !== 'link' && /^\/[^/]+\/\d+\//.test(path) ? FOR_EVER : BRIEFLY
}

export interface Operations {
  /** Answers a request; what is known is answered at once, not with a promise. */
  handle(request: Request): Reply | Promise<Reply>
  /** Told when a reply is out, whose memory is then used again. */
  sent(reply: Reply): void
  /** Closes the files that the kernel left open. */
  close(): Promise<void>
}

export function createOperations(vfs: Vfs, owner: Owner): Operations {
  const nodes = new Nodes()
  const files = new Map<number, OpenFile>()
  const folders = new Map<number, Listing>()
  /** Nodes of which wrong bytes may have been given before they were found out. */
  const damaged = new Set<number>()
  const targets = createTargets()
  let lastHandle = 0

  const pathOf = (node: number): string => {
    const path = nodes.path(node)
    if (path === undefined) throw new VarveError('stale', `node ${node} is not known any more`, { node })
    return path
  }

  const entry = (path: string, attributes: Attributes | undefined): Reply => {
    if (attributes === undefined) return errno('ENOENT')
    const out = Buffer.allocUnsafe(ENTRY_OUT)
    putEntry(out, 0, nodes.remember(path), attributes, validSeconds(path, attributes), owner)
    return out
  }

  const attributesOut = (path: string, attributes: Attributes | undefined): Reply =>
    attributes === undefined ? errno('ENOENT') : attrOut(attributes, validSeconds(path, attributes), owner)

  const open = async (node: number): Promise<Reply> => {
    const path = pathOf(node)
    const file = await patiently(() => vfs.open(path))
    files.set(++lastHandle, file)
    return openOut(lastHandle, damaged.delete(node) ? 0 : FOPEN_KEEP_CACHE)
  }

  const read = async (node: number, body: Buffer): Promise<Reply> => {
    const file = files.get(u64(body, 0))
    if (file === undefined) return errno('EBADF')
    const start = u64(body, 8)
    const length = Math.max(0, Math.min(body.readUInt32LE(16), file.size - start))
    if (length === 0) return new Uint8Array(0)
    const target = targets.take(length).subarray(0, length)
    try {
      return target.subarray(0, await file.read(target, start))
    } catch (error) {
      targets.giveBack(target)
      if (isVarveError(error, 'invalid-data')) damaged.add(node)
      throw error
    }
  }

  const release = async (handle: number): Promise<Reply> => {
    const file = files.get(handle)
    files.delete(handle)
    await file?.close()
    return OK
  }

  const openFolder = (names: readonly string[] | undefined, path: string): Reply => {
    if (names === undefined) return errno('ENOTDIR')
    folders.set(++lastHandle, { path, names })
    return openOut(lastHandle, 0)
  }

  const readFolder = (body: Buffer, plus: boolean): Reply => {
    const listing = folders.get(u64(body, 0))
    if (listing === undefined) return errno('EBADF')
    const place = { from: u64(body, 8), size: body.readUInt32LE(16), plus }
    return fillFolder(listing, place, vfs, nodes, owner)
  }

  function answer({ opcode, node, body }: Request): Reply | Promise<Reply> {
    switch (opcode) {
      case OP.lookup: {
        const path = childPath(pathOf(node), nameIn(body))
        return chain(
          () => vfs.getattr(path),
          (attributes) => entry(path, attributes),
        )
      }
      case OP.getattr: {
        const path = pathOf(node)
        return chain(
          () => vfs.getattr(path),
          (attributes) => attributesOut(path, attributes),
        )
      }
      case OP.readlink: {
        const path = pathOf(node)
        return chain(
          () => vfs.readlink(path),
          (target) => (target === undefined ? errno('EINVAL') : Buffer.from(target)),
        )
      }
      case OP.open:
        // The kernel refuses it by itself, unless root has mounted the tree anew as one that can be written.
        return isForWriting(body.readUInt32LE(0)) ? errno('EROFS') : open(node)
      case OP.read:
        return read(node, body)
      case OP.release:
        return release(u64(body, 0))
      case OP.opendir: {
        const path = pathOf(node)
        return chain(
          () => vfs.readdir(path),
          (names) => openFolder(names, path),
        )
      }
      case OP.readdir:
        return readFolder(body, false)
      case OP.readdirplus:
        return readFolder(body, true)
      case OP.releasedir:
        folders.delete(u64(body, 0))
        return OK
      case OP.statfs:
        return statfsOut(vfs.statfs())
      case OP.init:
        return init(body)
      case OP.forget:
        nodes.forget(node, u64(body, 0))
        return undefined
      case OP.batchForget:
        for (let i = 0, at = 8; i < body.readUInt32LE(0); i++, at += 16)
          nodes.forget(u64(body, at), u64(body, at + 8))
        return undefined
      // What was asked is answered all the same; the kernel drops an answer that nobody waits for.
      case OP.interrupt:
        return undefined
      case OP.destroy:
      case OP.fsync:
      case OP.fsyncdir:
        return OK
      case OP.ioctl:
        return errno('ENOTTY')
      default:
        // ENOSYS makes the kernel answer by itself from then on: access by the mode bits, no extended attributes.
        return MUTATING.has(opcode) ? errno('EROFS') : errno('ENOSYS')
    }
  }

  return {
    handle(request) {
      try {
        const reply = answer(request)
        return reply instanceof Promise ? reply.catch(errnoOf) : reply
      } catch (error) {
        return errnoOf(error)
      }
    },
    sent(reply) {
      if (typeof reply === 'object') targets.giveBack(reply)
    },
    async close() {
      const left = [...files.values()]
      files.clear()
      await Promise.all(left.map((file) => file.close()))
    },
  }
}

function isForWriting(flags: number): boolean {
  const { O_WRONLY, O_RDWR, O_TRUNC } = constants
  return (flags & (O_WRONLY | O_RDWR | O_TRUNC)) !== 0
}

function init(body: Buffer): Reply {
  const offer = initIn(body)
  if (offer.major !== 7) return errno('EPROTO')
  // Attributes always come with names: a look-up of each costs ten times as much, and programs that list mostly look.
  const wanted = INIT.asyncRead | INIT.doReaddirplus | INIT.parallelDirops | INIT.maxPages
  const flags = (offer.flags & wanted) >>> 0
  const { maxReadahead } = offer
  return initOut({ maxReadahead, flags, maxBackground: MAX_BACKGROUND, maxPages: MAX_PAGES })
}

/** Goes on with a value at once, with a promise later. */
function chain<T>(work: () => T | Promise<T>, then: (value: T) => Reply): Reply | Promise<Reply> {
  const value = patiently(work)
  return value instanceof Promise ? value.then(then) : then(value)
}
