/**
 * WebM and Matroska: `Info` and `Tracks` (RFC 9559), which stand before the first cluster.
 *
 * Rejected: mediabunny, which a few damaged bytes hold for minutes.
 */

import type { Row } from '../../types.ts'
import { latin1 } from './detect.ts'
import { HeadError, type HeadReader } from './reader.ts'

const HEADER = 0x1a45dfa3
const DOC_TYPE = 0x4282
const SEGMENT = 0x18538067
const CLUSTER = 0x1f43b675
const INFO = 0x1549a966
const TIMESTAMP_SCALE = 0x2ad7b1
const DURATION = 0x4489
const TRACKS = 0x1654ae6b
const TRACK = 0xae
const TRACK_TYPE = 0x83
const CODEC = 0x86
const DEFAULT_DURATION = 0x23e383
const VIDEO = 0xe0
const PIXEL_WIDTH = 0xb0
const PIXEL_HEIGHT = 0xba

/** Elements of one level that are looked at. */
const MOST_ELEMENTS = 128

/** ffmpeg's names by codec id, whose tails tell profiles. */
const CODECS: readonly (readonly [prefix: string, name: string])[] = [
  ['V_MPEG4/ISO/AVC', 'h264'],
  ['V_MPEGH/ISO/HEVC', 'hevc'],
  ['V_AV1', 'av1'],
  ['V_VP8', 'vp8'],
  ['V_VP9', 'vp9'],
  ['V_MJPEG', 'mjpeg'],
  ['V_FFV1', 'ffv1'],
  ['A_AAC', 'aac'],
  ['A_OPUS', 'opus'],
  ['A_VORBIS', 'vorbis'],
  ['A_FLAC', 'flac'],
]

interface Element {
  readonly id: number
  readonly start: number
  readonly end: number
}

export async function readMatroska(reader: HeadReader): Promise<Row> {
  const top = await elementsOf(reader, { id: 0, start: 0, end: reader.size }, SEGMENT)
  const segment = find(top, SEGMENT)
  if (segment === undefined) throw new HeadError('it has no segment')
  const header = await below(reader, top, HEADER)
  const inside = await elementsOf(reader, segment, CLUSTER)
  const info = await below(reader, inside, INFO)
  const tracks: Element[][] = []
  for (const track of (await below(reader, inside, TRACKS)).filter(({ id }) => id === TRACK))
    tracks.push(await elementsOf(reader, track))
  const types = await Promise.all(tracks.map((track) => unsigned(reader, find(track, TRACK_TYPE))))
  const picture = tracks[types.indexOf(1)]
  const sound = tracks[types.indexOf(2)]
  if (picture === undefined && sound === undefined)
    throw new HeadError('it has neither a video nor an audio track before its first cluster')
  const video = await below(reader, picture ?? [], VIDEO)
  const frameTime = await unsigned(reader, find(picture ?? [], DEFAULT_DURATION))
  const ticks = await float(reader, find(info, DURATION))
  // Nanoseconds of a tick, a millisecond when it is not said.
  const scale = (await unsigned(reader, find(info, TIMESTAMP_SCALE))) ?? 1e6
  return {
    container: await text(reader, find(header, DOC_TYPE)),
    duration: ticks !== null && ticks > 0 ? (ticks * scale) / 1e9 : null,
    width: await unsigned(reader, find(video, PIXEL_WIDTH)),
    height: await unsigned(reader, find(video, PIXEL_HEIGHT)),
    codec: await codecOf(reader, picture),
    frame_rate: frameTime === null || frameTime === 0 ? null : 1e9 / frameTime,
    audio_codec: await codecOf(reader, sound),
  }
}

async function codecOf(reader: HeadReader, track: readonly Element[] | undefined): Promise<string | null> {
  const id = await text(reader, find(track ?? [], CODEC))
  return CODECS.find(([prefix]) => id?.startsWith(prefix))?.[1] ?? id
}

function find(elements: readonly Element[], id: number): Element | undefined {
  return elements.find((element) => element.id === id)
}

async function below(reader: HeadReader, elements: readonly Element[], id: number): Promise<Element[]> {
  const element = find(elements, id)
  return element === undefined ? [] : elementsOf(reader, element)
}

/** The elements inside an element, up to the first with the id `until`; what is damaged ends them. */
async function elementsOf(reader: HeadReader, outer: Element, until?: number): Promise<Element[]> {
  const elements: Element[] = []
  let at = outer.start
  while (elements.length < MOST_ELEMENTS && at + 2 <= outer.end) {
    const bytes = await reader.range(at, Math.min(at + 12, outer.end))
    // Leading zeros of the first byte tell how many bytes follow (RFC 8794, 4).
    const idLength = Math.clz32(bytes[0]!) - 23
    const sizeLength = Math.clz32(bytes[idLength] ?? 0) - 23
    const header = idLength + sizeLength
    if (idLength > 4 || sizeLength > 8 || header > bytes.length) break
    const id = Number(bigEndian(bytes.subarray(0, idLength)))
    const bits = 7n * BigInt(sizeLength)
    const size = bigEndian(bytes.subarray(idLength, header)) & ((1n << bits) - 1n)
    // All ones: to the end of what it stands in, as live recordings have it.
    const end = size === (1n << bits) - 1n ? outer.end : at + header + Number(size)
    if (end > outer.end) break
    elements.push({ id, start: at + header, end })
    if (id === until) break
    at = end
  }
  return elements
}

function bigEndian(bytes: Uint8Array): bigint {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n)
}

async function unsigned(reader: HeadReader, element: Element | undefined): Promise<number | null> {
  if (element === undefined || element.end - element.start > 8) return null
  return Number(bigEndian(await reader.range(element.start, element.end)))
}

async function float(reader: HeadReader, element: Element | undefined): Promise<number | null> {
  const length = element === undefined ? 0 : element.end - element.start
  if (element === undefined || (length !== 4 && length !== 8)) return null
  const bytes = await reader.range(element.start, element.end)
  const view = new DataView(bytes.buffer, bytes.byteOffset, length)
  return length === 4 ? view.getFloat32(0) : view.getFloat64(0)
}

async function text(reader: HeadReader, element: Element | undefined): Promise<string | null> {
  if (element === undefined || element.end - element.start > 256) return null
  const bytes = await reader.range(element.start, element.end)
  const shown = latin1(bytes, 0, bytes.length).split('\0', 1)[0]!
  return shown === '' ? null : shown
}
