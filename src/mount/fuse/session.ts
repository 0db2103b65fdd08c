/** The conversation with the kernel over /dev/fuse. */

import { close as closeFile, read as readFile, writevSync } from 'node:fs'
import { promisify } from 'node:util'
import { toVarveError, VarveError } from '../../errors.ts'
import type { Vfs } from '../types.ts'
import { OP } from './constants.ts'
import { errno } from './errno.ts'
import { createOperations, type Reply } from './operations.ts'
import { decodeRequest, type Owner, outHeader } from './wire.ts'

/** Room for the largest request: an extended attribute of 64 KiB that nobody may set. */
const BUFFER = 128 * 1024
/** Reads that wait for the kernel, each in a thread of Node's pool. */
const READERS = 2

export interface Session {
  /** Resolves when the kernel has ended the mount, whoever unmounted it; rejects when the conversation broke. */
  readonly ended: Promise<void>
}

/**
 * Serves a tree on an open /dev/fuse until it is unmounted.
 *
 * Not by libfuse, which fuse-native wraps: it starts a thread for every request at a time and ends those above ten
 * afterwards, and the binding keeps a record and an open libuv handle of each for ever (a burst of 40 parallel reads
 * left 30 of them). Here a request is a read of a file by Node's own pool and a reply is a write.
 */
export function serveFuse(vfs: Vfs, device: number, owner: Owner): Session {
  const operations = createOperations(vfs, owner)
  let breakOff: (error: unknown) => void = () => undefined
  const broken = new Promise<never>((_, reject) => (breakOff = reject))
  const loops = Array.from({ length: READERS }, () => readLoop())
  const ended = Promise.race([Promise.all(loops), broken]).then(
    async () => {
      await operations.close()
      await promisify(closeFile)(device)
    },
    async (error: unknown) => {
      // The device stays open: the other loop may still read it, and its number must not become another file's.
      await operations.close()
      throw error
    },
  )
  // Told to whoever asks; an unasked failure must not end the process before its clean-up.
  ended.catch(() => undefined)
  return { ended }

  async function readLoop(): Promise<void> {
    const buffer = Buffer.allocUnsafeSlow(BUFFER)
    for (;;) {
      const got = await nextRequest(device, buffer)
      if (got === undefined) return
      const request = decodeRequest(buffer.subarray(0, got))
      const { opcode, unique } = request
      const reply = operations.handle(request)
      if (reply instanceof Promise) reply.then((later) => send(unique, later, opcode)).catch(breakOff)
      else send(unique, reply, opcode)
    }
  }

  function send(unique: bigint, reply: Reply, opcode: number): void {
    if (reply === undefined) return
    const parts =
      typeof reply === 'number'
        ? [outHeader(unique, reply, 0)]
        : [outHeader(unique, 0, reply.length), ...(reply.length === 0 ? [] : [reply])]
    try {
      // Synchronous: /dev/fuse takes a reply without waiting, and a hop through Node's pool costs more than the copy.
      writevSync(device, parts)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      // Nobody waits for it any more, or the mount is gone, which the next read tells.
      if (code === 'ENOENT' || code === 'ENODEV' || code === 'EINTR' || code === 'EBADF') return
      if (opcode === OP.init || typeof reply === 'number') throw unexpected(error)
      // The kernel did not take the reply: its reader gets an error instead of waiting for ever.
      send(unique, errno('EIO'), opcode)
    } finally {
      operations.sent(reply)
    }
  }
}

/** Bytes of the next request; undefined when the mount has ended. */
function nextRequest(device: number, buffer: Buffer): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const attempt = (): void =>
      readFile(device, buffer, 0, buffer.length, null, (error, bytes) => {
        if (error === null) return resolve(bytes)
        if (error.code === 'ENODEV' || error.code === 'EBADF') return resolve(undefined)
        // Interrupted, or the request was taken back before it could be read.
        if (error.code === 'EINTR' || error.code === 'ENOENT' || error.code === 'EAGAIN') return attempt()
        reject(unexpected(error))
      })
    attempt()
  })
}

function unexpected(error: unknown): VarveError {
  const { message } = toVarveError(error)
  return new VarveError('internal', `the kernel broke off the mount: ${message}`, {}, error)
}
