/** Media types by the ending of a name: what research files are, and what they come with. */

/**
 * Registered types (https://www.iana.org/assignments/media-types) where there is one, else GA4GH's, else the `x-` form
 * that the field's tools use. Written out, since the usual lists know few of these endings and take some for others:
 * `.vcf` for a visiting card, `.las` for nothing, `.ts` for video.
 */
const TYPES: Readonly<Record<string, string>> = {
  // Sequences, alignments, variants
  'text/x-fasta': 'fasta fa fna faa ffn frn fas',
  'text/x-fastq': 'fastq fq',
  'application/vnd.ga4gh.bam': 'bam',
  'application/vnd.ga4gh.cram': 'cram',
  'text/x-sam': 'sam',
  'text/x-vcf': 'vcf gvcf',
  'application/x-bcf': 'bcf',
  'text/x-bed': 'bed',
  'text/x-gff3': 'gff gff3 gtf',
  'text/x-wiggle': 'wig',
  'application/x-bigwig': 'bw bigwig',
  'application/x-bigbed': 'bb bigbed',
  'chemical/x-pdb': 'pdb ent',
  'chemical/x-mmcif': 'cif mmcif',
  // Points, maps, meshes
  'application/vnd.las': 'las',
  'application/vnd.laszip': 'laz',
  'model/e57': 'e57',
  'application/x-ply': 'ply',
  'application/x-pcd': 'pcd',
  'model/obj': 'obj',
  'model/stl': 'stl',
  'model/gltf+json': 'gltf',
  'model/gltf-binary': 'glb',
  'application/geo+json': 'geojson',
  'application/geopackage+sqlite3': 'gpkg',
  'application/vnd.shp': 'shp',
  'application/vnd.dbf': 'dbf',
  'application/vnd.google-earth.kml+xml': 'kml',
  // Images and video, of bodies and of all else
  'application/dicom': 'dcm dicom',
  'application/x-nifti': 'nii',
  'application/x-mgh': 'mgh',
  'application/x-nrrd': 'nrrd nhdr',
  'image/tiff': 'tif tiff',
  'image/jpeg': 'jpg jpeg jpe jfif',
  'image/png': 'png',
  'image/gif': 'gif',
  'image/bmp': 'bmp',
  'image/webp': 'webp',
  'image/avif': 'avif',
  'image/heic': 'heic',
  'image/jp2': 'jp2',
  'image/jxl': 'jxl',
  'image/svg+xml': 'svg',
  'image/x-exr': 'exr',
  'image/x-portable-graymap': 'pgm',
  'image/x-portable-pixmap': 'ppm',
  'video/mp4': 'mp4 m4v',
  'video/quicktime': 'mov',
  'video/x-msvideo': 'avi',
  'video/matroska': 'mkv',
  'video/webm': 'webm',
  'video/mpeg': 'mpg mpeg',
  'audio/wav': 'wav',
  'audio/mpeg': 'mp3',
  'audio/flac': 'flac',
  'audio/ogg': 'ogg oga',
  'audio/mp4': 'm4a',
  // Spectra and the sky
  'application/x-imzml+xml': 'imzml',
  'application/x-mzml+xml': 'mzml',
  'application/x-mzxml+xml': 'mzxml',
  'application/fits': 'fits fit fts',
  // Tables and arrays
  'application/vnd.apache.parquet': 'parquet',
  'application/vnd.apache.arrow.file': 'arrow feather',
  'application/vnd.apache.arrow.stream': 'arrows',
  'application/x-hdf5': 'h5 hdf5 hdf he5 h5ad',
  'application/x-netcdf': 'nc nc4 cdf',
  'application/x-matlab-data': 'mat',
  'application/x-numpy': 'npy npz',
  'application/vnd.sqlite3': 'sqlite sqlite3 db',
  'application/x-duckdb': 'duckdb',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  'application/vnd.ms-excel': 'xls',
  'application/vnd.oasis.opendocument.spreadsheet': 'ods',
  'text/csv': 'csv',
  'text/tab-separated-values': 'tsv tab',
  'application/json': 'json',
  'application/jsonl': 'jsonl ndjson',
  'application/x-ipynb+json': 'ipynb',
  // Text
  'text/plain': 'txt text log',
  'text/markdown': 'md markdown',
  'text/html': 'html htm',
  'text/css': 'css',
  'text/javascript': 'js mjs',
  'text/x-python': 'py',
  'text/x-r': 'r',
  'application/xml': 'xml',
  'application/yaml': 'yaml yml',
  'application/toml': 'toml',
  'application/sql': 'sql',
  'application/pdf': 'pdf',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation': 'pptx',
  // Containers: what is inside is said by the column `format`
  'application/gzip': 'gz tgz bgz',
  'application/zstd': 'zst',
  'application/x-bzip2': 'bz2',
  'application/x-xz': 'xz',
  'application/x-lz4': 'lz4',
  'application/zip': 'zip',
  'application/x-tar': 'tar',
  'application/x-7z-compressed': '7z',
}

const BY_ENDING: ReadonlyMap<string, string> = new Map(
  Object.entries(TYPES).flatMap(([type, endings]) => endings.split(' ').map((ending) => [ending, type])),
)

/** The media type that a path's last ending stands for; `application/octet-stream` where it is unknown. */
export function mediaType(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const dot = name.lastIndexOf('.')
  const known = dot < 0 ? undefined : BY_ENDING.get(name.slice(dot + 1).toLowerCase())
  return known ?? 'application/octet-stream'
}
