import * as http from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the proxy does to a request instead of passing it on, as often as `times` says (default once). */
export type Fault = {
  readonly times?: number
  readonly method?: string
  /** Only requests whose path and query match. */
  readonly path?: RegExp
} & (
  | { readonly kind: 'status'; readonly status: number; readonly code: string }
  /** The connection is reset: before an answer, or after so many bytes of its body. */
  | { readonly kind: 'reset'; readonly afterBytes?: number }
  /** Nothing more comes, and the connection stays open. */
  | { readonly kind: 'stall'; readonly afterBytes?: number }
  /** The connection ends properly, but before the body does. */
  | { readonly kind: 'truncate'; readonly afterBytes: number }
  /** A complete answer with fewer bytes than its Content-Range says. */
  | { readonly kind: 'short'; readonly bytes: number }
  /** The Range header is ignored: 200 with the whole object. */
  | { readonly kind: 'whole' }
  /** Another range than the one that was asked. */
  | { readonly kind: 'wrong-range'; readonly shift: number }
  /** If-Match and If-None-Match are ignored. */
  | { readonly kind: 'unconditional' }
  /** The request arrives and is done, but its answer is lost. */
  | { readonly kind: 'lost-answer' }
  | { readonly kind: 'delay'; readonly ms: number }
  /** The body comes in pieces of `bytes`, one every `ms`. */
  | { readonly kind: 'trickle'; readonly bytes: number; readonly ms: number }
  /** One bit of the body is another, `at` bytes into it, or into the last of it. */
  | { readonly kind: 'flip'; readonly at: number }
  /** A page of a web server that is no S3. */
  | { readonly kind: 'page' }
)

export interface FaultProxy {
  readonly endpoint: string
  /** Adds a fault; the first one that fits and is not used up applies. */
  inject(fault: Fault): void
  /** Decides on every request that no injected fault is for, until `reset`. */
  storm(choose: (method: string, path: string) => Fault | undefined): void
  /** Forgets faults and counts. */
  reset(): void
  /** Requests that arrived, as `GET /bucket/key`. */
  readonly requests: readonly string[]
  /** Bytes of bodies sent to clients. */
  readonly bytes: number
  /** Requests that are not answered to their end yet. */
  readonly open: number
  stop(): Promise<void>
}

