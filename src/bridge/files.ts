/** Files of a lake's versions for clients that read them by ranges; what finds them is handed in. */

import { ANSWER, FrameWriter } from './wire.ts'

/** What stands under a name. */
export interface Standing {
  readonly name: string
  readonly kind: 'file' | 'folder'
  /** In bytes; of a folder, 0. */
  readonly size: number
  /** Milliseconds since 1970. */
  readonly modified: number
}

/** A name of the lake, resolved: what stands there, in the version that it means now; 0: no version, but all of them. */
export interface Found {
  readonly version: number
  readonly standing: Standing
}

/** Names are `lake://D@v/path`; `lake://` alone is the folder of all datasets. What is missing is `not-found`. */
export interface LakeFiles {
  look(uri: string): Promise<Found>
  /** What is in a folder; of a file, itself without its name. */
  list(uri: string): Promise<{ readonly version: number; readonly standing: readonly Standing[] }>
  /** The bytes of each [start, end), as far as the file goes. */
  read(uri: string, ranges: readonly Range[]): Promise<readonly Uint8Array[]>
  /** Stops what is on its way. */
  close(): Promise<void>
}

/** First byte, and the one behind the last. */
export type Range = readonly [start: number, end: number]

/** Bytes of one answer to a read. */
export const LONGEST_READ = 16 * 1024 * 1024

/** Why these ranges cannot be asked for in one request; undefined when they can. */
export function rangesProblem(ranges: readonly Range[]): string | undefined {
  const backwards = ranges.find(([start, end]) => end < start)
  if (backwards !== undefined) return `the range ${backwards.join(' to ')} ends before it begins`
  const bytes = ranges.reduce((sum, [start, end]) => sum + end - start, 0)
  return bytes > LONGEST_READ ? `${bytes} bytes in one request, expected at most ${LONGEST_READ}` : undefined
}

const KINDS = { file: 1, folder: 2 } as const

function writeStanding(frame: FrameWriter, { name, kind, size, modified }: Standing): void {
  frame.text(name).u8(KINDS[kind]).u64(size).f64(modified)
}

export function foundFrame(id: number, { version, standing }: Found): FrameWriter {
  const frame = new FrameWriter(ANSWER.found).u32(id).u32(version)
  writeStanding(frame, standing)
  return frame
}

export function listedFrame(
  id: number,
  { version, standing }: Awaited<ReturnType<LakeFiles['list']>>,
): FrameWriter {
  const frame = new FrameWriter(ANSWER.listed).u32(id).u32(version).u32(standing.length)
  for (const one of standing) writeStanding(frame, one)
  return frame
}

export function bytesFrame(id: number, parts: readonly Uint8Array[]): FrameWriter {
  const frame = new FrameWriter(ANSWER.bytes).u32(id).u32(parts.length)
  for (const part of parts) frame.blob(part)
  return frame
}
