/** One client of the engine: what it binds and scans, until it hangs up. */

import type { Socket } from 'node:net'
import { toVarveError, VarveError } from '../errors.ts'
import type { Bound, ScanService, ScanStream } from '../scan/types.ts'
import { bytesFrame, foundFrame, type LakeFiles, listedFrame, rangesProblem } from './files.ts'
import { type FilesRequest, type Hello, predicatesFor, type Request, requestIn } from './requests.ts'
import { writeField } from './schema.ts'
import { type PlacedVector, Slots } from './slots.ts'
import { ANSWER, FrameReader, FrameWriter, PROTOCOL } from './wire.ts'

export interface ConnectionOptions {
  /** This program's version, for handshakes and their refusals. */
  readonly version: string
  /** The scans of a lake; called once per connection. */
  open(lake: string | undefined): ScanService
  /** The files of a lake; called once per connection that asks for any. */
  openFiles(lake: string | undefined): LakeFiles
}

interface RunningScan {
  readonly stream: ScanStream
  readonly slots: Slots
}

/** Answers a client until it hangs up; resolves when everything it had is closed. */
export async function serveConnection(socket: Socket, options: ConnectionOptions): Promise<void> {
  const connection = new Connection(socket, options)
  const frames = new FrameReader()
  socket.on('data', (bytes: Buffer) => {
    try {
      for (const frame of frames.push(bytes)) connection.take(requestIn(frame))
    } catch (error) {
      // Where frames begin is lost, or the client speaks another language.
      connection.fail(0, error)
      socket.end()
    }
  })
  // A client that is killed resets its socket: that is how it hangs up.
  socket.on('error', () => undefined)
  await new Promise<void>((resolve) => socket.once('close', () => resolve()))
  await connection.close()
}

