/**
 * MP4 and QuickTime: the movie's and the tracks' headers (ISO/IEC 14496-12, 8), and of the sample tables the counts.
 *
 * Rejected: mediabunny and mp4box, which build the sample tables in memory: a forged count of 2^32 holds the thread
 * for minutes. The headers alone need no tables.
 */

import type { Row } from '../../types.ts'
import { latin1 } from './detect.ts'
import { HeadError, type HeadReader } from './reader.ts'

/** Boxes of one level that are looked at. */
const MOST_BOXES = 64

/** ffmpeg's names by sample entry; others are told as they stand. */
const CODECS: Readonly<Record<string, string>> = {
  avc1: 'h264',
  avc3: 'h264',
  hvc1: 'hevc',
  hev1: 'hevc',
  av01: 'av1',
  vp08: 'vp8',
  vp09: 'vp9',
  mp4v: 'mpeg4',
  jpeg: 'mjpeg',
  apch: 'prores',
  apcn: 'prores',
  apcs: 'prores',
  apco: 'prores',
  ap4h: 'prores',
  mp4a: 'aac',
  Opus: 'opus',
  fLaC: 'flac',
  'ac-3': 'ac3',
  'ec-3': 'eac3',
  '.mp3': 'mp3',
}

interface Box {
  readonly type: string
  /** Where its content starts, and where the next box does. */
  readonly start: number
  readonly end: number
}

interface Track {
  readonly handler: string
  readonly codec: string | null
  readonly row: Row
}

export async function readMp4(reader: HeadReader): Promise<Row> {
  const top = await boxesOf(reader, { type: 'file', start: 0, end: reader.size }, 'moov')
  const movie = top.find(({ type }) => type === 'moov')
  if (movie === undefined) throw new HeadError('it has no moov box')
  const inside = await boxesOf(reader, movie)
  const tracks: Track[] = []
  for (const box of inside.filter(({ type }) => type === 'trak')) tracks.push(await readTrack(reader, box))
  const picture = tracks.find(({ handler }) => handler === 'vide')
  const sound = tracks.find(({ handler }) => handler === 'soun')
  if (picture === undefined && sound === undefined)
    throw new HeadError('it has neither a video nor an audio track')
  return {
    // QuickTime is older than the box that names a brand.
    container:
      latin1(await reader.range(0, 12), 4, 12) === 'ftypqt  ' || top[0]?.type !== 'ftyp' ? 'mov' : 'mp4',
    duration: await movieDuration(reader, inside),
    ...picture?.row,
    codec: picture?.codec ?? null,
    audio_codec: sound?.codec ?? null,
  }
}

/** Of the whole movie; in fragmented files the movie extends header has it, if any. */
async function movieDuration(reader: HeadReader, inside: readonly Box[]): Promise<number | null> {
  const movie = await timesOf(reader, find(inside, 'mvhd'))
  if (movie === undefined) return null
  if (movie.ticks > 0) return movie.ticks / movie.scale
  const extended = find(inside, 'mvex')
  const header = extended && find(await boxesOf(reader, extended), 'mehd')
  if (header === undefined) return null
  const view = await viewOf(reader, header, 12)
  if (view === undefined) return null
  const ticks = view.getUint8(0) === 1 ? Number(view.getBigUint64(4)) : view.getUint32(4)
  return ticks > 0 ? ticks / movie.scale : null
}

