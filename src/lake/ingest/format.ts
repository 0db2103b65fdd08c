/** The format that a file's name says, as `files` and the summary cards have it. */

/** By ending, below `.gz` and the like; the names of varve's own formats where it reads them. */
const FORMATS: Readonly<Record<string, string>> = {
  fastq: 'fastq fq',
  fasta: 'fasta fa fna faa ffn frn fas',
  vcf: 'vcf gvcf',
  bcf: 'bcf',
  bam: 'bam',
  sam: 'sam',
  cram: 'cram',
  las: 'las laz',
  copc: 'copc.laz',
  geotiff: 'gtiff geotiff',
  tiff: 'tif tiff',
  imzml: 'imzml',
  parquet: 'parquet pq',
  csv: 'csv tsv tab tbl psv',
  lines: 'txt text log',
  jpeg: 'jpg jpeg jpe',
  dicom: 'dcm dicom dic',
  nifti: 'nii hdr img',
  json: 'json jsonl ndjson',
  hdf5: 'h5 hdf5 hdf he5',
  zarr: 'zarr',
  mp4: 'mp4 m4v',
  quicktime: 'mov',
  matroska: 'mkv',
}

const BY_ENDING = new Map(
  Object.entries(FORMATS).flatMap(([format, endings]) =>
    endings.split(' ').map((ending) => [ending, format] as const),
  ),
)

const PACKED = /\.(gz|bgz|bgzf|bz2|zst|xz)$/i

/**
 * The format of a file of this name; its own ending where that is none that is known; undefined without one.
 *
 * @example formatOf('run/reads_1.fastq.gz') // 'fastq'
 */
export function formatOf(path: string): string | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase()
  const [, ...endings] = name.replace(PACKED, '').split('.')
  const last = endings.at(-1)
  if (last === undefined || last === '' || !/^[a-z0-9_+-]{1,12}$/.test(last)) return undefined
  return BY_ENDING.get(endings.slice(-2).join('.')) ?? BY_ENDING.get(last) ?? last
}
