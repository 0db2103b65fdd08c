/** Which head a file has: its first bytes decide, its name says what was expected. */

export type HeadFormat =
  | 'picture'
  | 'tiff'
  | 'dicom'
  | 'nifti'
  | 'video'
  | 'las'
  | 'fastq'
  | 'fasta'
  | 'vcf'
  | 'bcf'
  | 'sam'
  | 'bam'

const EXTENSIONS: Readonly<Record<HeadFormat, string>> = {
  picture: 'jpg jpeg jpe jfif png gif webp bmp',
  tiff: 'tif tiff',
  dicom: 'dcm dicom dic ima',
  // Not .img: what a pair's header says stands in its .hdr.
  nifti: 'nii hdr',
  video: 'mp4 m4v mov webm mkv',
  las: 'las laz',
  fastq: 'fastq fq',
  fasta: 'fasta fa fna faa ffn frn fas',
  vcf: 'vcf',
  bcf: 'bcf',
  sam: 'sam',
  bam: 'bam',
}

const BY_EXTENSION: ReadonlyMap<string, HeadFormat> = new Map(
  Object.entries(EXTENSIONS).flatMap(([format, extensions]) =>
    extensions.split(' ').map((extension) => [extension, format as HeadFormat] as const),
  ),
)

/** What users call the formats, for messages. */
export const TITLES: Readonly<Record<HeadFormat, string>> = {
  picture: 'a JPEG, PNG, GIF, WebP or BMP image',
  tiff: 'a TIFF image',
  dicom: 'DICOM',
  nifti: 'NIfTI',
  video: 'MP4, QuickTime, WebM or Matroska video',
  las: 'LAS or LAZ',
  fastq: 'FASTQ',
  fasta: 'FASTA',
  vcf: 'VCF',
  bcf: 'BCF',
  sam: 'SAM',
  bam: 'BAM',
}

/** Formats that other people write under other names are not missed where they are not: Radiance and ENVI use .hdr. */
export function isSureName(path: string): boolean {
  return extensionOf(path) !== 'hdr'
}

/** What the name promises; undefined: nothing. */
export function expectedFormat(path: string): HeadFormat | undefined {
  return BY_EXTENSION.get(extensionOf(path))
}

/** Whether the name has no extension, or one that is part of a number such as a DICOM UID. */
export function isBareName(path: string): boolean {
  return /^\d*$/.test(extensionOf(path))
}

/** The last extension, lower case, under a `.gz`. */
function extensionOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const match = /[^.]\.([^.]+?)(\.b?gz)?$/i.exec(name)
  if (match === null) return ''
  const extension = match[1]!.toLowerCase()
  return match[2] !== undefined || !/^b?gz$/.test(extension) ? extension : 'gz'
}

/** The format that the first bytes, inflated if need be, are of. Text formats without a magic are told by name. */
export function detectFormat(path: string, bytes: Uint8Array): HeadFormat | undefined {
  const expected = expectedFormat(path)
  const at = (position: number, magic: string): boolean =>
    Buffer.from(bytes.subarray(position, position + magic.length)).toString('latin1') === magic
  // First: its preamble may make a DICOM file a TIFF as well (PS3.10, 7.1).
  if (at(128, 'DICM')) return 'dicom'
  if (at(0, '\xff\xd8\xff') || at(0, '\x89PNG\r\n\x1a\n') || at(0, 'GIF8')) return 'picture'
  if (at(0, 'RIFF') && at(8, 'WEBP')) return 'picture'
  if (at(0, 'BM') && (expected === 'picture' || at(6, '\0\0\0\0'))) return 'picture'
  if (/^(II[*+]\0|MM\0[*+])$/.test(latin1(bytes, 0, 4))) return 'tiff'
  if (at(344, 'n+1\0') || at(344, 'ni1\0') || at(4, 'n+2\0') || at(4, 'ni2\0')) return 'nifti'
  if (at(0, '\x1aE\xdf\xa3')) return 'video'
  if (at(4, 'ftyp'))
    return /^(heic|heix|hevc|mif1|msf1|avif|avis)$/.test(latin1(bytes, 8, 12)) ? undefined : 'video'
  if (expected === 'video' && /^(moov|mdat|free|skip|wide|pnot)$/.test(latin1(bytes, 4, 8))) return 'video'
  if (at(0, 'LASF')) return 'las'
  if (at(0, 'BAM\x01')) return 'bam'
  if (at(0, 'BCF\x02')) return 'bcf'
  if (at(0, '##fileformat=VCF')) return 'vcf'
  if (expected === 'vcf' && at(0, '#')) return 'vcf'
  if (expected === 'fastq' && at(0, '@')) return 'fastq'
  if (expected === 'fasta' && (at(0, '>') || at(0, ';'))) return 'fasta'
  if (expected === 'sam' && looksLikeSam(bytes)) return 'sam'
  if ((expected === 'dicom' || isBareName(path)) && isBareDataSet(bytes)) return 'dicom'
  return undefined
}

/** A header line, or a record: eleven columns, the second a number. */
function looksLikeSam(bytes: Uint8Array): boolean {
  return /^(@(HD|SQ|RG|PG|CO)\t|[^@\t\n][^\t\n]*\t\d+\t)/.test(latin1(bytes, 0, 1024))
}

/**
 * A DICOM data set without preamble (PS3.10 forbids it, PACS exports have it): its first element is of group 0002 or
 * 0008, of a length that fits, with or without a value representation.
 */
function isBareDataSet(bytes: Uint8Array): boolean {
  if (bytes.length < 16) return false
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const group = view.getUint16(0, true)
  if ((group !== 0x0008 && group !== 0x0002) || view.getUint16(2, true) > 0x0100) return false
  return hasValueRepresentation(bytes) || view.getUint32(4, true) < 1024
}

/** Whether the element at the start names its value representation, as the explicit transfer syntaxes do. */
export function hasValueRepresentation(bytes: Uint8Array): boolean {
  return /^(AE|AS|CS|DA|DT|LO|SH|TM|UI|UL|UR|US|OB|UN)$/.test(latin1(bytes, 4, 6))
}

export function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.subarray(start, end)).toString('latin1')
}