/** An HTTP server that passes everything on to `target`, except for the faults it is told to make. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const { hostname, port } = new URL(target)
  const agent = new http.Agent({ keepAlive: true })
  let faults: { fault: Fault; left: number }[] = []
  let choose: ((method: string, path: string) => Fault | undefined) | undefined
  let requests: string[] = []
  let bytes = 0
  let open = 0

  function take(method: string, url: string): Fault | undefined {
    const found = faults.find(
      ({ fault, left }) =>
        left > 0 && (fault.method ?? method) === method && (fault.path === undefined || fault.path.test(url)),
    )
    if (found === undefined) return choose?.(method, decodeURIComponent(url.split('?')[0] ?? ''))
    found.left--
    return found.fault
  }

  const server = http.createServer((request, response) => {
    const { method = 'GET', url = '/' } = request
    requests.push(`${method} ${decodeURIComponent(url.split('?')[0] ?? '')}`)
    open++
    response.once('close', () => open--)
    const fault = take(method, url)
    if (fault?.kind === 'delay') setTimeout(() => forward(undefined), fault.ms)
    else forward(fault)

    function forward(fault: Fault | undefined): void {
      if (fault?.kind === 'status') {
        answer(fault.status, 'application/xml', errorBody(fault.code))
        return
      }
      if (fault?.kind === 'page') {
        answer(200, 'text/html', '<html><title>It works</title></html>')
        return
      }
      if (fault?.kind === 'reset' && fault.afterBytes === undefined)
        return void request.socket.resetAndDestroy()
      if (fault?.kind === 'stall' && fault.afterBytes === undefined) return
      const passed = http.request(
        { hostname, port, method, path: url, headers: changedHeaders(request.headers, fault), agent },
        (upstream) => relay(upstream, fault),
      )
      passed.on('error', () => request.socket.destroy())
      response.once('close', () => passed.destroy())
      request.pipe(passed)
    }

    function answer(status: number, type: string, body: string): void {
      request.resume()
      response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) })
      response.end(method === 'HEAD' ? undefined : body)
    }

    function relay(upstream: http.IncomingMessage, fault: Fault | undefined): void {
      if (fault?.kind === 'lost-answer') {
        upstream.resume()
        upstream.on('end', () => request.socket.resetAndDestroy())
        return
      }
      const headers = { ...upstream.headers }
      if (fault?.kind === 'short') headers['content-length'] = String(fault.bytes)
      response.writeHead(upstream.statusCode ?? 502, headers)
      if (fault?.kind === 'trickle') {
        const all = upstream.toArray().then((chunks) => trickle(Buffer.concat(chunks), fault.bytes, fault.ms))
        // The client left before it had come whole.
        all.catch(() => request.socket.destroy())
        return
      }
      let sent = 0
      const limit = cutAt(fault)
      upstream.on('data', (chunk: Buffer) => {
        if (fault?.kind === 'flip') flip(chunk, fault.at - sent, Number(headers['content-length']) - sent)
        const part = chunk.subarray(0, Math.max(0, limit - sent))
        sent += part.length
        bytes += part.length
        const isCut = sent >= limit && part.length > 0
        if (part.length > 0) response.write(part, () => isCut && cut())
      })
      upstream.on('end', () => {
        if (sent < limit) response.end()
      })

      function cut(): void {
        if (fault?.kind === 'short') response.end()
        if (fault?.kind === 'truncate') request.socket.end()
        if (fault?.kind === 'reset') request.socket.resetAndDestroy()
      }
    }

    function trickle(body: Buffer, size: number, ms: number): void {
      let at = 0
      const timer = setInterval(() => {
        const piece = body.subarray(at, at + size)
        at += piece.length
        bytes += piece.length
        response.write(piece)
        if (at >= body.length) response.end()
      }, ms)
      response.once('close', () => clearInterval(timer))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port: ownPort } = server.address() as AddressInfo
  return {
    endpoint: `http://127.0.0.1:${ownPort}`,
    storm: (chosen) => void (choose = chosen),
    inject: (fault) => void faults.push({ fault, left: fault.times ?? 1 }),
    reset() {
      faults = []
      choose = undefined
      requests = []
      bytes = 0
    },
    get requests() {
      return requests
    },
    get bytes() {
      return bytes
    },
    get open() {
      return open
    },
    async stop() {
      server.closeAllConnections()
      agent.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Flips a bit of a chunk that holds the byte `at`, or the last one of all that are `left`. */
function flip(chunk: Buffer, at: number, left: number): void {
  const index = Math.min(at, left - 1)
  if (index >= 0 && index < chunk.length) chunk[index]! ^= 0x10
}

function cutAt(fault: Fault | undefined): number {
  switch (fault?.kind) {
    case 'truncate':
    case 'reset':
    case 'stall':
      return fault.afterBytes ?? 0
    case 'short':
      return fault.bytes
    default:
      return Number.POSITIVE_INFINITY
  }
}

function changedHeaders(
  headers: http.IncomingHttpHeaders,
  fault: Fault | undefined,
): http.IncomingHttpHeaders {
  const changed = { ...headers }
  if (fault?.kind === 'whole') delete changed.range
  if (fault?.kind === 'unconditional') {
    delete changed['if-match']
    delete changed['if-none-match']
  }
  if (fault?.kind === 'wrong-range') {
    changed.range = changed.range?.replace(/\d+/g, (digits) => String(Number(digits) + fault.shift))
  }
  return changed
}

function errorBody(code: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>injected</Message></Error>`
}
