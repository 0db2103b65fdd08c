/** A proxy before the S3 server that holds every request for a while, as a distant store would, and counts. */

import { Agent, createServer, type IncomingMessage, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Traffic {
  /** As `GET /bucket/key`, in the order of their coming. */
  readonly requests: readonly string[]
  /** Bytes of the bodies that clients sent. */
  readonly written: number
  /** Bytes of the bodies that they were sent. */
  readonly read: number
}

export interface DelayProxy {
  readonly endpoint: string
  /** Milliseconds that a request waits before it is passed on. */
  delay: number
  /** What came through since this was last asked. */
  traffic(): Traffic
  stop(): Promise<void>
}

/** Passes everything on to `target`, the Host too: signatures are over the name that the client knows. */
export async function startProxy(target: string): Promise<DelayProxy> {
  const { hostname, port } = new URL(target)
  const agent = new Agent({ keepAlive: true })
  let requests: string[] = []
  let [written, read] = [0, 0]

  const server = createServer((incoming, outgoing) => {
    const { method = 'GET', url = '/', headers } = incoming
    requests.push(`${method} ${url.replace(/X-Amz-[^&]*&?/g, '')}`)
    const forward = (): void => {
      const passed = send({ hostname, port, method, path: url, headers, agent }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        count(answer, (bytes) => (read += bytes))
        answer.on('error', () => incoming.socket.destroy())
        answer.pipe(outgoing)
      })
      passed.on('error', () => incoming.socket.destroy())
      outgoing.once('close', () => outgoing.writableFinished || passed.destroy())
      count(incoming, (bytes) => (written += bytes))
      incoming.pipe(passed)
    }
    // The body waits in the socket meanwhile.
    if (proxy.delay === 0) forward()
    else setTimeout(forward, proxy.delay)
  })
  // Clients keep connections longer than node would.
  server.keepAliveTimeout = 0
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  const proxy: DelayProxy = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    delay: 0,
    traffic() {
      const traffic = { requests, written, read }
      requests = []
      written = 0
      read = 0
      return traffic
    },
    stop() {
      agent.destroy()
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
  return proxy
}

function count(body: IncomingMessage, add: (bytes: number) => void): void {
  body.on('data', (chunk: Buffer) => add(chunk.length))
}
