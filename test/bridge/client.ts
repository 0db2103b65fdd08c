/** A client of the engine as an extension is one: its frames, and batches read out of its shared memory. */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import type { Standing } from '../../src/bridge/files.ts'
import { ANSWER, ASK, PROTOCOL } from '../../src/bridge/wire.ts'
import {
  type ColumnValues,
  type ColumnVector,
  type DataType,
  type Field,
  NUMBER_ARRAYS,
} from '../../src/formats/batch.ts'
import { type Value, valuesFrom } from '../../src/formats/values.ts'

export type Answer =
  | { readonly kind: 'welcome'; readonly protocol: number; readonly version: string }
  | {
      readonly kind: 'bound'
      readonly id: number
      readonly rows: number
      readonly exact: boolean
      readonly columns: readonly BoundColumn[]
    }
  | BatchAnswer
  | { readonly kind: 'end'; readonly id: number; readonly done: number; readonly total: number }
  | { readonly kind: 'found'; readonly id: number; readonly version: number; readonly standing: Standing }
  | {
      readonly kind: 'listed'
      readonly id: number
      readonly version: number
      readonly standing: readonly Standing[]
    }
  | { readonly kind: 'bytes'; readonly id: number; readonly parts: readonly Buffer[] }
  | { readonly kind: 'error'; readonly id: number; readonly code: string; readonly message: string }

export interface BoundColumn extends Field {
  readonly zone: boolean
}

interface Vector {
  readonly rows: number
  readonly buffers: readonly { readonly offset: number; readonly length: number }[]
  readonly children: readonly Vector[]
}

export interface BatchAnswer {
  readonly kind: 'batch'
  readonly id: number
  readonly ordinal: number
  readonly rows: number
  readonly done: number
  readonly total: number
  readonly slot: number
  readonly path: string
  readonly size: number
  readonly columns: readonly Vector[]
}

/** Reads numbers and texts one after the other. */
class Cursor {
  at = 0
  constructor(readonly bytes: Buffer) {}
  u8 = (): number => this.bytes[this.at++]!
  u32 = (): number => this.bytes.readUInt32LE((this.at += 4) - 4)
  u64 = (): number => Number(this.bytes.readBigInt64LE((this.at += 8) - 8))
  f64 = (): number => this.bytes.readDoubleLE((this.at += 8) - 8)
  blob = (): Buffer => {
    const length = this.u32()
    this.at += length
    return this.bytes.subarray(this.at - length, this.at)
  }
  text = (): string => this.blob().toString('utf8')
  list = <T>(read: () => T): T[] => Array.from({ length: this.u32() }, read)
}

const standing = (c: Cursor): Standing => ({
  name: c.text(),
  kind: c.u8() === 1 ? 'file' : 'folder',
  size: c.u64(),
  modified: c.f64(),
})

const TYPES: Readonly<Record<string, DataType>> = {
  b: { kind: 'bool' },
  c: { kind: 'int8' },
  C: { kind: 'uint8' },
  s: { kind: 'int16' },
  S: { kind: 'uint16' },
  i: { kind: 'int32' },
  I: { kind: 'uint32' },
  l: { kind: 'int64' },
  L: { kind: 'uint64' },
  f: { kind: 'float32' },
  g: { kind: 'float64' },
  u: { kind: 'utf8' },
  z: { kind: 'binary' },
  tdD: { kind: 'date' },
  ttu: { kind: 'time' },
  'tsu:': { kind: 'timestamp' },
  'tsu:UTC': { kind: 'timestamp', zoned: true },
}

function field(cursor: Cursor): Field {
  const name = cursor.text()
  const format = cursor.text()
  const children = cursor.list(() => field(cursor))
  if (format === '+l') return { name, type: { kind: 'list', item: children[0]!.type } }
  if (format === '+s') return { name, type: { kind: 'struct', fields: children } }
  const [, precision, scale] = /^d:(\d+),(\d+)$/.exec(format) ?? []
  if (precision !== undefined)
    return { name, type: { kind: 'decimal', precision: Number(precision), scale: Number(scale) } }
  return { name, type: TYPES[format]! }
}

const vector = (cursor: Cursor): Vector => ({
  rows: cursor.u64(),
  buffers: cursor.list(() => ({ offset: cursor.u64(), length: cursor.u64() })),
  children: cursor.list(() => vector(cursor)),
})

function answerIn(kind: number, body: Buffer): Answer {
  const c = new Cursor(body)
  switch (kind) {
    case ANSWER.welcome:
      return { kind: 'welcome', protocol: c.u32(), version: c.text() }
    case ANSWER.bound:
      return {
        kind: 'bound',
        id: c.u32(),
        rows: c.u64(),
        exact: c.u8() === 1,
        columns: c.list(() => ({ zone: c.u8() === 1, ...field(c) })),
      }
    case ANSWER.batch:
      return {
        kind: 'batch',
        id: c.u32(),
        ordinal: c.u64(),
        rows: c.u64(),
        done: c.f64(),
        total: c.f64(),
        slot: c.u32(),
        path: c.text(),
        size: c.u64(),
        columns: c.list(() => vector(c)),
      }
    case ANSWER.end:
      return { kind: 'end', id: c.u32(), done: c.f64(), total: c.f64() }
    case ANSWER.found:
      return { kind: 'found', id: c.u32(), version: c.u32(), standing: standing(c) }
    case ANSWER.listed:
      return { kind: 'listed', id: c.u32(), version: c.u32(), standing: c.list(() => standing(c)) }
    case ANSWER.bytes:
      return { kind: 'bytes', id: c.u32(), parts: c.list(c.blob) }
    case ANSWER.error:
      return { kind: 'error', id: c.u32(), code: c.text(), message: c.text() }
    default:
      throw new Error(`an answer of kind ${kind}`)
  }
}

