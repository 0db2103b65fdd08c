/** An engine whose batches are in shared memory already: what a client can take over, and nothing of reading files. */

import { chmodSync, mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import { requestIn } from '../../src/bridge/requests.ts'
import { writeField } from '../../src/bridge/schema.ts'
import { type PlacedVector, Slots, type Written } from '../../src/bridge/slots.ts'
import { ANSWER, FrameReader, FrameWriter, PROTOCOL } from '../../src/bridge/wire.ts'
import type { ColumnBatch, Field } from '../../src/formats/batch.ts'
import { vectorFrom } from '../../src/formats/values.ts'

/** As those of DESIGN's trial: 244 bytes a row, three texts and three numbers. */
const ROWS = 65_536
const BATCHES = 64
const COLUMNS: readonly Field[] = [
  { name: 'a', type: { kind: 'utf8' } },
  { name: 'b', type: { kind: 'utf8' } },
  { name: 'c', type: { kind: 'utf8' } },
  { name: 'x', type: { kind: 'float64' } },
  { name: 'y', type: { kind: 'float64' } },
  { name: 'z', type: { kind: 'float64' } },
]
const LENGTHS = [20, 100, 100]
export const PREPARED_ROWS = ROWS * BATCHES
/** Of column b, of all rows. */
export const PREPARED_LENGTH = PREPARED_ROWS * LENGTHS[1]!

function batch(): ColumnBatch {
  const texts = LENGTHS.map((length) =>
    Array.from({ length: ROWS }, (_, i) => String(i).padStart(length, 'x')),
  )
  const numbers = Array.from({ length: ROWS }, (_, i) => i / 3)
  const values = [...texts, numbers, numbers, numbers]
  return { rows: ROWS, columns: COLUMNS.map(({ type }, i) => vectorFrom(type, values[i]!)) }
}

export interface Prepared {
  stop(): Promise<void>
}

export async function servePrepared(socket: string): Promise<Prepared> {
  const full = batch()
  const server = createServer((client) => {
    const frames = new FrameReader()
    client.on('error', () => undefined)
    client.on('close', () => slots?.close())
    let slots: Slots | undefined
    let written: Written[] = []
    let columns: readonly number[] = []
    let scan = 0
    let sent = 0
    const send = (slot: number, path: string): void => {
      if (sent === BATCHES) return
      const one = written[slot]!
      const frame = new FrameWriter(ANSWER.batch).u32(scan).u64(sent++).u64(ROWS).f64(0).f64(0)
      frame.u32(slot).text(path).u64(one.size).u32(columns.length)
      for (const column of columns) writeVector(frame, one.columns[column]!)
      client.write(frame.finish())
      if (sent === BATCHES) client.write(new FrameWriter(ANSWER.end).u32(scan).f64(1).f64(1).finish())
    }
    client.on('data', (bytes: Buffer) => {
      for (const frame of frames.push(bytes)) {
        const request = requestIn(frame)
        if (request.ask === 'hello')
          client.write(new FrameWriter(ANSWER.welcome).u32(PROTOCOL).text('bench').finish())
        else if (request.ask === 'bind') {
          const bound = new FrameWriter(ANSWER.bound)
            .u32(request.id)
            .u64(PREPARED_ROWS)
            .u8(1)
            .u32(COLUMNS.length)
          for (const field of COLUMNS) writeField(bound.u8(0), field)
          client.write(bound.finish())
        } else if (request.ask === 'scan') {
          // Whole batches once, whichever columns are wanted; the frames name those.
          slots ??= new Slots(request.slots)
          const first = written.length === 0
          if (first) written = Array.from({ length: request.slots }, () => slots!.write(full))
          scan = request.id
          columns = request.columns
          sent = 0
          // A scan of the client opens every file anew.
          for (const { slot } of written) send(slot, written[slot]!.path ?? '')
        } else if (request.ask === 'release' && request.id === scan) send(request.slot, '')
      }
    })
  })
  mkdirSync(dirname(socket), { recursive: true, mode: 0o700 })
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  chmodSync(socket, 0o600)
  return {
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

function writeVector(frame: FrameWriter, { rows, buffers, children }: PlacedVector): void {
  frame.u64(rows).u32(buffers.length)
  for (const place of buffers) frame.u64(place?.offset ?? -1).u64(place?.length ?? 0)
  frame.u32(children.length)
  for (const child of children) writeVector(frame, child)
}
