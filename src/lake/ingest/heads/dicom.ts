/** DICOM data sets by dicom-parser, up to the pixel data. */

import type { DataSet } from 'dicom-parser'
import type { Row } from '../../types.ts'
import { hasValueRepresentation, latin1 } from './detect.ts'
import { dicomDecoder } from './dicom-text.ts'
import { inflateHead } from './inflate.ts'
import { FIRST_BYTES, HEAD_BYTES, HeadError, type HeadReader } from './reader.ts'
import type { HeadReport } from './types.ts'

type Parser = typeof import('dicom-parser')

const PIXEL_DATA = 'x7fe00010'
const IMPLICIT = '1.2.840.10008.1.2'
const EXPLICIT = '1.2.840.10008.1.2.1'
const DEFLATED = '1.2.840.10008.1.2.1.99'

interface Parsed {
  readonly data: DataSet
  /** Why it ended before the pixel data. */
  readonly cut?: string
}

/** Tags before the pixel data can be long (private ones, per-frame groups): tried again with more. */
export async function readDicom(reader: HeadReader): Promise<HeadReport> {
  // CommonJS: its exports are the default.
  const module = (await import('dicom-parser')) as unknown as { default: Parser }
  let parsed: Parsed | undefined
  for (const length of [FIRST_BYTES, HEAD_BYTES]) {
    const bytes = await reader.first(length)
    parsed = await parse(module.default, bytes)
    if (parsed.cut === undefined || bytes.length === reader.size) break
  }
  const { data, cut } = parsed!
  const dicom = rowOf(data)
  if (Object.values(dicom).every((value) => value === null))
    throw new HeadError(cut ?? 'it has none of the tags that are told')
  return cut === undefined
    ? { columns: { dicom } }
    : { columns: { dicom }, problem: `its tags end early: ${cut}` }
}

async function parse(parser: Parser, bytes: Uint8Array): Promise<Parsed> {
  const isPart10 = latin1(bytes, 128, 132) === 'DICM'
  const inflated = isPart10 ? await inflateDataSet(parser, bytes) : undefined
  try {
    const data = parser.parseDicom(bytes, {
      untilTag: PIXEL_DATA,
      ...(!isPart10 && { TransferSyntaxUID: hasValueRepresentation(bytes) ? EXPLICIT : IMPLICIT }),
      ...(inflated !== undefined && { inflater: () => inflated }),
    })
    return { data }
  } catch (error) {
    // What was read before the error comes with it.
    const { dataSet, exception } = error as { dataSet?: DataSet; exception?: unknown }
    if (dataSet === undefined) throw error
    return { data: dataSet, cut: exception instanceof Error ? exception.message : String(exception) }
  }
}

/** The meta information and behind it the inflated data set, bounded; undefined when it is not deflated. */
async function inflateDataSet(parser: Parser, bytes: Uint8Array): Promise<Uint8Array | undefined> {
  const meta = parser.readPart10Header(bytes) as DataSet & { position: number }
  if (meta.string('x00020010') !== DEFLATED) return undefined
  const data = await inflateHead(bytes.subarray(meta.position), HEAD_BYTES, 'raw')
  const whole = new Uint8Array(meta.position + data.length)
  whole.set(bytes.subarray(0, meta.position))
  whole.set(data, meta.position)
  return whole
}

function rowOf(data: DataSet): Row {
  const { byteArray } = data
  const bytesOf = (tag: string): Uint8Array | undefined => {
    const element = data.elements[tag]
    return element === undefined || element.length <= 0 || element.dataOffset === undefined
      ? undefined
      : byteArray.subarray(element.dataOffset, element.dataOffset + element.length)
  }
  const code = (tag: string): string | null => {
    const bytes = bytesOf(tag)
    return bytes === undefined ? null : trimmed(latin1(bytes, 0, bytes.length))
  }
  const decode = dicomDecoder(code('x00080005') ?? undefined)
  const text = (tag: string): string | null => {
    const bytes = bytesOf(tag)
    return bytes === undefined ? null : trimmed(decode(bytes))
  }
  const short = (tag: string): number | null =>
    (bytesOf(tag)?.length ?? 0) < 2 ? null : (data.uint16(tag) ?? null)
  const integer = (tag: string): number | null => integerOf(code(tag))
  return {
    patient_id: text('x00100020'),
    patient_name: text('x00100010'),
    patient_sex: code('x00100040'),
    study_instance_uid: code('x0020000d'),
    series_instance_uid: code('x0020000e'),
    sop_instance_uid: code('x00080018'),
    sop_class_uid: code('x00080016'),
    transfer_syntax_uid: code('x00020010'),
    modality: code('x00080060'),
    study_date: dateOf(code('x00080020')),
    accession_number: text('x00080050'),
    study_description: text('x00081030'),
    series_description: text('x0008103e'),
    series_number: integer('x00200011'),
    instance_number: integer('x00200013'),
    manufacturer: text('x00080070'),
    model_name: text('x00081090'),
    body_part: code('x00180015'),
    rows: short('x00280010'),
    columns: short('x00280011'),
    number_of_frames: integer('x00280008'),
    samples_per_pixel: short('x00280002'),
    bits_allocated: short('x00280100'),
    photometric_interpretation: code('x00280004'),
    pixel_spacing: decimalsOf(code('x00280030')),
    slice_thickness: decimalsOf(code('x00180050'))?.[0] ?? null,
  }
}

/** Values are padded to an even length, with a space or a NUL. */
function trimmed(value: string): string | null {
  const shown = value.replace(/\0[\s\S]*$/, '').trim()
  return shown === '' ? null : shown
}

function integerOf(value: string | null): number | null {
  if (value === null || !/^[+-]?\d+$/.test(value)) return null
  const number = Number(value)
  return Math.abs(number) < 2 ** 31 ? number : null
}

function decimalsOf(value: string | null): number[] | null {
  if (value === null) return null
  const numbers = value.split('\\').map((part) => (part.trim() === '' ? Number.NaN : Number(part)))
  return numbers.every(Number.isFinite) ? numbers : null
}

/** DA is YYYYMMDD, with dots before DICOM 3; days since 1970, null when it is no date. */
function dateOf(value: string | null): number | null {
  const match = /^(\d{4})\.?(\d\d)\.?(\d\d)$/.exec(value ?? '')
  if (match === null) return null
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  const date = new Date(Date.UTC(year, month - 1, day))
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.getTime() / 86_400_000 : null
}