class Connection {
  readonly #socket: Socket
  readonly #options: ConnectionOptions
  readonly #gone = new AbortController()
  /** What is being bound: a bind may read a file's head from far away, and who asked may not want it any more. */
  readonly #binding = new Map<number, AbortController>()
  readonly #bounds = new Map<number, Bound>()
  readonly #scans = new Map<number, RunningScan>()
  #service: ScanService | undefined
  #lake: string | undefined
  #files: LakeFiles | undefined

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket
    this.#options = options
  }

  take(request: Request): void {
    if (request.ask === 'hello') {
      this.#hello(request)
      return
    }
    const service = this.#service
    if (service === undefined) throw new VarveError('invalid-input', `bridge: ${request.ask} before hello`)
    switch (request.ask) {
      case 'bind':
        void this.#bind(request, service)
        break
      case 'scan':
        void this.#scan(request, service)
        break
      case 'opened':
        this.#scans.get(request.id)?.slots.opened(request.slot)
        break
      case 'release':
        this.#scans.get(request.id)?.slots.release(request.slot)
        break
      case 'close':
        this.#end(request.id)
        break
      case 'unbind':
        this.#unbind(request.id, service)
        break
      default:
        void this.#answerFiles(request)
    }
  }

  #hello({ protocol, client, lake }: Hello): void {
    const { version } = this.#options
    if (protocol !== PROTOCOL) {
      const older = protocol < PROTOCOL ? client : `varve ${version}, whose engine is running`
      const spoken = `${client} speaks protocol ${protocol}, the engine of varve ${version} protocol ${PROTOCOL}`
      throw new VarveError('unsupported', `bridge: ${spoken}; update ${older}`, { protocol: PROTOCOL })
    }
    if (this.#service !== undefined) throw new VarveError('invalid-input', 'bridge: a second hello')
    this.#service = this.#options.open(lake)
    this.#lake = lake
    this.#send(new FrameWriter(ANSWER.welcome).u32(PROTOCOL).text(version))
  }

  async #bind(
    { id, name, args, named }: Extract<Request, { ask: 'bind' }>,
    service: ScanService,
  ): Promise<void> {
    const stop = new AbortController()
    const signal = AbortSignal.any([this.#gone.signal, stop.signal])
    this.#binding.set(id, stop)
    try {
      const bound = await service.bind({ name, args, named }, signal)
      if (signal.aborted) return service.unbind(bound.id)
      if (this.#bounds.has(id)) {
        service.unbind(bound.id)
        throw new VarveError('invalid-input', `bridge: ${id} is bound already`)
      }
      this.#bounds.set(id, bound)
      const { columns, cardinality } = bound
      const frame = new FrameWriter(ANSWER.bound).u32(id)
      frame
        .u64(cardinality?.rows ?? -1)
        .u8(cardinality?.exact === true ? 1 : 0)
        .u32(columns.length)
      for (const field of columns) {
        frame.u8(bound.zones.includes(field.name) ? 1 : 0)
        writeField(frame, field)
      }
      this.#send(frame)
    } catch (error) {
      if (!signal.aborted) this.fail(id, error)
    } finally {
      this.#binding.delete(id)
    }
  }

  async #scan(request: Extract<Request, { ask: 'scan' }>, service: ScanService): Promise<void> {
    const { id, columns } = request
    try {
      const bound = this.#bounds.get(request.bound)
      if (bound === undefined) throw new VarveError('invalid-input', `bridge: ${request.bound} is not bound`)
      if (this.#scans.has(id)) throw new VarveError('invalid-input', `bridge: scan ${id} is running already`)
      const unknown = columns.find((column) => column >= bound.columns.length)
      if (unknown !== undefined)
        throw new VarveError('invalid-input', `bridge: there is no column ${unknown}`)
      const predicates = predicatesFor(request.predicates, bound)
      const stream = service.scan({ bound: bound.id, columns, predicates })
      this.#scans.set(id, { stream, slots: new Slots(request.slots) })
    } catch (error) {
      return this.fail(id, error)
    }
    const running = this.#scans.get(id)!
    try {
      await this.#pump(id, running)
    } catch (error) {
      if (this.#scans.get(id) !== running) return
      this.#end(id)
      this.fail(id, error)
    }
  }

  /** Batch after batch, as slots are free; the files of the last ones stay until the client closes the scan. */
  async #pump(id: number, { stream, slots }: RunningScan): Promise<void> {
    for (let ordinal = 0; await slots.room(); ordinal++) {
      const batch = await stream.next()
      if (!this.#scans.has(id)) return
      if (batch === undefined) {
        const { done, total } = stream.progress
        this.#send(new FrameWriter(ANSWER.end).u32(id).f64(done).f64(total))
        return
      }
      const { slot, path = '', size, columns } = slots.write(batch)
      const { rows } = batch
      stream.release(batch)
      const { done, total } = stream.progress
      const frame = new FrameWriter(ANSWER.batch).u32(id).u64(ordinal).u64(rows).f64(done).f64(total)
      frame.u32(slot).text(path).u64(size).u32(columns.length)
      for (const column of columns) writeVector(frame, column)
      this.#send(frame)
    }
  }

  #end(id: number): void {
    const running = this.#scans.get(id)
    this.#scans.delete(id)
    running?.stream.close()
    running?.slots.close()
  }

  async #answerFiles(request: FilesRequest): Promise<void> {
    const { id, uri } = request
    try {
      this.#files ??= this.#options.openFiles(this.#lake)
      if (request.ask === 'read') {
        const problem = rangesProblem(request.ranges)
        if (problem !== undefined) throw new VarveError('invalid-input', `bridge: read: ${problem}`)
        this.#send(bytesFrame(id, await this.#files.read(uri, request.ranges)))
      } else if (request.ask === 'list') this.#send(listedFrame(id, await this.#files.list(uri)))
      else this.#send(foundFrame(id, await this.#files.look(uri)))
    } catch (error) {
      this.fail(id, error)
    }
  }

  #unbind(id: number, service: ScanService): void {
    this.#binding.get(id)?.abort()
    const bound = this.#bounds.get(id)
    this.#bounds.delete(id)
    if (bound !== undefined) service.unbind(bound.id)
  }

  /** Tells the client what went wrong with a request; 0: with the connection. */
  fail(id: number, error: unknown): void {
    if (this.#gone.signal.aborted) return
    const { code, message } = toVarveError(error)
    this.#send(new FrameWriter(ANSWER.error).u32(id).text(code).text(message))
  }

  #send(frame: FrameWriter): void {
    if (this.#socket.writable) this.#socket.write(frame.finish())
  }

  /** Stops every fetch of this client, and frees what it held. */
  async close(): Promise<void> {
    this.#gone.abort()
    for (const id of [...this.#scans.keys()]) this.#end(id)
    await this.#service?.close()
    await this.#files?.close()
  }
}

function writeVector(frame: FrameWriter, { rows, buffers, children }: PlacedVector): void {
  frame.u64(rows).u32(buffers.length)
  for (const place of buffers) frame.u64(place?.offset ?? -1).u64(place?.length ?? 0)
  frame.u32(children.length)
  for (const child of children) writeVector(frame, child)
}
