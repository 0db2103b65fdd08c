/** JPEG, PNG, GIF, WebP and BMP: `image` by image-size, `exif` and the samples' sizes by ExifReader. */

import type { Row } from '../../types.ts'
import { type ExifValue, exifRow } from './exif.ts'
import { FIRST_BYTES, HEAD_BYTES, type HeadReader } from './reader.ts'
import type { HeadReport } from './types.ts'

type Group = Readonly<Record<string, { readonly value?: unknown } | undefined>>

const TYPES: Readonly<Record<string, string>> = {
  jpg: 'jpeg',
  png: 'png',
  gif: 'gif',
  webp: 'webp',
  bmp: 'bmp',
}

/** Samples of a pixel by PNG's colour type; a palette's index is one. */
const PNG_CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }

/** A JPEG says its size after profiles and previews, which can be long: tried again with more. */
export async function readPicture(reader: HeadReader): Promise<HeadReport> {
  const lengths = [FIRST_BYTES, HEAD_BYTES / 4, HEAD_BYTES]
  for (const length of lengths) {
    const bytes = await reader.first(length)
    const report = await decode(bytes)
    const hasAll = report.problem === undefined
    if (hasAll || bytes.length === reader.size || length === HEAD_BYTES) return report
  }
  throw new Error('unreachable: the last length returns')
}

async function decode(bytes: Uint8Array): Promise<HeadReport> {
  const { imageSize } = await import('image-size')
  const groups = await tagGroups(bytes)
  const exif = exifRow((name) => groups.exif?.[name]?.value as ExifValue | undefined)
  const columns: Record<string, Row> = exif === undefined ? {} : { exif }
  try {
    const { width, height, type } = imageSize(bytes)
    const samples = samplesOf(groups)
    const orientation = (exif?.orientation as number | null | undefined) ?? null
    return {
      columns: {
        image: { type: TYPES[type ?? ''] ?? type ?? null, width, height, ...samples, orientation },
        ...columns,
      },
    }
  } catch (error) {
    return { columns, problem: `its size cannot be read: ${(error as Error).message}` }
  }
}

/** XMP wants a parser of XML, and the want of one is told on the console. */
const TAGS = { expanded: true, excludeTags: { xmp: true } } as const

/** ExifReader refuses what it does not know (BMP): no tags then; that the file is whole is image-size's to say. */
async function tagGroups(bytes: Uint8Array): Promise<Readonly<Record<string, Group | undefined>>> {
  const { default: exifReader } = await import('exifreader')
  try {
    return exifReader.load(new Uint8Array(bytes).buffer, TAGS) as unknown as Record<string, Group>
  } catch {
    return {}
  }
}

function samplesOf(groups: Readonly<Record<string, Group | undefined>>): Row {
  const { file, pngFile } = groups
  const colour = pngFile?.['Color Type']?.value
  return {
    channels:
      typeof colour === 'number' ? (PNG_CHANNELS[colour] ?? null) : number(file?.['Color Components']),
    bit_depth: number(pngFile?.['Bit Depth'] ?? file?.['Bits Per Sample']),
  }
}

function number(tag: { readonly value?: unknown } | undefined): number | null {
  return typeof tag?.value === 'number' ? tag.value : null
}
