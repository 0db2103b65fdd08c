/** The columns that files' heads give: one struct per kind, NULL where the kind does not apply. */

import type { DataType, Field } from '../../../formats/batch.ts'

const text: DataType = { kind: 'utf8' }
const int: DataType = { kind: 'int32' }
const long: DataType = { kind: 'int64' }
const real: DataType = { kind: 'float64' }
const bool: DataType = { kind: 'bool' }
const date: DataType = { kind: 'date' }
const timestamp: DataType = { kind: 'timestamp' }
const list = (item: DataType): DataType => ({ kind: 'list', item })

function struct(name: string, fields: Readonly<Record<string, DataType>>): Field {
  const named = Object.entries(fields).map(([field, type]) => ({ name: field, type }))
  return { name, type: { kind: 'struct', fields: named } }
}

/**
 * Struct columns of `files`, one per kind, NULL where the kind does not apply. Names are the field's own: DICOM's
 * keywords, EXIF's tags, the LAS header's; `raster` follows GDAL and rasterio.
 */
export const HEAD_COLUMNS: readonly Field[] = [
  struct('image', {
    /** jpeg, png, gif, webp, bmp, tiff */
    type: text,
    width: int,
    height: int,
    channels: int,
    /** Bits of one sample. */
    bit_depth: int,
    /** EXIF's 1 to 8: how to turn the stored rows for display. */
    orientation: int,
  }),
  struct('exif', {
    make: text,
    model: text,
    lens_model: text,
    software: text,
    artist: text,
    description: text,
    /** When the picture was taken, by the camera's clock; else when the file was written. */
    datetime: timestamp,
    /** Seconds. */
    exposure_time: real,
    f_number: real,
    iso: int,
    /** Millimetres. */
    focal_length: real,
    orientation: int,
    /** Degrees, north and east positive. */
    latitude: real,
    longitude: real,
    /** Metres above sea level. */
    altitude: real,
  }),
  struct('dicom', {
    patient_id: text,
    patient_name: text,
    patient_sex: text,
    study_instance_uid: text,
    series_instance_uid: text,
    sop_instance_uid: text,
    sop_class_uid: text,
    transfer_syntax_uid: text,
    modality: text,
    study_date: date,
    accession_number: text,
    study_description: text,
    series_description: text,
    series_number: int,
    instance_number: int,
    manufacturer: text,
    model_name: text,
    body_part: text,
    rows: int,
    columns: int,
    number_of_frames: int,
    samples_per_pixel: int,
    bits_allocated: int,
    photometric_interpretation: text,
    /** Millimetres between rows, then between columns. */
    pixel_spacing: list(real),
    slice_thickness: real,
  }),
  struct('nifti', {
    /** 1 or 2. */
    version: int,
    dims: list(long),
    voxel_sizes: list(real),
    datatype: text,
    description: text,
    qform_code: int,
    sform_code: int,
  }),
  struct('video', {
    /** mp4, mov, webm, matroska */
    container: text,
    /** Seconds. */
    duration: real,
    width: int,
    height: int,
    codec: text,
    /** Frames per second, on average. */
    frame_rate: real,
    frame_count: long,
    /** Degrees clockwise, for display. */
    rotation: int,
    audio_codec: text,
  }),
  struct('sequencing', {
    /** fastq, fasta, vcf, bcf, sam, bam */
    kind: text,
    /** The file format and its version, as the header says: VCFv4.2, or SAM's VN. */
    version: text,
    /** Of the first record. */
    name: text,
    read_length: int,
    /** From Illumina's read names. */
    instrument: text,
    run: text,
    flowcell: text,
    lane: int,
    reference: text,
    /** vcf: the sample columns; sam and bam: SM of the read groups, each once. */
    samples: list(text),
    /** Reference sequences that the header names. */
    contigs: int,
    sort_order: text,
    read_groups: list(text),
    programs: list(text),
  }),
  struct('points', {
    /** Of the LAS specification: 1.2 */
    version: text,
    point_format: int,
    point_count: long,
    /** LAZ. */
    compressed: bool,
    copc: bool,
    /** x, y, z */
    min: list(real),
    max: list(real),
    scale: list(real),
    offset: list(real),
    /** WKT as it stands in the file, or EPSG:n. */
    crs: text,
    system_identifier: text,
    generating_software: text,
    created: date,
  }),
  struct('raster', {
    width: int,
    height: int,
    bands: int,
    /** numpy's name: uint8, float32 */
    dtype: text,
    /** EPSG:n */
    crs: text,
    /** Least x, least y, greatest x, greatest y. */
    bounds: list(real),
    /** GDAL's order: x of the corner, x per column, x per row, y of the corner, y per column, y per row. */
    transform: list(real),
    /** NULL when the file has strips. */
    tile_width: int,
    tile_height: int,
    overviews: int,
    nodata: real,
    compression: text,
  }),
]
