/** What heads say, against what the field's reference tools say (../shared/data/PROVENANCE.md). */

import { describe, expect, test } from 'vitest'
import { readHead } from '../../../src/lake/ingest/heads/index.ts'
import type { Row, Value } from '../../../src/lake/types.ts'
import { bytesOf, counting, fact, type Sample, samples } from './provenance.ts'
import { expectShape } from './shape.ts'

interface Told {
  readonly row: (kind: string) => Readonly<Record<string, Value>> | undefined
  readonly problem: string | undefined
}

async function tell(path: string): Promise<Told> {
  const report = await readHead(path, counting(bytesOf(path)))
  expectShape(report)
  return { row: (kind) => report.columns[kind] as Row | undefined, problem: report.problem }
}

/** One test for each sample whose row has what is compared; `least` guards against patterns that match nothing. */
function each(
  folder: string,
  least: number,
  choose: (sample: Sample) => boolean,
  check: (sample: Sample, told: Told) => void,
): void {
  const chosen = samples(folder).filter(choose)
  if (samples(folder).length > 0)
    test(`${folder}: enough samples`, () => expect(chosen.length).toBeGreaterThanOrEqual(least))
  test.each(chosen)('$path', async (sample) => check(sample, await tell(sample.path)))
}

/** Numbers of a Python list or tuple. */
const numbers = (text: string | undefined): number[] =>
  text === undefined || text.trim() === '' ? [] : text.split(',').map(Number)

function expectClose(actual: Value | undefined, expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length)
  expected.forEach((value, i) => {
    expect(Math.abs((actual as number[])[i]! - value)).toBeLessThanOrEqual(
      (1e-4 * Math.max(1, Math.abs(value))) / 10,
    )
  })
}

const DAY = 86_400_000

describe('image and exif: Pillow and exiftool', () => {
  const choose = ({ what }: Sample): boolean => /image\/\w+ \d+x\d+/.test(what)
  each('image', 14, choose, ({ what, facts }, { row, problem }) => {
    const [, type, width, height] = /image\/(\w+) (\d+)x(\d+)/.exec(what)!
    expect(problem).toBeUndefined()
    expect(row('image')).toMatchObject({ type, width: Number(width), height: Number(height) })
    const mode = fact(facts, /mode (\w+)/)
    // Pillow shows grey with alpha of 16 bits as RGBA.
    if (mode !== 'RGBA') expect(row('image')!.channels).toBe({ RGB: 3, L: 1 }[mode!])
    const text = (name: string): string | null => fact(facts, new RegExp(`"${name}": "([^"]*)"`)) ?? null
    const number = (name: string): number | null => {
      const value = fact(facts, new RegExp(`"${name}": (-?[\\d.]+)`))
      return value === undefined ? null : Number(value)
    }
    if (text('Make') === null) return
    const exif = row('exif')!
    expect(exif).toMatchObject({
      make: text('Make'),
      model: text('Model'),
      orientation: number('Orientation'),
    })
    const taken = text('DateTimeOriginal')!.replace(/^(\d+):(\d+):(\d+) /, '$1-$2-$3T')
    expect(exif.datetime).toBe(BigInt(Date.parse(`${taken}Z`)) * 1000n)
    expectClose([exif.exposure_time!], [number('ExposureTime')!])
    expect(exif.f_number).toBe(number('FNumber'))
    expect(exif.iso).toBe(number('ISO'))
    const [latitude, longitude] = [number('GPSLatitude'), number('GPSLongitude')]
    expect(exif.latitude === null).toBe(latitude === null)
    if (latitude !== null) expectClose([exif.latitude!, exif.longitude!], [latitude, longitude!])
  })

  each(
    '4dor',
    36,
    () => true,
    ({ what, path }, { row, problem }) => {
      expect(problem).toBeUndefined()
      expect(what).toMatch(/2048x1536/)
      expect(row('image')).toMatchObject({
        width: 2048,
        height: 1536,
        bit_depth: path.endsWith('.jpg') ? 8 : 16,
      })
      expect([row('exif'), row('raster')]).toEqual([undefined, undefined])
    },
  )
})