export class Client {
  readonly socket: Socket
  readonly #answers: Answer[] = []
  readonly #files = new Map<number, number>()
  #held = Buffer.alloc(0)
  #wake: () => void = () => undefined
  #closed = false
  #ids = 0

  constructor(path: string) {
    this.socket = connect(path)
    this.socket.on('data', (bytes) => {
      this.#held = Buffer.concat([this.#held, bytes])
      while (this.#held.length >= 4 && this.#held.length >= 4 + this.#held.readUInt32LE(0)) {
        const length = this.#held.readUInt32LE(0)
        this.#answers.push(answerIn(this.#held[4]!, this.#held.subarray(5, 4 + length)))
        this.#held = this.#held.subarray(4 + length)
      }
      this.#wake()
    })
    this.socket.on('error', () => undefined)
    this.socket.on('close', () => {
      this.#closed = true
      this.#wake()
    })
  }

  ask(ask: keyof typeof ASK, body: unknown): void {
    this.askRaw(ASK[ask], Buffer.from(JSON.stringify(body)))
  }

  askRaw(kind: number, body: Buffer): void {
    const head = Buffer.alloc(5)
    head.writeUInt32LE(body.length + 1)
    head[4] = kind
    this.socket.write(Buffer.concat([head, body]))
  }

  /** The next answer; undefined when the engine has hung up. */
  async answer(): Promise<Answer | undefined> {
    while (this.#answers.length === 0 && !this.#closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.#answers.shift()
  }

  get pending(): number {
    return this.#answers.length
  }

  /** The next answer, which must be of this kind. */
  async expect<K extends Answer['kind']>(kind: K): Promise<Extract<Answer, { kind: K }>> {
    const answer = await this.answer()
    if (answer?.kind !== kind) throw new Error(`expected ${kind}, got ${JSON.stringify(answer)}`)
    return answer as Extract<Answer, { kind: K }>
  }

  async hello(lake?: string): Promise<Extract<Answer, { kind: 'welcome' }>> {
    this.ask('hello', { protocol: PROTOCOL, client: 'test 1', lake })
    return this.expect('welcome')
  }

  async bind(name: string, args: unknown[], named: object = {}): Promise<Extract<Answer, { kind: 'bound' }>> {
    this.ask('bind', { id: ++this.#ids, name, args, named })
    return this.expect('bound')
  }

  scan(bound: number, columns: readonly number[], predicates: readonly object[] = [], slots = 3): number {
    this.ask('scan', { id: ++this.#ids, bound, columns, predicates, slots })
    return this.#ids
  }

  /** A batch's columns as plain values; the slot is free after that. */
  take(batch: BatchAnswer, types: readonly DataType[]): Value[][] {
    const { id, slot, path } = batch
    if (path !== '') {
      const before = this.#files.get(slot)
      if (before !== undefined) closeSync(before)
      this.#files.set(slot, openSync(path, 'r'))
      this.ask('opened', { id, slot })
    }
    const fd = this.#files.get(slot)!
    const columns = batch.columns.map((column, i) => valuesFrom(types[i]!, vectorIn(fd, column, types[i]!)))
    this.ask('release', { id, slot })
    return Array.from({ length: batch.rows }, (_, row) => columns.map((column) => column[row]!))
  }

  /** All rows of these columns. */
  async rows(
    name: string,
    args: unknown[],
    named: object = {},
    predicates: readonly object[] = [],
  ): Promise<Value[][]> {
    const { id, columns } = await this.bind(name, args, named)
    const types = columns.map(({ type }) => type)
    const scan = this.scan(
      id,
      types.map((_, i) => i),
      predicates,
    )
    const rows: Value[][] = []
    for (;;) {
      const answer = await this.answer()
      if (answer?.kind === 'error') throw new Error(`${answer.code}: ${answer.message}`)
      if (answer?.kind !== 'batch') break
      rows.push(...this.take(answer, types))
    }
    this.ask('close', { id: scan })
    this.ask('unbind', { id })
    return rows
  }

  close(): void {
    for (const fd of this.#files.values()) closeSync(fd)
    this.#files.clear()
    this.socket.destroy()
  }
}

const ARRAYS = {
  ...NUMBER_ARRAYS,
  date: Int32Array,
  time: BigInt64Array,
  timestamp: BigInt64Array,
} as const

/** A column in a slot's file, as its type says what its buffers are. */
function vectorIn(fd: number, { rows, buffers, children }: Vector, type: DataType): ColumnVector {
  const bytes = buffers.map(({ offset, length }) => {
    if (offset < 0) return undefined
    if (offset % 64 !== 0 || offset + length > fstatSync(fd).size) throw new Error(`a buffer at ${offset}`)
    const out = new Uint8Array(length)
    readSync(fd, out, 0, length, offset)
    return out
  })
  const [validity, second, third] = bytes
  const vector = { length: rows, validity }
  switch (type.kind) {
    case 'utf8':
    case 'binary':
      return { ...vector, offsets: new Int32Array(second!.buffer), values: third! }
    case 'list':
      return {
        ...vector,
        offsets: new Int32Array(second!.buffer),
        children: [vectorIn(fd, children[0]!, type.item)],
      }
    case 'struct':
      return { ...vector, children: type.fields.map((one, i) => vectorIn(fd, children[i]!, one.type)) }
    case 'bool':
    case 'decimal':
      return { ...vector, values: second! }
    default:
      return { ...vector, values: new ARRAYS[type.kind](second!.buffer) as ColumnValues }
  }
}
