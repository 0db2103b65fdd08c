/**
 * The tools of each field on a real mount of the real files: what they print there is what they print on the originals,
 * byte for byte. Each runs with the same words in two folders, the one of the originals and the mounted one.
 */

import { readdirSync } from 'node:fs'
import * as fs from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { has, isHere, type RunToolOptions, run } from '../reference.ts'
import { type Minio, startMinio } from '../servers/minio.ts'
import { json, REAL, real } from './lake.ts'
import { type Foreground, HAS_FUSE, mountedBelow, mountHere, tool } from './mounting.ts'
import { type Row, Workplace } from './program.ts'

// Programs are started by the dozen: on a machine that is busy that takes its time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const SCRIPT = `${import.meta.dirname}/mount-tools.py`
/** GDAL must not write statistics beside the files, nor look for other files of a folder. */
const GDAL = { GDAL_PAM_ENABLED: 'NO' }

const FASTQ = 'fastq/seqkit/reads_1.fq.gz'
const VIDEO = 'video/bento4/video-h264-001.mp4'
const SURGERY = '4dor/4dor-dataset/experiment-1/camera01'
const LARGEST = `${SURGERY}/depthimage/camera01_depthimage-000031.tiff`

/** Names of real files that end so, sorted. */
const named = (folder: string, ending: RegExp, but?: RegExp): string[] =>
  (readdirSync(real(folder), { recursive: true }) as string[])
    .filter((name) => ending.test(name) && but?.test(name) !== true)
    .map((name) => `${folder}/${name}`)
    .sort()