describe('dicom: pydicom', () => {
  const choose = ({ what, path }: Sample): boolean =>
    /^DICOM [A-Z]/.test(what) && !path.endsWith('no_meta.dcm')
  each('dicom', 50, choose, ({ what, facts }, { row, problem }) => {
    expect(problem).toBeUndefined()
    const dicom = row('dicom')!
    const [, modality, , height, width, , frames] = /^DICOM (\w+)(, (\d+)x(\d+)(x(\d+) frames)?)?/.exec(what)!
    expect(dicom.modality).toBe(modality)
    if (width !== undefined)
      expect([dicom.rows, dicom.columns].sort()).toEqual([Number(height), Number(width)].sort())
    if (frames !== undefined) expect(dicom.number_of_frames).toBe(Number(frames))
    const name = fact(facts, /PatientName `([^`]*)`/)
    expect(dicom.patient_name ?? '').toBe(name)
    const [, year, month, day] = /StudyDate (\d{4})\.?(\d\d)\.?(\d\d)/.exec(facts) ?? []
    const date = year === undefined ? null : Date.UTC(Number(year), Number(month) - 1, Number(day)) / DAY
    expect(dicom.study_date).toBe(date)
    const syntax = fact(facts, /transfer syntax [^;]*\((1\.2\.[\d.]+)\)/)
    expect(dicom.transfer_syntax_uid).toBe(syntax ?? null)
    const bits = fact(facts, /BitsAllocated (\d+)/)
    expect(dicom.bits_allocated).toBe(bits === undefined ? null : Number(bits))
    expect(dicom.photometric_interpretation).toBe(fact(facts, /samples \d+, (\w+)/) ?? null)
    expect(dicom.sop_instance_uid).toMatch(/^[\d.]+$/)
  })

  test('the tags of one file, as pydicom prints them', async ({ skip }) => {
    if (samples('dicom').length === 0) skip()
    const { row } = await tell('dicom/pydicom/CT_small.dcm')
    expect(row('dicom')).toMatchObject({
      patient_id: '1CT1',
      patient_sex: 'O',
      study_instance_uid: '1.3.6.1.4.1.5962.1.2.1.20040119072730.12322',
      series_instance_uid: '1.3.6.1.4.1.5962.1.3.1.1.20040119072730.12322',
      sop_instance_uid: '1.3.6.1.4.1.5962.1.1.1.1.1.20040119072730.12322',
      sop_class_uid: '1.2.840.10008.5.1.4.1.1.2',
      study_date: Date.UTC(2004, 0, 19) / DAY,
      study_description: 'e+1',
      manufacturer: 'GE MEDICAL SYSTEMS',
      model_name: 'RHAPSODE',
      series_number: 1,
      instance_number: 1,
      pixel_spacing: [0.661468, 0.661468],
      slice_thickness: 5,
      rows: 128,
      columns: 128,
    })
  })
})

describe('nifti: nibabel', () => {
  const choose = ({ facts }: Sample): boolean => /zooms \(/.test(facts)
  each('nifti', 8, choose, ({ what, facts, path }, { row, problem }) => {
    expect(problem).toBeUndefined()
    const nifti = row('nifti')!
    const shape = numbers(fact(what, /shape \(([^)]*)\)/)).map(BigInt)
    // nibabel takes CIFTI's matrix out of its six dimensions.
    expect((nifti.dims as bigint[]).slice(path.includes('dconn') ? 4 : 0)).toEqual(shape)
    const kind = fact(what, /, ([<>]?\w+)$/)!
    expect(nifti.datatype).toBe({ '>i2': 'int16', '>f4': 'float32' }[kind] ?? kind)
    expectClose(nifti.voxel_sizes, numbers(fact(facts, /zooms \(([^)]*)\)/)))
  })
})

describe('video: ffprobe', () => {
  each(
    'video',
    3,
    () => true,
    ({ facts }, { row, problem }) => {
      expect(problem).toBeUndefined()
      const video = row('video')!
      expectClose([video.duration!], [Number(fact(facts, /duration ([\d.]+) s/))])
      const stream =
        /'codec_name': '(\w+)', 'width': (\d+), 'height': (\d+), 'avg_frame_rate': '(\d+)\/1', 'nb_read_packets': '(\d+)'/
      const [, codec, width, height, rate, frames] = stream.exec(facts) ?? []
      expect(video).toMatchObject({
        codec: codec ?? null,
        width: width === undefined ? null : Number(width),
        height: height === undefined ? null : Number(height),
        frame_rate: rate === undefined ? null : Number(rate),
        frame_count: frames === undefined ? null : BigInt(frames),
      })
    },
  )
})

describe('sequencing: pysam, bcftools, samtools', () => {
  for (const kind of ['fastq', 'fasta']) {
    // Not a name that says FASTA; not a first record that fails; not a nameless one, which kseq passes over.
    const left = /flowers\.pro|error_no_qual|htslib\/faidx\.fa/
    const choose = ({ facts, path }: Sample): boolean => /first `/.test(facts) && !left.test(path)
    each(kind, kind === 'fastq' ? 30 : 16, choose, ({ facts }, { row, problem }) => {
      expect(problem).toBeUndefined()
      expect(row('sequencing')).toMatchObject({ kind, name: fact(facts, /first `([^`]*)`/) || null })
      const [, least, most] = /length (\d+)-(\d+)/.exec(facts)!
      if (kind === 'fasta') return
      expect(row('sequencing')!.read_length).toBeGreaterThanOrEqual(Number(least))
      expect(row('sequencing')!.read_length).toBeLessThanOrEqual(Number(most))
    })
  }

  each(
    'vcf',
    24,
    ({ what }) => /samples$/.test(what),
    ({ what, facts, path }, { row, problem }) => {
      expect(problem).toBeUndefined()
      const sequencing = row('sequencing')!
      expect(sequencing.kind).toBe(path.endsWith('.bcf') ? 'bcf' : 'vcf')
      expect(sequencing.samples).toHaveLength(Number(fact(what, /(\d+) samples/)))
      if (sequencing.kind === 'vcf')
        expect(sequencing.version).toBe(fact(facts, /##fileformat=(\S+);/) ?? null)
    },
  )

  each(
    'bam',
    17,
    ({ what }) => /^BAM/.test(what),
    ({ what, facts }, { row, problem }) => {
      expect(problem).toBeUndefined()
      expect(row('sequencing')).toMatchObject({
        kind: 'bam',
        contigs: Number(fact(what, /(\d+) references/)),
      })
      const order = fact(facts, /sort order (not stated|\w+)/)
      expect(row('sequencing')!.sort_order).toBe(order === 'not stated' ? null : order)
    },
  )
})

describe('points: LASzip and laspy', () => {
  each(
    'las',
    26,
    () => true,
    ({ path, what, facts }, { row, problem }) => {
      expect(problem).toBeUndefined()
      const points = row('points')!
      const [, kind, version, copc, format, count] =
        /^(LAS|LAZ) (\d\.\d)( COPC)?, point format (\d+), (\d+) points/.exec(what)!
      expect(points).toMatchObject({
        version,
        point_format: Number(format),
        point_count: BigInt(count!),
        compressed: kind === 'LAZ',
        copc: copc !== undefined,
      })
      expect(points.scale).toEqual(numbers(fact(facts, /scale \(([^)]*)\)/)))
      expectClose(points.offset, numbers(fact(facts, /offset \(([^)]*)\)/)))
      const bound = (name: string): number => Number(fact(facts, new RegExp(`'${name}': (-?[\\d.]+)`)))
      expect(points.min).toEqual([bound('minx'), bound('miny'), bound('minz')])
      expect(points.max).toEqual([bound('maxx'), bound('maxy'), bound('maxz')])
      // Keys that define their own system, or none, have no code.
      const isOwn = /laspy\/(plane|simple1_3)/.test(path)
      const hasCrs = /LASF_Projection\/(2112|34735)|liblas\/2112/.test(facts) && !isOwn
      expect(typeof points.crs).toBe(hasCrs ? 'string' : 'object')
    },
  )
})

describe('raster: GDAL', () => {
  const DTYPES: Readonly<Record<string, string>> = {
    Byte: 'uint8',
    Int16: 'int16',
    UInt16: 'uint16',
    Float32: 'float32',
  }
  each(
    'cog',
    25,
    () => true,
    ({ what, facts }, { row, problem }) => {
      expect(problem).toBeUndefined()
      const [, geo, width, height, bands, type, layout] =
        /^(Geo)?TIFF (\d+)x(\d+), (\d+) band\(s\) (\w+), (tiled|strips)/.exec(what)!
      const size = { width: Number(width), height: Number(height) }
      expect(row('image')).toMatchObject({ type: 'tiff', ...size, channels: Number(bands) })
      const raster = row('raster')
      if (geo === undefined && layout === 'strips') return expect(raster).toBeUndefined()
      expect(raster).toMatchObject({ ...size, bands: Number(bands), dtype: DTYPES[type!] })
      const [, blockWidth, blockHeight] = /block \[(\d+), (\d+)\]/.exec(facts)!
      const tile = layout === 'tiled' ? [Number(blockWidth), Number(blockHeight)] : [null, null]
      expect([raster!.tile_width, raster!.tile_height]).toEqual(tile)
      expect(raster!.overviews).toBe([...fact(facts, /overviews \[(.*?)\],/)!.matchAll(/\(/g)].length)
      const crs = fact(facts, /CRS (none|EPSG:\d+)/)
      expect(raster!.crs).toBe(crs === 'none' ? null : crs)
      const nodata = fact(facts, /nodata (None|[-\w.]+)/)!
      expect(raster!.nodata).toEqual(nodata === 'None' ? null : Number(nodata.replace('nan', 'NaN')))
      const transform = fact(facts, /geotransform \[([^\]]*)\]/)
      if (transform === undefined) return expect(raster!.transform).toBeNull()
      expectClose(raster!.transform, numbers(transform))
      const [x, dx, , y, , dy] = numbers(transform) as [number, number, number, number, number, number]
      const ys = [y, y + size.height * dy].sort((a, b) => a - b)
      return expectClose(raster!.bounds, [x, ys[0]!, x + size.width * dx, ys[1]!])
    },
  )
})
