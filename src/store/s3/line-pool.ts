import { connect, type Socket } from 'node:net'

/** A connection to one server. */
export interface Line {
  readonly socket: Socket
  /** Where an answer begins, before it is known where its body goes. */
  readonly scratch: Buffer
  /** The lines beside it. */
  readonly server: Server
  /** Who is being answered. */
  listen(reader: Reader | undefined): void
  /** Another one in its place. */
  again(): Line
}

export interface Reader {
  /** Memory for what comes next. */
  room(): Uint8Array
  got(bytes: number): void
}

interface Server {
  readonly idle: Line[]
  readonly all: Set<Line>
  readonly waiting: ((line: Line) => void)[]
}

/** As many as node:http is allowed to have. */
const MAX_LINES = 64
const SCRATCH = 64 * 1024

/** Connections that are kept for the next request; the last one used first, whose window is open. */
export class LinePool {
  readonly #servers = new Map<string, Server>()

  async take(host: string, port: number, signal: AbortSignal | undefined): Promise<Line> {
    const name = `${host}:${port}`
    const server = this.#servers.get(name) ?? { idle: [], all: new Set(), waiting: [] }
    this.#servers.set(name, server)
    const line = server.idle.pop()
    if (line !== undefined) {
      line.socket.ref()
      return line
    }
    if (server.all.size < MAX_LINES) return open(host, port, server)
    return new Promise((resolve, reject) => {
      const served = (next: Line): void => {
        signal?.removeEventListener('abort', onAbort)
        resolve(next)
      }
      const onAbort = (): void => {
        server.waiting.splice(server.waiting.indexOf(served), 1)
        reject(signal?.reason)
      }
      if (signal?.aborted) return reject(signal.reason)
      signal?.addEventListener('abort', onAbort, { once: true })
      server.waiting.push(served)
    })
  }

  /** For the next request: its last answer has come whole. */
  giveBack(line: Line): void {
    const { server, socket } = line
    if (socket.destroyed) {
      this.drop(line)
      return
    }
    const next = server.waiting.shift()
    if (next === undefined) {
      socket.unref()
      server.idle.push(line)
    } else next(line)
  }

  /** It cannot be used again. */
  drop(line: Line): void {
    const { server, socket } = line
    socket.destroy()
    server.all.delete(line)
    server.waiting.shift()?.(line.again())
  }

  destroy(): void {
    for (const { all } of this.#servers.values()) for (const { socket } of all) socket.destroy()
    this.#servers.clear()
  }
}

function open(host: string, port: number, server: Server): Line {
  const scratch = Buffer.allocUnsafeSlow(SCRATCH)
  let reader: Reader | undefined
  const callback = (bytes: number): boolean => {
    // Nobody asked: the server does not keep to the protocol.
    if (reader === undefined) socket.destroy()
    else reader.got(bytes)
    return true
  }
  const buffer = (): Uint8Array => reader?.room() ?? scratch
  const socket = connect({ host, port, noDelay: true, onread: { buffer, callback } })
  const line: Line = {
    socket,
    scratch,
    server,
    again: () => open(host, port, server),
    listen: (next) => {
      reader = next
    },
  }
  server.all.add(line)
  // An exchange listens itself; an idle line that breaks is only forgotten.
  socket.on('error', () => undefined)
  socket.once('close', () => {
    server.all.delete(line)
    const at = server.idle.indexOf(line)
    if (at >= 0) server.idle.splice(at, 1)
  })
  return line
}
