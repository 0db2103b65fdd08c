/** The engine process: a socket at which clients of this user bind and scan. */

import { chmodSync, lstatSync, renameSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { VarveError } from '../errors.ts'
import { type ConnectionOptions, serveConnection } from './connection.ts'
import { checkPlace, isServed } from './place.ts'
import { removeStale } from './slots.ts'

export interface ServeOptions extends ConnectionOptions {
  readonly socket: string
  /** Seconds without a client after which it ends; undefined: never. */
  readonly idleSeconds?: number | undefined
}

export interface Serving {
  readonly socket: string
  /** Resolves when it has ended: by `stop`, or because nobody came. */
  readonly ended: Promise<void>
  /** Hangs up on every client, and ends. */
  stop(): Promise<void>
}

/** Serves until it is stopped or idle; `conflict` where an engine serves at that socket already. */
export async function serveEngine({ socket, idleSeconds, ...options }: ServeOptions): Promise<Serving> {
  checkPlace(socket)
  if (await isServed(socket)) {
    throw new VarveError('conflict', `an engine is serving at ${socket} already`, { path: socket })
  }
  removeStale()
  const clients = new Map<Socket, Promise<void>>()
  let idle: NodeJS.Timeout | undefined
  const rest = (): void => {
    clearTimeout(idle)
    if (clients.size === 0 && idleSeconds !== undefined)
      idle = setTimeout(() => void stop(), idleSeconds * 1000)
  }
  const server = createServer((client) => {
    clearTimeout(idle)
    const served = serveConnection(client, options).finally(() => {
      clients.delete(client)
      rest()
    })
    clients.set(client, served)
  })
  await listen(server, socket)
  const { ino } = lstatSync(socket)
  const ended = new Promise<void>((resolve) => server.once('close', () => resolve()))
  rest()

  async function stop(): Promise<void> {
    clearTimeout(idle)
    removeOwn(socket, ino)
    server.close()
    for (const client of clients.keys()) client.destroy()
    await Promise.all(clients.values())
    await ended
  }
  return { socket, ended, stop }
}

/**
 * Listens under a name of this process's own, which then gets the socket's name, too. Of two engines that start at
 * once one may take the other's name away: nobody finds that one any more, and it ends when it is idle.
 */
async function listen(server: Server, socket: string): Promise<void> {
  const own = `${socket}.${process.pid}`
  rmSync(own, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const what = `no socket can be made at ${socket}: ${error.message}`
      reject(new VarveError('denied', what, { path: socket }, error))
    })
    server.listen(own, resolve)
  })
  chmodSync(own, 0o600)
  // Its inode, not its name, is what `removeOwn` knows it by.
  renameSync(own, socket)
}

/** Takes the socket's name away, unless another engine has it by now. */
function removeOwn(socket: string, inode: number): void {
  if (lstatSync(socket, { throwIfNoEntry: false })?.ino === inode) rmSync(socket, { force: true })
}