describe.skipIf(!HAS_FUSE || !REAL)('a lake in an S3 server', () => {
  let minio: Minio
  let place: Workplace
  let mount: Foreground
  let mounted: string

  beforeAll(async () => {
    minio = await startMinio()
    const lake = `s3://${minio.bucket()}/lake`
    place = new Workplace({ ...minio.env, VARVE_LAKE: lake })
    await json(place, ['init', lake])
    expect(await json(place, ['add', real(), '--dataset', 'real'])).toMatchObject({ version: 1, failed: [] })
    mount = await mountHere(place, 'mnt')
    mounted = place.path('mnt/real/latest/files')
  })
  afterAll(async () => {
    mount?.child.kill('SIGTERM')
    expect(await mount?.ended).toMatchObject({ code: 0, stderr: '' })
    expect(mountedBelow(place.dir)).toEqual([])
    place.remove()
    await minio?.stop()
  })

  /** Runs a tool in both folders; it must print something, and the same. */
  async function same(
    program: string,
    args: readonly string[],
    env?: RunToolOptions['env'],
  ): Promise<string> {
    const there = await run(program, args, { cwd: mounted, env })
    const here = await run(program, args, { cwd: real(), env })
    const what = `${program} ${args.join(' ')}`
    expect(there.toString('latin1'), what).toBe(here.toString('latin1'))
    expect(here.length, what).toBeGreaterThan(0)
    return there.toString()
  }
  const python = (kind: string, ...paths: string[]): Promise<string> =>
    same('python', [SCRIPT, kind, ...paths])
  const shell = (line: string): Promise<string> => same('sh', ['-ec', line])

  describe('as files', () => {
    test('sha256sum finds every file as it is recorded', async () => {
      const checked = await run('sha256sum', ['-c', 'SHA256SUMS'], { cwd: mounted })
      const lines = checked.toString().trimEnd().split('\n')
      expect(lines.filter((line) => !line.endsWith(': OK'))).toEqual([])
      expect(lines.length).toBeGreaterThan(400)
    })

    test('md5sum of every file, several at a time', () =>
      shell('find . -type f -print0 | xargs -0 -P 4 -n 40 md5sum | sort'))

    test('find, stat, du and wc tell the same sizes and times', async () => {
      await shell("find . -type f -printf '%P %s %TY-%Tm-%Td %TH:%TM\\n' | sort")
      await shell("find . -type d -printf '%P\\n' | sort")
      await shell('find . -name "*.bam" -size +10k | sort')
      await shell('find . -type f -exec du -b {} + | sort -k 2')
      await shell('find . -type f -exec wc -c {} + | sort -k 2 | grep -v total')
      await shell(`stat -c '%s %F %n' ${FASTQ} ${VIDEO}; stat -c '%F' las`)
    })

    test('du counts the blocks that files take', async () => {
      const counted = async (cwd: string): Promise<number> =>
        Number((await run('du', ['-sk', LARGEST], { cwd })).toString().split('\t')[0])
      expect(Math.abs((await counted(mounted)) - (await counted(real())))).toBeLessThanOrEqual(4)
    })

    test('cat, head, tail, grep, zcat, od and cmp', async () => {
      await shell('cat text/snappy/alice29.txt csv/*/*.csv | md5sum')
      await shell(`head -c 100000 ${LARGEST} | md5sum; tail -c 100001 ${LARGEST} | md5sum`)
      await shell('grep -rc rabbit text | sort; grep -n -m 3 Alice text/snappy/alice29.txt')
      await shell(
        'for f in fastq/*/*.gz gzip/*/*.txt.gz nifti/*/*.gz vcf/*/*.vcf.gz; do zcat "$f" | md5sum; done',
      )
      await shell(`od -A d -t x1 -j 70000 -N 64 ${LARGEST}`)
      await tool('cmp', [`${mounted}/${LARGEST}`, real(LARGEST)])
    })

    test('tar packs the tree, and unpacks what is in it', async () => {
      const packing = '--sort=name --mtime=@0 --owner=0 --group=0 --mode=0555 --format=gnu'
      await shell(`tar -cf - ${packing} . | sha256sum`)
      await shell('tar -tvzf casa/dp3/tDish.MS.tgz; tar -xOzf casa/dp3/tDish.MS.tgz | sha256sum')
    })

    test('cp -r copies it, by copy_file_range and by reads', async () => {
      for (const [name, how] of [
        ['copied', []],
        ['read', ['--sparse=always', '--preserve=timestamps']],
      ] as const) {
        await tool('cp', ['-rL', ...how, mounted, place.path(name)])
        await tool('diff', ['-r', real(), place.path(name)])
        await tool('chmod', ['-R', 'u+w', place.path(name)])
        await fs.rm(place.path(name), { recursive: true })
      }
    })

    test.skipIf(!isHere('rsync'))('rsync copies it, and finds nothing to do again', async () => {
      await tool('rsync', ['-a', `${mounted}/`, place.path('synced')])
      await tool('diff', ['-r', real(), place.path('synced')])
      expect(await tool('rsync', ['-ai', `${mounted}/`, place.path('synced')])).toBe('')
    })
  })

  describe.skipIf(!has('python'))('by system calls', () => {
    test('sendfile, splice, copy_file_range, preadv and lseek', () =>
      python('copies', LARGEST, FASTQ, 'text/snappy/alice29.txt', 'fastq/htslib/minimal.fq'))

    test('memory maps, read forwards, backwards and by pages', () =>
      python('maps', LARGEST, 'text/snappy/alice29.txt', 'nifti/nibabel/functional.nii'))

    test('reads past the page cache', () => python('direct', LARGEST, 'text/snappy/alice29.txt'))
  })

  describe.skipIf(!has('samtools', 'python'))('reads', () => {
    test('samtools counts and shows regions by the index', async () => {
      for (const bam of named('bam', /\.bam$/)) await same('samtools', ['view', '-H', '--no-PG', bam])
      const volvox = 'bam/bam-js/volvox-sorted.bam'
      const shown = await same('samtools', ['view', volvox, 'ctgA:1000-2000'])
      expect(shown.trimEnd().split('\n').length).toBeGreaterThan(100)
      await same('samtools', ['view', '-c', volvox, 'ctgA:30,000-40,000'])
      await same('samtools', ['idxstats', volvox])
      await same('samtools', ['flagstat', '-O', 'tsv', volvox])
      await same('samtools', ['depth', '-r', 'ctgA:1-3000', volvox])
      await same('samtools', ['view', '-c', '-X', 'bam/bam-js/paired.bam', 'bam/bam-js/paired.bam.bai', '20'])
    })

    test('pysam fetches what samtools shows', () => python('bam', 'bam/bam-js/volvox-sorted.bam'))

    test('samtools faidx cuts sequences, also of a bgzipped FASTA', async () => {
      for (const fasta of ['volvox.fa', 'volvox.fa.gz'])
        await same('samtools', ['faidx', `fasta/indexedfasta-js/${fasta}`, 'ctgA:10000-20000', 'ctgB:7-70'])
      await same('samtools', ['faidx', 'fasta/dataplug/fasta_sample.fasta', ...(await firstSequence())])
    })
    const firstSequence = async (): Promise<string[]> =>
      (await fs.readFile(real('fasta/dataplug/fasta_sample.fasta.fai'), 'utf8')).split('\t').slice(0, 1)
  })

  test.skipIf(!has('bcftools', 'bgzip'))(
    'bcftools views regions by tbi and csi; bgzip reads by offset',
    async () => {
      for (const file of ['multi-contig.vcf.gz', 'multi-contig.bcf'])
        await same('bcftools', ['view', '-H', '-r', '20', `vcf/cyvcf2/${file}`])
      await same('bcftools', ['view', '-H', '-r', 'ctgA:20000-20100', 'vcf/tabix-js/raw.g.vcf.gz'])
      await same('bcftools', ['query', '-f', '%CHROM %POS %REF %ALT [%GT ]\n', 'vcf/duckhts/vcf_file.bcf'])
      await same('bcftools', ['query', '-f', '%CHROM %POS %INFO\n', 'vcf/vcf-js/1000genomes.vcf'])
      await same('bcftools', ['index', '-s', 'vcf/cyvcf2/multi-contig.vcf.gz'])
      await same('tabix', ['vcf/tabix-js/volvox.filtered.vcf.gz', 'ctgA:1-50000'])
      await same('bgzip', ['-c', '-b', '100000', '-s', '5000', 'fastq/derived/reads_1.bgzip.fq.gz'])
    },
  )

  describe.skipIf(!has('python'))('points and spectra', () => {
    test('laspy reads LAS, LAZ and COPC', async () => {
      await python(
        'las',
        ...named('las/laspy', /\.la[sz]$/, /copc|unregistered/),
        ...named('las/pdal', /color.*\.las$/),
      )
      await python('copc', 'las/copc.js/ellipsoid.copc.laz', ...named('las/laspy', /\.copc\.laz$/))
    })

    test('pyimzML reads spectra from both files', () => python('imzml', ...named('imzml', /\.imzML$/)))
  })

  describe.skipIf(!has('gdalinfo', 'gdal_translate', 'python'))('rasters', () => {
    test('gdalinfo sums every band and overview', async () => {
      const depth = named('4dor/4dor-dataset/experiment-1/camera06', /\.tiff$/)
      for (const raster of [...named('cog', /\.tiff?$/, /sparse|webp|rgba8/), ...depth])
        expect(await same('gdalinfo', ['-checksum', raster], GDAL)).toMatch(/Checksum=/)
    })

    test('gdal_translate cuts a window of a COG and of an overview', async () => {
      const window = ['-srcwin', '20', '10', '60', '50', '-b', '2']
      const cut = ['-q', '-of', 'XYZ', ...window, 'cog/rasterio/cogeo.tif', '/vsistdout/']
      await same('gdal_translate', cut, GDAL)
      await same('gdal_translate', [...cut.slice(0, 3), '-oo', 'OVERVIEW_LEVEL=1', ...cut.slice(-2)], GDAL)
    })

    test('rasterio and tifffile', async () => {
      await python('raster', 'cog/rasterio/cogeo.tif', 'cog/rio-tiler/blue.tif', LARGEST)
      await python('tiff', 'cog/rasterio/cogeo.tif', LARGEST)
    })
  })

  test.skipIf(!has('ffprobe', 'ffmpeg'))('ffprobe and ffmpeg: streams, frames and pictures', async () => {
    const probe = ['-v', 'error', '-show_format', '-show_streams', '-of', 'json']
    await same('ffprobe', [...probe, '-show_frames', VIDEO])
    const pictures = [
      ...named(SURGERY, /\.jpg$/),
      ...named('image', /noexif\.jpg$|\.png$/),
      ...named('voc', /\.jpg$/),
    ]
    for (const path of pictures) await same('ffprobe', [...probe, path])
    // From the middle, so that it seeks.
    await same('ffmpeg', ['-v', 'error', '-ss', '0.5', '-i', VIDEO, '-an', '-f', 'framemd5', '-'])
  })

  describe.skipIf(!has('python'))('tables and documents', () => {
    test("DuckDB's own read_csv and read_parquet, and pyarrow", async () => {
      const statements = [
        ...['weather', 'flights', 'people'].map((csv) => `from read_csv('csv/duckdb/${csv}.csv')`),
        ...named('csv/duckdb/real', /\.csv$/).map((csv) => `from read_csv('${csv}', all_varchar := true)`),
        "select count(*), sum(length(content)) from read_text('text/*/*.txt')",
        "select count(*) from read_csv('csv/duckdb/*.tbl.gz', header := false, delim := '|')",
      ]
      const tables = named('parquet', /\.parquet$/, /large_string_map|hadoop/)
      await python('sql', ...statements, ...tables.map((table) => `select count(*) from '${table}'`))
      await python('parquet', ...tables)
    })

    test('JSON and XML', () => python('documents', ...named('coco', /\.json$/), ...named('voc', /\.xml$/)))

    test("DuckDB's read_parquet reads the parts of the tables as one", async () => {
      const sql = "select count(*), sum(bytes)::bigint from read_parquet('../tables/files/*.parquet')"
      const counted = await run('python', [SCRIPT, 'sql', sql], { cwd: mounted })
      const [row] = (await json<Row[]>(place, ['versions', 'real'])) as [Row]
      expect(counted.toString()).toBe(`(${row.files}, ${row.bytes})\n`)
    })
  })

  describe('slices', () => {
    const SLICES = '../slices'
    const inMount = async (line: string): Promise<string> =>
      (await run('sh', ['-ec', line], { cwd: mounted })).toString()

    test.each([
      [FASTQ, 7],
      ['fastq/derived/reads_1.bgzip.fq.gz', 20],
      ['fastq/htslib/fastqs.fq', 3],
      ['text/snappy/alice29.txt', 11],
    ])('of %s: %i files that are the whole text, and wc counts its lines', async (path, count) => {
      const folder = `${SLICES}/${path}/${count}`
      const reading = path.endsWith('.gz') ? 'zcat' : 'cat'
      expect(await inMount(`cat ${folder}/* | md5sum`)).toBe(await inMount(`${reading} ${path} | md5sum`))
      expect(await inMount(`ls ${folder} | wc -l`)).toBe(`${count}\n`)
      const counted = await inMount(`wc -lc ${folder}/* | tail -1`)
      const whole = await inMount(`${reading} ${path} | wc -lc`)
      expect(counted.replace('total', '').trim().split(/\s+/)).toEqual(whole.trim().split(/\s+/))
    })

    test.skipIf(!has('python'))(
      'of a CSV are tables with their header, which DuckDB reads as one',
      async () => {
        const counted = (files: string): Promise<Buffer> => {
          const sql = `select count(*), bit_xor(hash(t)) from (from read_csv('${files}')) t`
          return run('python', [SCRIPT, 'sql', sql], { cwd: mounted })
        }
        const csv = 'csv/dataplug/cities.csv'
        expect(await counted(`${SLICES}/${csv}/4/*.csv`)).toEqual(await counted(csv))
      },
    )
  })
})