async function readTrack(reader: HeadReader, track: Box): Promise<Track> {
  const inside = await boxesOf(reader, track)
  const media = await below(reader, inside, 'mdia')
  const table = await below(reader, await below(reader, media, 'minf'), 'stbl')
  const handler = await viewOf(reader, find(media, 'hdlr'), 12)
  const entry = await viewOf(reader, find(table, 'stsd'), 44)
  const code = textAt(entry, 12)
  const sizes = await viewOf(reader, find(table, 'stsz') ?? find(table, 'stz2'), 12)
  const times = await timesOf(reader, find(media, 'mdhd'))
  // Zero where the samples are in fragments.
  const count = sizes?.getUint32(8) ?? 0
  const isTimed = count > 0 && times !== undefined && times.ticks > 0
  return {
    handler: textAt(handler, 8),
    codec: code === '' ? null : (CODECS[code] ?? code.trim()),
    row: {
      width: entry?.getUint16(40) ?? null,
      height: entry?.getUint16(42) ?? null,
      frame_count: count > 0 ? BigInt(count) : null,
      frame_rate: isTimed ? (count * times.scale) / times.ticks : null,
      rotation: await rotationOf(reader, find(inside, 'tkhd')),
    },
  }
}

/** Time scale and duration of an `mvhd` or `mdhd`, which begin alike; 0 ticks: unknown. */
async function timesOf(
  reader: HeadReader,
  box: Box | undefined,
): Promise<{ scale: number; ticks: number } | undefined> {
  const view = await viewOf(reader, box, 20)
  if (view === undefined) return undefined
  const isLong = view.getUint8(0) === 1
  if (isLong && view.byteLength < 32) return undefined
  const scale = view.getUint32(isLong ? 20 : 12)
  const ticks = isLong ? Number(view.getBigUint64(24)) : view.getUint32(16)
  // All ones: unknown.
  const isKnown = ticks < (isLong ? 2 ** 63 : 2 ** 32 - 1)
  return scale === 0 ? undefined : { scale, ticks: isKnown ? ticks : 0 }
}

/** Degrees clockwise of the track's matrix, a multiple of 90; null when it is something else. */
async function rotationOf(reader: HeadReader, box: Box | undefined): Promise<number | null> {
  const view = await viewOf(reader, box, 84)
  if (view === undefined) return null
  const matrix = view.getUint8(0) === 1 ? 52 : 40
  if (view.byteLength < matrix + 20) return null
  const [a, b] = [view.getInt32(matrix), view.getInt32(matrix + 4)]
  const degrees = (Math.round((Math.atan2(b, a) * 180) / Math.PI) + 360) % 360
  return degrees % 90 === 0 ? degrees : null
}

/** The first bytes of a box's content, 96 at most; undefined when it is missing or shorter than `least`. */
async function viewOf(
  reader: HeadReader,
  box: Box | undefined,
  least: number,
): Promise<DataView | undefined> {
  if (box === undefined || box.end - box.start < least) return undefined
  const bytes = await reader.range(box.start, Math.min(box.end, box.start + 96))
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

function textAt(view: DataView | undefined, at: number): string {
  if (view === undefined) return ''
  return latin1(new Uint8Array(view.buffer, view.byteOffset, view.byteLength), at, at + 4)
}

function find(boxes: readonly Box[], type: string): Box | undefined {
  return boxes.find((box) => box.type === type)
}

async function below(reader: HeadReader, boxes: readonly Box[], type: string): Promise<Box[]> {
  const box = find(boxes, type)
  return box === undefined ? [] : boxesOf(reader, box)
}

/** The boxes inside a box, up to the first of type `until`; what is damaged ends them. */
async function boxesOf(reader: HeadReader, outer: Box, until?: string): Promise<Box[]> {
  const boxes: Box[] = []
  let at = outer.start
  while (boxes.length < MOST_BOXES && at + 8 <= outer.end) {
    const bytes = await reader.range(at, Math.min(at + 16, outer.end))
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    const short = view.getUint32(0)
    const isLong = short === 1 && bytes.length === 16
    // 0: to the end of what it stands in.
    const size = isLong ? Number(view.getBigUint64(8)) : short === 0 ? outer.end - at : short
    const header = isLong ? 16 : 8
    if (size < header || at + size > outer.end) break
    const type = latin1(bytes, 4, 8)
    boxes.push({ type, start: at + header, end: at + size })
    if (type === until) break
    at += size
  }
  return boxes
}
